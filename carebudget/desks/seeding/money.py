"""Three months of money: invoices, runs, the bank, and what a person has yet to look at.

Everything goes through the services; the payment service and the bank are the stand-in's.
"""

from collections.abc import Callable
from datetime import date, timedelta

from carebudget.money import share
from carebudget.people.models import User
from carebudget.workdays import next_working_day
from payments import services as money
from payments.models import Invoice, Payment, PaymentRun, ServiceAgreement
from payments.selectors import due_invoices

from .bank import Bank, bank_account
from .cases import on
from .owed import Owed
from .stand_in import sandbox, set_sandbox_day

MONTHS_OF_MONEY = 3
TRIES = 20
FEW = 3
FIRST_INVOICES_AFTER_DAYS = 8


class Money:
    """Pays the running agreements of the seeded cases, month by month, with ordinary mishaps."""

    def __init__(
        self,
        staff: dict[str, User],
        clients: dict[int, User],
        *,
        today: date,
        say: Callable[[str], None],
    ) -> None:
        self.staff, self.clients, self.today, self.say = staff, clients, today, say
        self.bank = Bank()
        self.owed = Owed(staff, clients, today=today)

    def three_months(self) -> None:
        """Month by month: invoices, confirmations, approvals, a run, the bank, and a look at what matched."""
        first = self.today.replace(day=1)
        while self.pay_day((first - timedelta(days=1)).replace(day=1)) >= self.today:
            first = (first - timedelta(days=1)).replace(day=1)
        months = []
        for _ in range(MONTHS_OF_MONEY):
            first = (first - timedelta(days=1)).replace(day=1)
            months.append(first)
        self.owed.decide(months[-1])
        for month in reversed(months):
            last = month == months[0]
            self.month_of_money(month, mishaps=last)
            self.month_at_the_bank(month, oddities=last)
            self.owed.bill(self.pay_day(month) + timedelta(days=2))
            self.say(f"{month:%B %Y} is invoiced, paid and reconciled")
        self.this_month()

    def month_of_money(self, month: date, *, mishaps: bool) -> None:
        """One month, to the last penny; with ``mishaps`` one payee cannot be paid and one sends back."""
        end = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        sent_on = end + timedelta(days=1)
        with on(sent_on):
            invoices = [
                self.invoice(agreement, month, end, n)
                for n, agreement in enumerate(self.agreements(end))
            ]
        kept = [invoice for invoice in invoices if invoice]
        with on(sent_on + timedelta(days=2)):
            for invoice in kept:
                money.confirm_invoice(invoice=invoice, by=self.clients[invoice.case_id])
        with on(sent_on + timedelta(days=3)):
            for invoice in kept:
                money.approve_invoice(invoice=invoice, by=self.staff["grace"])
        pay_day = self.pay_day(month)
        set_sandbox_day(pay_day)
        try:
            with on(pay_day):
                self.pay(mishaps=mishaps)
        finally:
            set_sandbox_day(None)

    def month_at_the_bank(self, month: date, *, oddities: bool) -> None:
        """The bank's statement and the payment service's own lines; Grace explains what is left."""
        day = self.pay_day(month) + timedelta(days=1)
        account, grace = bank_account(), self.staff["grace"]
        with on(day):
            paid_in = self.owed.paid_in(last=oddities)
            name, content = self.bank.statement(day, oddities=oddities, paid_in=paid_in)
            money.import_statement(account=account, name=name, content=content, by=grace)
            money.receive_named()
            money.fetch_rail_lines()
            money.reconcile()
            if oddities:
                return
            for line in account.lines.exclude(state="matched"):
                what = "funding" if line.amount_pence > 0 else "fees"
                money.explain_line(
                    line=line, explanation=what, reason="As agreed with the bank.", by=grace
                )

    def pay_day(self, month: date) -> date:
        """The working day of the following month on which a month's invoices are paid."""
        following = (month + timedelta(days=32)).replace(day=1)
        return next_working_day(following + timedelta(days=4))

    def agreements(self, day: date) -> list[ServiceAgreement]:
        """Running agreements of seeded cases, in a steady order."""
        rows = ServiceAgreement.objects.filter(
            state="live", case_id__in=list(self.clients), starts_on__lte=day
        )
        return list(rows.select_related("provider", "case").order_by("id"))

    def invoice(
        self, agreement: ServiceAgreement, start: date, end: date, n: int
    ) -> Invoice | None:
        """One provider's invoice for one person's month: a line for each week."""
        start = max(start, agreement.starts_on)
        weeks = [start + timedelta(days=7 * k) for k in range((end - start).days // 7)]
        if not weeks:
            return None
        lines = [
            money.InvoiceLineDraft(
                day, agreement.description, agreement.quantity, agreement.rate_pence
            )
            for day in weeks
        ]
        return money.send_invoice(
            agreement=agreement,
            number=f"{agreement.provider.name[:3].upper()}-{start:%Y%m}-{n + 1:03d}",
            period_from=start,
            period_to=end,
            lines=lines,
            by=money.members_of(agreement.provider)[0],
        )

    def pay(self, *, mishaps: bool) -> None:
        """A run: made by Grace, approved by Owen, sent through the stand-in."""
        run = self.run_of_everything_due()
        money.approve_run(run=run, reason="Checked against the invoices.", by=self.staff["owen"])
        payments = list(run.payments.select_related("provider").order_by("id"))
        mishaps = mishaps and len({payment.provider_id for payment in payments}) > FEW
        if mishaps:
            sandbox(f"accounts/{payments[-1].destination}/close", {})
        money.ensure_funds()
        sandbox("clock", {"advance": 60})
        for _ in range(TRIES):
            money.send_due()
            run.refresh_from_db()
            if run.state not in ("approved", "sending"):
                break
            sandbox("clock", {"advance": 60})
            run.payments.filter(state="released").update(next_look_at=None)
        if mishaps:
            self.send_back(payments[1])

    def run_of_everything_due(self) -> PaymentRun:
        """Grace makes a run and hands it over."""
        run = money.make_run(by=self.staff["grace"])
        return money.submit_run(run=run, by=self.staff["grace"])

    def send_back(self, payment: Payment) -> None:
        """The payee's bank sends the money back."""
        payment.refresh_from_db()
        sandbox(f"transfers/{payment.external_id}/return", {})
        money.look_at_payment(payment_id=payment.pk)

    def this_month(self) -> None:
        """What waits now: invoices to confirm, to approve, a question, and a run for the second person."""
        start = self.today.replace(day=1)
        if (self.today - start).days < FIRST_INVOICES_AFTER_DAYS:
            start = (start - timedelta(days=1)).replace(day=1) + timedelta(days=14)
        yesterday = self.today - timedelta(days=1)
        sent = [
            self.invoice(agreement, start, yesterday, 500 + n)
            for n, agreement in enumerate(self.agreements(self.today))
        ]
        invoices = [invoice for invoice in sent if invoice]
        hers = [i for i in invoices if i.case.person.full_name == "Margaret Ashdown"]
        others = [invoice for invoice in invoices if invoice not in hers]
        third = share(len(others), 1, 3)
        self.answer_first(others[:third])
        for invoice in others[third:]:
            money.confirm_invoice(invoice=invoice, by=self.clients[invoice.case_id])
        for invoice in others[2 * third :]:
            money.approve_invoice(invoice=invoice, by=self.staff["grace"])
        if due_invoices().exists():
            self.run_of_everything_due()

    def answer_first(self, invoices: list[Invoice]) -> None:
        """Of those that wait, one is asked about, one is not accepted, one is rejected."""
        answers = (self.ask, self.dispute, self.reject)
        for invoice, answer in zip(invoices, answers, strict=False):
            answer(invoice)

    def ask(self, invoice: Invoice) -> None:
        """The person asks the provider something."""
        money.query_invoice(
            invoice=invoice,
            question="Were you here on the Tuesday? I remember nobody.",
            by=self.clients[invoice.case_id],
        )

    def dispute(self, invoice: Invoice) -> None:
        """The person says that it is wrong."""
        money.dispute_invoice(
            invoice=invoice,
            reason="The second week has two visits too many. I was in hospital.",
            by=self.clients[invoice.case_id],
        )

    def reject(self, invoice: Invoice) -> None:
        """Finance sends it back."""
        money.reject_invoice(
            invoice=invoice,
            reason="The dates belong to last month’s invoice. Please send a corrected one.",
            by=self.staff["grace"],
        )

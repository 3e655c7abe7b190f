"""The whole of Wrenbury: staff, providers, people at every stage, three months of money.

Everything goes through the services, so the seeded world is a legal one: its ledger and record verify.
"""

import json
import urllib.request
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from django.conf import settings

from carebudget import clock
from carebudget.audit.services import sign_checkpoint
from carebudget.money import share
from carebudget.people.models import Person, User
from carebudget.people.services import invite_person, invite_representative
from carebudget.workdays import next_working_day
from payments import services as money
from payments.models import Invoice, ServiceAgreement
from payments.selectors import due_invoices
from plans import services as plans
from plans.models import Case, ProgrammePack
from providers import services as providing
from providers.models import REQUIRED_CHECKS, Provider

from .cases import STAGES, Staff, agree, answers_for, decide_as_proposed, on, write_plan
from .names import FIRST, LAST, PROVIDERS, REASONS
from .people import add_staff, let_in

Say = Callable[[str], None]
MONTHS_OF_MONEY = 3


def sandbox(path: str, body: dict[str, object] | None = None) -> dict[str, object]:
    """Call the control side of the Stripe sandbox; only ever used with the sandbox's own address."""
    request = urllib.request.Request(
        f"{settings.STRIPE_API_BASE}/_sandbox/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method="GET" if body is None else "POST",
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: dict[str, object] = json.loads(answer.read() or b"{}")
    return found


def set_sandbox_day(day: date | None) -> None:
    """Let the sandbox live in the seeded day, or in the present again."""
    sandbox(
        "clock",
        {
            "now": int(
                datetime(day.year, day.month, day.day, 10, 30, tzinfo=clock.LONDON).timestamp()
            )
        }
        if day
        else {"now": None},
    )


class World:
    """Builds Wrenbury. ``people`` is how many persons; ``seed`` makes it the same every time."""

    def __init__(self, *, people: int, seed: int = 7, say: Say = print) -> None:
        self.people, self.rng, self.say = people, Random(seed), say
        self.today = clock.today()
        self.pack: ProgrammePack
        self.providers: list[Provider] = []
        self.live: list[Case] = []
        self.clients: dict[int, User] = {}

    def build(self) -> None:
        """Everything, in the order of the story."""
        plans.load_packs()
        self.pack = plans.current_pack("adult-social-care")
        self.carers = plans.current_pack("carers")
        self.staff = add_staff()
        self.say("staff and programmes are there")
        self.add_providers()
        self.say(f"{len(self.providers)} providers are checked and can be paid")
        self.add_people()
        self.say(f"{Case.objects.count()} people are on their way")
        self.three_months_of_money()
        sign_checkpoint()

    # -- providers ---------------------------------------------------------------------------

    def add_providers(self) -> None:
        """Every provider is checked; most are approved and can be paid."""
        finance, worker = self.staff["grace"], self.staff["samira"]
        with on(self.today - timedelta(days=200)):
            for n, (name, kind, words, rate, unit) in enumerate(PROVIDERS):
                slug = name.lower().replace(" ", "")
                provider = providing.register_provider(
                    name=name, kind=kind, email=f"office@{slug}.example", description=words, by=worker,
                    phone=f"01632 960 {200 + n}", postcode=f"WR{n % 9 + 1} {n % 8 + 1}AB",
                )  # fmt: skip
                providing.add_rate(
                    provider=provider,
                    description=words.split(".")[0].split(";")[0].split(":")[0],
                    unit=unit,
                    rate_pence=rate,
                    by=worker,
                )
                for check in REQUIRED_CHECKS[kind][: None if n < 23 else 1]:
                    providing.record_check(
                        provider=provider, kind=check, outcome="passed", by=worker,
                        note="Seen and copied", expires_on=self.today + timedelta(days=300) if check in ("insurance", "dbs") else None,
                    )  # fmt: skip
                if n < 23:
                    provider = providing.approve_provider(provider=provider, by=finance)
                email = "lena@brightside.example" if n == 0 else f"manager@{slug}.example"
                who = (
                    "Lena Brandt"
                    if n == 0
                    else (name if kind == "assistant" else f"Manager of {name}")
                )
                user, _ = providing.invite_member(
                    provider=provider, email=email, full_name=who, by=worker
                )
                let_in(user)
                if n < 22:
                    self.set_up_payout(provider, user)
                if provider.is_approved and n < 22:
                    self.providers.append(provider)

    def set_up_payout(self, provider: Provider, user: User) -> None:
        """What the provider does on the payment service's own page, scripted."""
        account = money.open_payout_account(provider=provider, by=user)
        sandbox(f"accounts/{account.external_id}/complete_onboarding", {})
        money.look_at_payout_account(account=account)

    # -- people ------------------------------------------------------------------------------

    def add_people(self) -> None:
        """Margaret first, then as many others as were asked for, spread over the stages."""
        self.add_margaret()
        order = [stage for stage in STAGES for _ in range(1)]
        live = max(1, (self.people - 1) * 45 // 100)
        targets = ["live"] * live + [
            order[n % (len(order) - 1)] for n in range(max(0, self.people - 1 - live))
        ]
        for n, target in enumerate(targets):
            self.add_person(n, target)
            if (n + 1) % 10 == 0:
                self.say(f"{n + 1} of {len(targets)} people")

    def crew(self, n: int) -> Staff:
        """Every other case is in the other team."""
        north = n % 2 == 0
        return Staff(
            worker=self.staff["samira" if north else "tom"],
            manager=self.staff["david" if north else "joan"],
            panel=self.staff["peter"],
        )

    def add_person(self, n: int, target: str) -> None:
        """One invented person, walked to the stage wanted."""
        first, last = FIRST[n % len(FIRST)], LAST[(n * 7 + n // len(LAST)) % len(LAST)]
        crew = self.crew(n)
        started = self.today - timedelta(
            days=170 + n % 20 if target == "live" else 12 + STAGES.index(target) * 6 + n % 5
        )
        pack = self.carers if n % 9 == 4 else self.pack
        with on(started):
            case = plans.refer_person(
                full_name=f"{first} {last}", date_of_birth=date(1932 + (n * 3) % 68, n % 12 + 1, n % 27 + 1), pack=pack,
                source=("worker", "health", "family")[n % 3], reason=self.rng.choice(REASONS), by=crew.worker,
                email=f"{first}.{last}{n}@people.example".lower(), phone=f"01632 960 {300 + n % 600}",
            )  # fmt: skip
            if target == "referred":
                return
            invite_person(person=case.person, by=crew.worker)
            self.clients[case.pk] = let_in(self.user_of(case))
        self.walk(case, target, crew, started, level=("low", "middle", "high")[n % 3])

    def user_of(self, case: Case) -> User:
        """The person's own sign-in, once they are invited."""
        return User.objects.get(person=case.person_id)

    def walk(self, case: Case, target: str, crew: Staff, started: date, *, level: str) -> None:
        """From the first question to the stage wanted, a few days at a time."""
        goal = STAGES.index(target)
        client = self.clients[case.pk]
        case = Case.objects.select_related("person__user", "pack", "worker").get(pk=case.pk)
        with on(started + timedelta(days=2)):
            assessment = plans.start_assessment(case=case, by=crew.worker)
            answers = answers_for(case, self.rng, level=level, eligible=target != "not_eligible")
            if target == "assessing":
                answers = dict(list(answers.items())[: len(answers) // 2])
            plans.save_answers(assessment=assessment, values=answers, by=client)
        if target == "assessing":
            return
        with on(started + timedelta(days=6)):
            assessment = plans.submit_assessment(assessment=assessment, by=client)
        if target == "submitted":
            return
        with on(started + timedelta(days=11)):
            assessment = plans.verify_assessment(
                assessment=assessment,
                corrections={},
                note="Talked through at home.",
                by=crew.worker,
            )
        if target == "verified":
            return
        with on(started + timedelta(days=13)):
            decide_as_proposed(assessment, crew.worker)
        if target in ("not_eligible", "eligible"):
            return
        with on(started + timedelta(days=15)):
            plans.confirm_budget(budget=case.budgets.get(state="calculated"), by=crew.worker)
        if target == "budgeted":
            return
        self.plan_and_agree(case, target, crew, started, goal)

    def plan_and_agree(
        self, case: Case, target: str, crew: Staff, started: date, goal: int
    ) -> None:
        """The plan: written, sent, returned or agreed, and support set up."""
        client = self.clients[case.pk]
        with on(started + timedelta(days=17)):
            plan = plans.start_plan(case=case, by=client)
            starts = (started + timedelta(days=45)).replace(day=1)
            write_plan(
                plan, self.rng, self.providers, client, share=Decimal("0.9"), starts_on=starts
            )
        if target == "planning":
            return
        with on(started + timedelta(days=25)):
            plan = plans.submit_plan(plan=plan, by=client)
        if target == "awaiting_agreement":
            return
        with on(started + timedelta(days=29)):
            if target == "returned":
                plans.return_plan(
                    plan=plan,
                    comment="Please say who comes when your carer is on holiday.",
                    by=crew.worker,
                )
                return
            if target == "escalated":
                plans.escalate_plan(
                    plan=plan, reason="I recommend it: it is the person’s own.", by=crew.worker
                )
                return
            plan = agree(plan, crew)
            plans.plan_document(plan=plan)
            if target == "agreed":
                return
        self.set_up_support(case, client, started + timedelta(days=32))
        self.live.append(case)

    def set_up_support(self, case: Case, client: User, day: date) -> None:
        """The person offers the work, and every provider says yes."""
        with on(day):
            plan = case.plans.get(state__in=["agreed", "active"])
            assert plan.starts_on is not None
            for agreement in money.offer_agreements(plan=plan, by=client):
                money.accept_agreement(
                    agreement=agreement, by=money.members_of(agreement.provider)[0]
                )
        with on(max(day, plan.starts_on)):
            money.start_agreements_due()

    def add_margaret(self) -> None:
        """Margaret Ashdown, whose daughter Ruth helps her: the story of the demo."""
        crew = self.crew(0)
        started = self.today - timedelta(days=178)
        with on(started):
            case = plans.refer_person(
                full_name="Margaret Ashdown", preferred_name="Margaret", date_of_birth=date(1946, 4, 9), pack=self.pack,
                source="family", reason=REASONS[0], by=crew.worker, email="margaret@wrenbury.example",
                phone="01632 960 299", address="4 Willow Terrace, Wrenbury",
            )  # fmt: skip
            invite_person(person=case.person, by=crew.worker)
            self.clients[case.pk] = let_in(self.user_of(case))
            invite_representative(
                person=Person.objects.get(pk=case.person_id),
                email="ruth@wrenbury.example",
                full_name="Ruth Ashdown",
                relationship="daughter",
                by=crew.worker,
            )
            let_in(User.objects.get(email="ruth@wrenbury.example"))
        self.walk(case, "live", crew, started, level="high")

    # -- money -------------------------------------------------------------------------------

    def three_months_of_money(self) -> None:
        """Month by month: invoices, confirmations, approvals, a run, the bank, and a look at what matched."""
        first = self.today.replace(day=1)
        months = []
        for _ in range(MONTHS_OF_MONEY):
            first = (first - timedelta(days=1)).replace(day=1)
            months.append(first)
        for month in reversed(months):
            self.month_of_money(month)
            self.say(f"{month:%B %Y} is invoiced, paid and reconciled")
        self.this_month(self.today)

    def month_of_money(self, month: date) -> None:
        """One month, to the last penny."""
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
        pay_day = next_working_day(sent_on + timedelta(days=4))
        set_sandbox_day(pay_day)
        try:
            with on(pay_day):
                self.pay()
        finally:
            set_sandbox_day(None)

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

    def pay(self) -> None:
        """A run: made by Grace, approved by Owen, sent through the sandbox."""
        run = money.make_run(by=self.staff["grace"])
        money.submit_run(run=run, by=self.staff["grace"])
        money.approve_run(run=run, reason="Checked against the invoices.", by=self.staff["owen"])
        money.ensure_funds()
        sandbox("clock", {"advance": 60})
        for _ in range(20):
            money.send_due()
            run.refresh_from_db()
            if run.state not in ("approved", "sending"):
                return
            sandbox("clock", {"advance": 60})
            run.payments.filter(state="released").update(next_look_at=None)

    def this_month(self, today: date) -> None:
        """What waits now: invoices to confirm, to approve, a question, and a run for the second person."""
        start = today.replace(day=1)
        if (today - start).days < 8:
            start = (start - timedelta(days=1)).replace(day=1) + timedelta(days=14)
        rows = self.agreements(today)
        invoices = [
            self.invoice(agreement, start, today - timedelta(days=1), 500 + n)
            for n, agreement in enumerate(rows)
        ]
        kept = [invoice for invoice in invoices if invoice]
        third = share(len(kept), 1, 3)
        for invoice in kept[third:]:
            if invoice.case.person.full_name != "Margaret Ashdown":
                money.confirm_invoice(invoice=invoice, by=self.clients[invoice.case_id])
        if kept[:third]:
            asked = next(
                (i for i in kept[:third] if i.case.person.full_name != "Margaret Ashdown"), None
            )
            if asked:
                money.query_invoice(
                    invoice=asked,
                    question="Were you here on the Tuesday? I remember nobody.",
                    by=self.clients[asked.case_id],
                )
        for invoice in kept[2 * third :]:
            invoice.refresh_from_db()
            if invoice.state == "confirmed":
                money.approve_invoice(invoice=invoice, by=self.staff["grace"])
        if due_invoices().exists():
            run = money.make_run(by=self.staff["grace"])
            money.submit_run(run=run, by=self.staff["grace"])

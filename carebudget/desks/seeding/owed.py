"""What people owe in the demo: a few who pay their part, who ask, who pay in parts; and money on an account.

Everything goes through the services, on the days on which it would really happen.
"""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from carebudget.people.models import User
from payments import services as money
from payments.models import ContributionAccount
from payments.selectors.contributions import standings_of
from plans import services as plans
from plans.models import Case, LightTouch
from plans.selectors import case_by_reference
from plans.selectors.charging import weekly_cost

from .cases import agree, on, write_plan

PAYERS = 6
"""Every so many of those whose support runs pay a part themselves: enough to see, few enough to read."""
LEAST_A_WEEK, MORE_EACH = 1_250, 475
DIRECT = 950
"""The number of the invented person whose money is paid to an account of their own."""


class Owed:
    """Decides who pays, bills them month by month, and lets most of them pay."""

    def __init__(self, staff: dict[str, User], clients: dict[int, User], *, today: date) -> None:
        self.staff, self.clients, self.today = staff, clients, today

    def decide(self, day: date) -> None:
        """Some agree to pay a small part a week, from the month on."""
        running = Case.objects.filter(pk__in=self.clients, stage="live", opened_at__date__lte=day)
        with on(day):
            for n, case in enumerate(running.select_related("worker").order_by("pk")[:PAYERS]):
                cost = weekly_cost(case.person)
                assert case.worker is not None
                if not case.pack.rules.charged or cost is None:
                    continue
                plans.decide_lightly(
                    case=case_by_reference(case.reference),
                    ground=LightTouch.SMALL,
                    effective_on=day,
                    cost_pence=cost.pence,
                    contribution_pence=min(LEAST_A_WEEK + n * MORE_EACH, cost.pence),
                    agreed=True,
                    reason="We looked at the pension letter together. This part is clearly affordable.",
                    by=case.worker,
                )

    def bill(self, day: date) -> None:
        """Every period that is over by now."""
        with on(min(day, self.today)):
            money.raise_contributions()
            money.send_statements()

    def paid_in(self, *, last: bool) -> list[tuple[int, str, str]]:
        """What comes to the bank: most pay everything, one pays a part, one nothing; fewer at the end."""
        found = []
        rows = ContributionAccount.objects.select_related("ledger_account", "person")
        for n, account in enumerate(rows.order_by("pk")):
            owed = account.owed_pence
            if owed <= 0 or n % 6 in ((1, 3, 4) if last else (1,)):
                continue
            pence = owed // 2 if n % 6 == 3 else owed
            found.append((pence, account.person.full_name.upper(), account.reference))
        return found

    def lately(self) -> None:
        """Now: reminders that are due, a question, paying in parts, and a proposal to give something up."""
        with on(self.today):
            self.bill(self.today)
            late = [
                account
                for account in ContributionAccount.objects.select_related("ledger_account").order_by("pk")
                if account.owed_pence > 0
            ]  # fmt: skip
            for account, act in zip(late, (self._parts, self._ask, self._give_up), strict=False):
                act(account)
            money.remind_contributions()

    def _parts(self, account: ContributionAccount) -> None:
        money.agree_repayment_plan(
            account=account,
            each_pence=max(1, account.owed_pence // 4),
            every="two_weeks",
            first_on=self.today + timedelta(days=7),
            words="Rang on Monday. The washing machine had to be replaced. This is what they can manage.",
            by=self.staff["grace"],
        )

    def _ask(self, account: ContributionAccount) -> None:
        newest = standings_of(account)[-1].charge
        money.ask_about_contribution(
            account=account,
            charge=newest,
            kind="wrong",
            words="I was in hospital from the Tuesday on. Nobody came to me that week.",
            by=self.clients[account.case_id],
        )

    def _give_up(self, account: ContributionAccount) -> None:
        money.propose_write_off(
            account=account,
            amount_pence=min(account.owed_pence, 2_000),
            reason="The bill came after the move, and the sum is smaller than asking for it again.",
            by=self.staff["grace"],
        )


def see_surplus(world: Any) -> None:
    """Somebody whose money is paid to their own account: a balance was seen, told and answered."""
    world.add_person(DIRECT, "budgeted")
    case = case_by_reference(Case.objects.latest("pk").reference)
    client, crew = world.clients[case.pk], world.crew(DIRECT)
    today = world.today
    with on(today - timedelta(days=26)):
        plan = plans.start_plan(case=case, by=client)
        starts = today - timedelta(days=24)
        write_plan(plan, Random(5), world.providers, client, share=Decimal("0.8"), starts_on=starts)
        plan.refresh_from_db()
        plans.save_plan_details(
            plan=plan, risks=plan.risks, contingency=plan.contingency, contingency_pence=0,
            holding="direct_payment", starts_on=starts, ends_on=starts + timedelta(days=364), by=client,
        )  # fmt: skip
        plan = agree(plans.submit_plan(plan=plan, by=client), crew)
    with on(today - timedelta(days=12)):
        found = money.record_balance(
            case=case,
            balance_pence=(plan.personal_budget_pence or 0) // 4 + 45_000,
            balance_on=today - timedelta(days=14),
            committed_pence=12_000,
            committed_words="The invoice of the day centre for this month",
            by=crew.worker,
        )
        if found.state != "found":
            return
        money.send_surplus_notice(recovery=found, by=crew.worker)
    with on(today - timedelta(days=3)):
        money.answer_surplus(
            recovery=found,
            answer="I keep a part of it for the week in March when my sister cannot come. The rest you can have.",
            by=client,
        )

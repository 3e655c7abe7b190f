"""One case as staff see it: the person, each part with its state, and the time each stage took."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils import timezone

from carebudget import clock
from carebudget.money import format_pence
from carebudget.people.models import Representation, User
from carebudget.text import plural
from carebudget.workdays import working_days_between
from payments.models import InvoiceState
from payments.selectors import CaseMoney, money_of_case
from plans.models import (
    EDITABLE,
    AssessmentState,
    Case,
    EligibilityDecision,
    IndicativeBudgetState,
    Stage,
    SupportPlan,
)
from plans.rules.stages import usual_days
from plans.selectors import (
    StageStep,
    TimelineItem,
    case_timeline,
    plan_costs,
    stage_label,
    voice_for,
)

from .my_budget import steps_for
from .turns import Turn, turns_of_staff

EVENTS_READ = 80
LATELY = 12


@dataclass(frozen=True)
class Card:
    """One part of the case: where it stands, and the page it is on (none when the reader has none)."""

    title: str
    words: str
    state: str = ""
    label: str = ""
    href: str = ""
    action: str = "Open"


@dataclass(frozen=True)
class StageTime:
    """One visit to a stage: how many working days it took or has taken, beside the usual."""

    label: str
    entered_on: date
    left_on: date | None
    days: int
    usual: int | None

    @property
    def is_over(self) -> bool:
        """Whether it took longer than usual."""
        return self.usual is not None and self.days > self.usual


@dataclass(frozen=True)
class CaseDesk:
    """Everything on the staff page of a case."""

    case: Case
    turn: Turn
    steps: list[StageStep]
    times: list[StageTime]
    cards: list[Card]
    helpers: list[Representation]
    lately: list[TimelineItem]
    age: int
    works: bool

    @property
    def calm(self) -> str:
        """Why there is nothing for this reader to do; for one who only reads, who has the case too."""
        if self.works:
            return self.turn.calm
        worker = self.case.worker
        who = f"{worker.full_name} has this case." if worker else "Nobody has this case yet."
        return f"{who} {self.turn.calm}"


def case_desk(case: Case, user: User) -> CaseDesk:
    """The case as this member of staff may see it."""
    turn = turns_of_staff([case], user)[case.pk]
    sees_money = user.has_perm("payments.see_money", case)
    money = money_of_case(case) if sees_money else None
    return CaseDesk(
        case=case,
        turn=turn,
        steps=steps_for(case, voice_for(case, user), turn.support),
        times=stage_times(case),
        cards=cards_of(case, user, turn, money),
        helpers=[one for one in case.person.representations.all() if one.ended_at is None],
        lately=case_timeline(case, limit=EVENTS_READ)[:LATELY],
        age=age_of(case.person.date_of_birth, clock.today()),
        works=user.has_perm("plans.work_case", case),
    )


def age_of(born: date, today: date) -> int:
    """Full years; somebody born on 29 February is a year older on 1 March."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def stage_times(case: Case) -> list[StageTime]:
    """Every visit to a stage in order, with the working days it took beside the usual."""
    return [
        StageTime(
            label=stage_label(visit.stage),
            entered_on=_day(visit.entered_at),
            left_on=_day(visit.left_at) if visit.left_at else None,
            days=working_days_between(
                _day(visit.entered_at), _day(visit.left_at) if visit.left_at else clock.today()
            ),
            usual=usual_days(case.pack.rules, visit.stage),
        )
        for visit in case.visits.all()
    ]


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()


def cards_of(case: Case, user: User, turn: Turn, money: CaseMoney | None) -> list[Card]:
    """Assessment, decision, budget, plan, support, invoices, money and challenges, those that exist."""
    makers: tuple[Callable[[Case, User], list[Card]], ...] = (
        _assessment,
        _decision,
        _budget,
        _plan,
    )
    found = [card for make in makers for card in make(case, user)]
    if turn.support.to_offer or turn.support.asked or turn.support.running or turn.support.declined:
        found.append(_support(case, user, turn))
    if money is not None and money.budget_pence:
        found += [_invoices(case), _money(case, money)]
    return found + _challenges(case, user)


def _page(name: str, case: Case) -> str:
    return reverse(f"plans:{name}", kwargs={"reference": case.reference})


def _assessment(case: Case, user: User) -> list[Card]:
    row = (
        case.assessments.exclude(state=AssessmentState.WITHDRAWN)
        .select_related("submitted_by", "verified_by")
        .annotate(answered=Count("answers"))
        .order_by("-id")
        .first()
    )
    if row is None:
        return []
    words = plural(row.answered, "question") + " answered so far."
    if row.submitted_by and row.submitted_at:
        words = f"Sent by {row.submitted_by.full_name} on {_day(row.submitted_at):%-d %B %Y}."
    if row.verified_by and row.verified_at:
        words += f" Checked by {row.verified_by.full_name} on {_day(row.verified_at):%-d %B %Y}."
    labels = {"draft": "Being answered", "submitted": "To check", "verified": "Checked"}
    href = _page("assessment", case) if user.has_perm("plans.verify", case) else ""
    return [
        Card(
            "Assessment",
            words,
            row.state,
            labels.get(row.state, "Decided"),
            href,
            "See the answers",
        )
    ]


def _decision(case: Case, user: User) -> list[Card]:
    made = (
        EligibilityDecision.objects.filter(assessment__case=case)
        .select_related("decided_by")
        .order_by("-decided_at", "-id")
        .first()
    )
    if made is None:
        return []
    words = f"Decided by {made.decided_by.full_name} on {_day(made.decided_at):%-d %B %Y}."
    if made.eligible != made.proposed_eligible:
        words += " The rules had proposed the opposite."
    state, label = ("eligible", "Eligible") if made.eligible else ("not_eligible", "Not eligible")
    return [Card("Decision", words, state, label, _page("decision", case), "Read the decision")]


def _budget(case: Case, user: User) -> list[Card]:
    budget = (
        case.budgets.exclude(state=IndicativeBudgetState.SUPERSEDED)
        .select_related("confirmed_by")
        .first()
    )
    if budget is None:
        return []
    words = f"{format_pence(budget.annual_pence)} a year."
    if budget.annual_pence != budget.calculated_pence:
        words += f" The rules gave {format_pence(budget.calculated_pence)}."
    if budget.confirmed_by and budget.confirmed_at:
        words += f" Confirmed by {budget.confirmed_by.full_name} on {_day(budget.confirmed_at):%-d %B %Y}."
    open_still = budget.state in ("calculated", "adjusted") and case.stage == Stage.ELIGIBLE
    page = (
        "budget_confirm" if open_still and user.has_perm("plans.adjust_budget", case) else "budget"
    )
    return [
        Card(
            "Indicative budget",
            words,
            budget.state,
            budget.get_state_display(),
            _page(page, case),
            "See the working",
        )
    ]


def _plan(case: Case, user: User) -> list[Card]:
    plan = case.plans.select_related("indicative_budget").order_by("-version").first()
    if plan is None:
        return []
    if plan.personal_budget_pence is not None and plan.agreed_at:
        words = f"{format_pence(plan.personal_budget_pence)} a year, agreed on {_day(plan.agreed_at):%-d %B %Y}."
    else:
        words = _cost_so_far(plan)
    page = "plan_review" if user.has_perm("plans.review_plan", case) else "plan"
    labels = {"returned": f"Back with {case.person.called}"}
    label = labels.get(plan.state, str(plan.get_state_display()))
    title = "Plan" if plan.version == 1 else f"Plan, version {plan.version}"
    return [Card(title, words, plan.state, label, _page(page, case), "Read the plan")]


def _cost_so_far(plan: SupportPlan) -> str:
    costs = plan_costs(plan)
    so_far = " so far" if plan.state in EDITABLE else ""
    words = (
        f"{format_pence(costs.total_pence)} of {format_pence(costs.budget_pence)} a year{so_far}."
    )
    return f"{words} That is more than the budget." if costs.over else words


def _support(case: Case, user: User, turn: Turn) -> Card:
    here = turn.support
    counted = (
        (len(here.running), "running"),
        (len(here.asked), "asked, no answer yet"),
        (len(here.declined), "declined, nobody else asked"),
        (len(here.to_offer), "not offered yet"),
    )
    words = ", ".join(f"{n} {what}" for n, what in counted if n)
    state, label = ("live", "Running") if here.running else ("planned", "Being set up")
    if here.declined:
        state, label = "declined", "Declined"
    may = user.has_perm("payments.offer_agreement", case)
    href = f"/my-budget/{case.reference}/support/" if may else ""
    return Card(
        "Support", f"{words[:1].upper()}{words[1:]}.", state, label, href, "See the support"
    )


def _invoices(case: Case) -> Card:
    found = case.invoices.aggregate(
        n=Count("id"),
        waiting=Count("id", filter=Q(state=InvoiceState.RECEIVED)),
        asked=Count("id", filter=Q(state__in=[InvoiceState.QUERIED, InvoiceState.DISPUTED])),
        paid=Sum("total_pence", filter=Q(state=InvoiceState.PAID), default=0),
    )
    words = f"{plural(found['n'], 'invoice')} in all, {format_pence(found['paid'])} paid."
    if found["asked"]:
        words += f" {plural(found['asked'], 'invoice')} questioned or not accepted."
    label = f"{found['waiting']} to confirm" if found["waiting"] else "None to confirm"
    state = "received" if found["waiting"] else "draft"
    href = f"/my-budget/{case.reference}/invoices/"
    return Card("Invoices", words, state, label, href, "See the invoices")


def _money(case: Case, money: CaseMoney) -> Card:
    words = (
        f"{format_pence(money.spent_pence)} spent, {format_pence(money.held_pence)} on invoices that wait, "
        f"{format_pence(money.committed_pence)} promised, of {format_pence(money.budget_pence)}."
    )
    short = money.free_pence < 0
    label = f"{format_pence(money.free_pence)} free"
    href = f"/my-budget/{case.reference}/money/"
    return Card("Money", words, "exception" if short else "live", label, href, "See every figure")


def _challenges(case: Case, user: User) -> list[Card]:
    cards = []
    for one in case.challenges.select_related("considered_by"):
        one.case = case
        href = _page("challenge", case)
        if user.has_perm("plans.consider_challenge", one):
            href = reverse("plans:challenge_answer", args=[case.reference, one.reference])
        words = f"“{one.get_about_display()}”, since {_day(one.raised_at):%-d %B %Y}."
        if one.considered_by and one.answered_at:
            words += (
                f" Answered by {one.considered_by.full_name} on {_day(one.answered_at):%-d %B %Y}."
            )
        elif one.considered_by:
            words += f" {one.considered_by.full_name} looks at it."
        cards.append(
            Card("Challenge", words, one.state, one.get_state_display(), href, "Read the challenge")
        )
    return cards

"""What the person and those who help them see of a case: what to do, the money, the story."""

from dataclasses import dataclass, replace

from django.urls import reverse

from carebudget.notify.models import Document
from carebudget.people.models import Representation, User
from carebudget.text import join_words
from payments.models import Invoice
from payments.selectors import (
    CaseMoney,
    SupportStanding,
    invoices_to_answer,
    money_of_case,
    money_of_cases,
)
from payments.selectors.contributions import asked_to_pay
from plans.models import (
    SEALED,
    AssessmentState,
    Case,
    Challenge,
    IndicativeBudget,
    IndicativeBudgetState,
    PlanState,
    Stage,
    SupportPlan,
)
from plans.selectors import (
    StageStep,
    TimelineItem,
    Voice,
    case_timeline,
    stage_label,
    stage_progress,
    voice_for,
)

from .turns import Turn, turns_of_client

LATELY = 6
EVENTS_READ = 60
INVOICES_SHOWN = 5
IN_FORCE = (PlanState.AGREED, PlanState.ACTIVE)
TOLD = (IndicativeBudgetState.CONFIRMED, IndicativeBudgetState.CHALLENGED)


@dataclass(frozen=True)
class PersonRow:
    """One person on the list of somebody who helps several."""

    case: Case
    voice: Voice
    stage: str
    turn: Turn
    money: CaseMoney | None


@dataclass(frozen=True)
class Page:
    """A page about the case that exists at this stage, and what is on it."""

    title: str
    words: str
    href: str


@dataclass(frozen=True)
class MyBudget:
    """Everything on the person's own page of a case."""

    case: Case
    voice: Voice
    turn: Turn
    steps: list[StageStep]
    money: CaseMoney | None
    plan: SupportPlan | None
    agreed: SupportPlan | None
    plan_document: str
    indicative: IndicativeBudget | None
    waiting: list[Invoice]
    pages: list[Page]
    helpers: list[Representation]
    letters: list[Document]
    challenges: list[Challenge]
    lately: list[TimelineItem]

    @property
    def heading(self) -> str:
        """What the page is about: a request until there is a sum, then a budget."""
        about = "budget" if self.indicative or self.agreed else "request for support"
        return f"{self.voice.begins} {about}"

    @property
    def is_decided(self) -> bool:
        """Whether there is a decision that could be looked at again."""
        return self.turn.standing.assessment == AssessmentState.DECIDED


def people_of(cases: list[Case], user: User) -> list[PersonRow]:
    """What is next for each of several people, and what money is left, in a few queries for all."""
    voices = {case.pk: voice_for(case, user) for case in cases}
    turns, money = turns_of_client(cases, user, voices), money_of_cases(cases)
    return [
        PersonRow(
            case=case,
            voice=voices[case.pk],
            stage=_stage(case, voices[case.pk]),
            turn=turns[case.pk],
            money=money.get(case.pk),
        )
        for case in cases
    ]


def my_budget(case: Case, user: User) -> MyBudget:
    """The person's page of one case."""
    voice = voice_for(case, user)
    turn = turns_of_client([case], user, {case.pk: voice})[case.pk]
    agreed = last_agreed(case)
    plan = agreed if agreed and agreed.state in IN_FORCE else None
    indicative = case.budgets.filter(state__in=TOLD).first()
    money = money_of_case(case)
    return MyBudget(
        case=case,
        voice=voice,
        turn=turn,
        steps=steps_for(case, voice, turn.support),
        money=money if money.budget_pence else None,
        plan=plan,
        agreed=agreed,
        plan_document=document_of(agreed) if agreed else "",
        indicative=indicative,
        waiting=list(invoices_to_answer(case)[:INVOICES_SHOWN]),
        pages=_pages(case, voice, plan, money, indicative),
        helpers=[one for one in case.person.representations.all() if one.ended_at is None],
        letters=letters_of(case),
        challenges=list(case.challenges.all()),
        lately=case_timeline(case, limit=EVENTS_READ)[:LATELY],
    )


def letters_of(case: Case) -> list[Document]:
    """Budget letters of a case, newest first, without their bytes."""
    return list(
        Document.objects.filter(subject=f"case:{case.reference}", kind="budget letter")
        .defer("content")
        .order_by("-created_at", "-id")
    )


def steps_for(case: Case, voice: Voice, support: SupportStanding) -> list[StageStep]:
    """The way in words for this reader; while support is set up, with whose answer is awaited."""
    steps = stage_progress(case)
    if not voice.own:
        steps = [replace(step, label=stage_label(step.stage)) for step in steps]
    if case.stage == Stage.AGREED:
        waits_for_providers = support.asked and not support.declined and not support.to_offer
        names = join_words(sorted({one.provider.name for one in support.asked}))
        who = names if waits_for_providers else case.person.full_name
        steps = [replace(step, held_by=who) if step.status == "current" else step for step in steps]
    return steps


def _stage(case: Case, voice: Voice) -> str:
    return str(Stage(case.stage).label) if voice.own else stage_label(case.stage)


def last_agreed(case: Case) -> SupportPlan | None:
    """The plan in force, else the last one that was; never one in the making."""
    return (
        case.plans.filter(state__in=SEALED)
        .select_related("document")
        .defer("document__content", "snapshot")
        .order_by("-version")
        .first()
    )


def document_of(plan: SupportPlan) -> str:
    """The address of an agreed plan as a PDF: the one kept, else the page that makes it."""
    if plan.document:
        return reverse("notify:document", args=[plan.document.public_id])
    return reverse("plans:plan_document", args=[plan.case.reference])


def _pages(
    case: Case,
    voice: Voice,
    plan: SupportPlan | None,
    money: CaseMoney,
    indicative: IndicativeBudget | None,
) -> list[Page]:
    """The pages that exist for the person at this stage, in the order of the way."""
    base, found = f"/my-budget/{case.reference}", []
    if plan:
        words = "Who gives it, and whether they said yes"
        found.append(Page("Support", words, f"{base}/support/"))
    if plan or money.budget_pence:
        found += [
            Page("Invoices", "What providers ask for, and what was paid", f"{base}/invoices/"),
            Page("Money", "Every pound: spent, promised and free", f"{base}/money/"),
        ]
    if asked_to_pay(case):
        words = "The bills for the part that is paid towards support"
        found.append(Page("What is owed", words, f"{base}/owed/"))
    newest = case.plans.order_by("-version").values_list("state", flat=True).first()
    if newest:
        agreed = newest in SEALED
        words = "What was agreed" if agreed else f"What {voice.you} would like, and how"
        found.append(Page(f"{voice.begins} plan", words, f"{base}/plan/"))
    if indicative:
        words = "How much there is, and how we worked it out"
        found.append(Page("The sum", words, f"{base}/budget/"))
    if indicative or case.stage in (Stage.ELIGIBLE, Stage.NOT_ELIGIBLE):
        found.append(Page("The decision", "What we decided, with the reasons", f"{base}/decision/"))
    if case.stage == Stage.REFERRED:
        words = "You can begin to answer now, before anybody calls"
        found.append(Page("The questions", words, f"{base}/questions/"))
    return found

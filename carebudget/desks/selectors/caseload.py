"""The caseload of a worker, a manager or the panel: what needs doing first, each with a constant number of queries."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Case as Choose
from django.db.models import (
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from carebudget import clock
from carebudget.people.models import Role, User
from payments.models import AgreementState, ServiceAgreement
from payments.selectors import nobody_took_it
from plans.models import OPEN_STAGES, Case, Stage
from plans.selectors import caseload, stage_label, worked_by

from .turns import Turn, turns_of_staff


@dataclass(frozen=True)
class Scope:
    """One of the lists, and the roles it is for."""

    key: str
    tab: str
    heading: str
    roles: frozenset[str]
    empty_title: str
    empty_words: str


SCOPES = (
    Scope(
        "mine",
        "My cases",
        "My cases",
        frozenset({Role.WORKER}),
        "You have no cases here",
        "Take one that nobody has, or refer a person.",
    ),
    Scope(
        "team",
        "My team",
        "My team’s cases",
        frozenset({Role.MANAGER}),
        "Your team has no cases here",
        "Cases are here as soon as somebody of your team has them.",
    ),
    Scope(
        "decide",
        "Plans to decide",
        "Plans that wait for your decision",
        frozenset({Role.MANAGER, Role.PANEL}),
        "No plan waits for you",
        "When a plan is passed up to you, you get a message and it is here.",
    ),
    Scope(
        "unassigned",
        "Nobody has",
        "Cases that nobody has",
        frozenset({Role.WORKER, Role.MANAGER}),
        "Every case has a worker",
        "When somebody asks for help, they are here until a worker has them.",
    ),
)


@dataclass(frozen=True)
class Row:
    """One case on the list."""

    case: Case
    stage: str
    turn: Turn
    due_on: date | None

    @property
    def is_late(self) -> bool:
        """Whether the day by which this stage usually ends has passed."""
        return self.due_on is not None and self.due_on < clock.today()


@dataclass(frozen=True)
class Figures:
    """How many cases are on a list, how many are late, and how many wait for the reader."""

    count: int
    late: int
    to_do: int


@dataclass(frozen=True)
class Colleague:
    """A worker of the manager's teams, with how much they have."""

    user: User
    count: int
    late: int


def scopes_of(user: User) -> list[Scope]:
    """The lists that this member of staff has, the usual one first."""
    return [scope for scope in SCOPES if scope.roles & user.roles]


def cases_for(
    user: User, *, scope: str, stage: str = "", search: str = "", worker: UUID | None = None
) -> QuerySet[Case]:
    """The cases of a list, what waits for the reader first (``first``), and of that the latest first."""
    declined = ServiceAgreement.objects.filter(
        nobody_took_it(), case=OuterRef("pk"), state=AgreementState.DECLINED
    )
    rows = caseload(user, scope=scope, stage=stage, search=search)
    if worker is not None:
        rows = rows.filter(worker__public_id=worker)
    first = Choose(
        When(turn=True, then=Value(1)),
        When(worked_by(user) & Q(Exists(declined), stage__in=OPEN_STAGES), then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    return rows.annotate(first=first).order_by("-first", F("due_on").asc(nulls_last=True), "id")


def figures_of(rows: QuerySet[Case]) -> Figures:
    """The figures above a list, in one query."""
    found = rows.order_by().aggregate(
        n=Count("pk"),
        late=Count("pk", filter=Q(due_on__lt=clock.today())),
        to_do=Count("pk", filter=Q(first=1)),
    )
    return Figures(found["n"], found["late"], found["to_do"])


def stages_of(rows: QuerySet[Case]) -> list[tuple[str, str, int]]:
    """How many cases of a list are in each stage, in the order of the way: key, words, count."""
    counted = dict(rows.order_by().values_list("stage").annotate(n=Count("pk")))
    return [
        (stage.value, stage_label(stage), counted[stage.value])
        for stage in Stage
        if stage.value in counted
    ]


def rows_of(cases: list[Case], user: User) -> list[Row]:
    """A page of cases with what is next in each, in a few queries however many there are."""
    turns = turns_of_staff(cases, user)
    return [
        Row(
            case=case,
            stage=stage_label(case.stage),
            turn=turns[case.pk],
            due_on=turns[case.pk].standing.due_on,
        )
        for case in cases
    ]


def team_of(user: User) -> list[Colleague]:
    """Workers of the manager's teams, with how many open cases each has and how many are late."""
    teams = user.role_holdings.filter(role=Role.MANAGER).exclude(team=None).values("team")
    held = {
        worker: (n, late)
        for worker, n, late in caseload(user, scope="team")
        .order_by()
        .values_list("worker")
        .annotate(n=Count("pk"), late=Count("pk", filter=Q(due_on__lt=clock.today())))
    }
    workers = User.objects.filter(
        role_holdings__role=Role.WORKER, role_holdings__team__in=teams, is_active=True
    ).order_by("full_name")
    return [Colleague(worker, *held.get(worker.pk, (0, 0))) for worker in workers.distinct()]

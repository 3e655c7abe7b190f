"""Reading cases: one, a person's, a worker's; each with a constant number of queries."""

from django.db.models import BooleanField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models import Case as Choose

from carebudget.people.models import Representation, User

from ..models import OPEN_STAGES, Case, Challenge, ChallengeState, SupportPlan
from .turns import turn_of, with_standing


def _with_people(cases: QuerySet[Case]) -> QuerySet[Case]:
    """With the people around them; the pack's text stays where it is, because its rules are kept parsed."""
    return (
        cases.select_related("person__user", "pack", "worker", "team")
        .defer("pack__content", "pack__source_yaml")
        .prefetch_related("person__representations__user", "person__family_ties")
    )


def case_by_reference(reference: str) -> Case:
    """The case with this reference. Raises ``Case.DoesNotExist``."""
    return _with_people(Case.objects.all()).get(reference=reference)


def plan_by_reference(reference: str) -> SupportPlan:
    """The plan with this reference. Raises ``SupportPlan.DoesNotExist``."""
    plan = SupportPlan.objects.select_related("indicative_budget", "document").get(
        reference=reference
    )
    plan.case = case_by_reference(plan.case.reference)
    return plan


def challenge_by_reference(reference: str) -> Challenge:
    """The challenge with this reference. Raises ``Challenge.DoesNotExist``."""
    challenge = Challenge.objects.select_related("raised_by", "considered_by").get(
        reference=reference
    )
    challenge.case = case_by_reference(challenge.case.reference)
    return challenge


def cases_of_client(user: User) -> list[Case]:
    """Cases of the user, and of people they help, open ones first."""
    helped = Representation.objects.filter(user=user, ended_at=None, person=OuterRef("person"))
    rows = _with_people(Case.objects.filter(Q(person__user=user) | Exists(helped)))
    return sorted(rows.order_by("-opened_at"), key=lambda case: case.stage not in OPEN_STAGES)


def caseload(
    user: User, *, stage: str = "", search: str = "", scope: str = "mine"
) -> QuerySet[Case]:
    """Cases a member of staff works on, with ``entered_at``, ``due_on`` and ``turn``: what waits for
    this user first, and of that the latest first.

    ``scope``: ``mine``, ``team`` (of a manager's teams), ``decide`` (plans waiting for a decision) or
    ``unassigned``. Cases of the user's own family never show.
    """
    rows = with_standing(_with_people(Case.objects.all()))
    teams = user.role_holdings.exclude(team=None).values("team")
    if scope == "mine":
        rows = rows.filter(worker=user)
    elif scope == "team":
        rows = rows.filter(team__in=teams)
    elif scope == "decide":
        rows = rows.filter(_waits_for_decision(user), stage="awaiting_agreement")
    else:
        rows = rows.filter(worker=None)
    if stage:
        rows = rows.filter(stage=stage)
    elif scope != "decide":
        rows = rows.filter(stage__in=OPEN_STAGES)
    if search.strip():
        words = search.strip()
        rows = rows.filter(Q(person__full_name__icontains=words) | Q(reference__iexact=words))
    turn = Choose(
        When(turn_of(user), then=Value(True)), default=Value(False), output_field=BooleanField()
    )
    return (
        not_of_own_family(rows, user)
        .annotate(turn=turn)
        .order_by("-turn", F("due_on").asc(nulls_last=True), "id")
    )


def not_of_own_family(rows: QuerySet[Case], user: User) -> QuerySet[Case]:
    """Without the user's own case, and those of people they help or have declared a tie to."""
    own = Q(person__family_ties__user=user) | Q(person__user=user)
    helped = Representation.objects.filter(user=user, ended_at=None, person=OuterRef("person"))
    return rows.exclude(own).exclude(Exists(helped))


def _waits_for_decision(user: User) -> Q:
    """Plans at a level that the user decides at: a manager for the own teams, the panel for all."""
    teams = user.role_holdings.filter(role="manager").exclude(team=None).values("team")
    managed = Q(pending_level="manager") & (Q(team=None) | Q(team__in=teams))
    found = Q(pk__in=[])
    if "manager" in user.roles:
        found |= managed
    if "panel" in user.roles:
        found |= Q(pending_level="panel")
    return found


def challenges_to_consider(user: User) -> QuerySet[Challenge]:
    """Challenges that wait for somebody, or for this user, to look at them; oldest first.

    Never those about a decision the user made, nor of their own family (``plans.consider_challenge``).
    """
    waiting = Challenge.objects.filter(
        Q(state=ChallengeState.RAISED) | Q(state=ChallengeState.CONSIDERED, considered_by=user),
        case__in=not_of_own_family(Case.objects.all(), user),
    ).exclude(decision_made_by=user)
    return waiting.select_related("case__person", "considered_by").order_by("raised_at", "id")


def clients_and_helpers(case: Case) -> list[User]:
    """Who is told things on the person's side: the person, and everyone who helps them."""
    found = [case.person.user] if case.person.user else []
    helpers = case.person.representations.filter(ended_at=None).select_related("user")
    return found + [helper.user for helper in helpers]


def care_managers(case: Case) -> list[User]:
    """Managers of the case's team, or all managers while it has none."""
    managers = User.objects.filter(role_holdings__role="manager", is_active=True)
    if case.team_id:
        managers = managers.filter(role_holdings__role="manager", role_holdings__team=case.team_id)
    return list(managers.distinct())

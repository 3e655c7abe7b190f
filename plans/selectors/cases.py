"""Reading cases: one, a person's, a worker's; each with a constant number of queries."""

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from carebudget.people.models import Representation, User

from ..models import OPEN_STAGES, Case, Challenge, StageVisit, SupportPlan


def _with_people(cases: QuerySet[Case]) -> QuerySet[Case]:
    return cases.select_related("person__user", "pack", "worker", "team").prefetch_related(
        "person__representations__user", "person__family_ties"
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
    """Cases a member of staff works on, most urgent first, each with ``entered_at`` and ``due_on``.

    ``scope``: ``mine``, ``team`` (of a manager's teams), ``decide`` (plans waiting for a decision) or
    ``unassigned``. Cases of the user's own family never show.
    """
    now = StageVisit.objects.filter(case=OuterRef("pk"), left_at=None)
    rows = _with_people(Case.objects.all()).annotate(
        entered_at=Subquery(now.values("entered_at")[:1]), due_on=Subquery(now.values("due_on")[:1])
    )
    teams = user.role_holdings.exclude(team=None).values("team")
    if scope == "mine":
        rows = rows.filter(worker=user)
    elif scope == "team":
        rows = rows.filter(team__in=teams)
    elif scope == "decide":
        rows = rows.filter(
            plans__decisions__state="pending", plans__decisions__level__in=_levels(user)
        )
    else:
        rows = rows.filter(worker=None)
    if stage:
        rows = rows.filter(stage=stage)
    elif scope != "decide":
        rows = rows.filter(stage__in=OPEN_STAGES)
    if search.strip():
        words = search.strip()
        rows = rows.filter(Q(person__full_name__icontains=words) | Q(reference__iexact=words))
    own = Q(person__family_ties__user=user) | Q(person__user=user)
    helped = Representation.objects.filter(user=user, ended_at=None, person=OuterRef("person"))
    return (
        rows.exclude(own).exclude(Exists(helped)).order_by(F("due_on").asc(nulls_last=True), "id")
    )


def _levels(user: User) -> list[str]:
    return [level for level in ("manager", "panel") if level in user.roles]


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

"""A small legal world for the tests of pages: Margaret, Ruth who helps, and the council's people.

Every step goes through the services, so that a page is only ever shown what can really happen.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from carebudget import clock
from carebudget.people.models import FamilyTie, Person, Representation, Role, Team, User
from carebudget.people.services import give_role
from plans.models import Case, SupportPlan
from plans.rules.pack import Pack
from plans.selectors import case_by_reference
from plans.services import (
    OutcomeJudgement,
    add_outcome,
    add_support,
    agree_plan,
    confirm_budget,
    current_pack,
    decide_eligibility,
    load_packs,
    refer_person,
    save_answers,
    save_criterion,
    save_plan_details,
    start_assessment,
    start_plan,
    submit_assessment,
    submit_plan,
    verify_assessment,
)
from providers.models import CheckKind, Provider, ProviderCheck, ProviderKind


@dataclass
class World:
    """The people of the story and their case."""

    team: Team
    margaret: User
    ruth: User
    samira: User
    david: User
    panel: User
    auditor: User
    finance: User
    other_worker: User
    stranger: User
    case: Case

    def again(self) -> Case:
        """The case as it is now."""
        self.case = case_by_reference(self.case.reference)
        return self.case

    @property
    def plan(self) -> SupportPlan:
        """The newest plan as it is now."""
        return SupportPlan.objects.filter(case=self.case).latest("version")


def user(name: str, *roles: Role, team: Team | None = None) -> User:
    """Somebody who can sign in, with these roles."""
    email = f"{name.split()[0].lower()}.{name.split()[-1].lower()}@example.org"
    made = User.objects.create_user(email, "three words here", full_name=name)
    for role in roles:
        give_role(user=made, role=role, team=team)
    return made


def world() -> World:
    """Margaret has been referred by Samira; Ruth, her daughter, helps."""
    load_packs()
    team = Team.objects.create(name="North")
    samira = user("Samira Okafor", Role.WORKER, team=team)
    case = refer_person(
        full_name="Margaret Ashdown",
        date_of_birth=date(1948, 3, 27),
        pack=current_pack("adult-social-care"),
        source="worker",
        reason="She fell twice and cannot manage the stairs.",
        email="margaret.ashdown@example.org",
        by=samira,
    )
    margaret = user("Margaret Ashdown", Role.CLIENT)
    ruth = user("Ruth Ashdown", Role.REPRESENTATIVE)
    Person.objects.filter(pk=case.person_id).update(user=margaret)
    Representation.objects.create(
        person=case.person, user=ruth, kind="family", relationship="daughter"
    )
    return World(
        team=team,
        margaret=margaret,
        ruth=ruth,
        samira=samira,
        david=user("David Pell", Role.MANAGER, team=team),
        panel=user("Paula Nwosu", Role.PANEL),
        auditor=user("Iris Vane", Role.AUDITOR),
        finance=user("Grace Tulley", Role.FINANCE_OFFICER),
        other_worker=user("Tom Reeve", Role.WORKER, team=team),
        stranger=user("Ken Strange", Role.CLIENT),
        case=case_by_reference(case.reference),
    )


NEEDS = {"nutrition": "some", "hygiene": "most", "home_safety": "check"}


def full_answers(pack: Pack, needs: dict[str, str] | None = None) -> dict[str, Any]:
    """An answer to every question that must be answered; ``needs`` names the option of each need."""
    needs = NEEDS if needs is None else needs
    answers: dict[str, Any] = {}
    for question in pack.questions:
        if question.role == "need":
            answers[question.key] = needs.get(question.outcome, "none")
        elif question.role == "ways":
            answers[question.key] = ["cannot"] if question.outcome in needs else []
        elif question.role == "wellbeing":
            answers[question.key] = ["control"] if needs else []
        elif question.kind == "single":
            answers[question.key] = "yes" if question.role == "cause" else question.options[0].key
        elif question.kind == "text" and question.role == "words" and question.outcome in needs:
            answers[question.key] = f"In my own words about {question.outcome}."
    return answers


def assessing(w: World) -> Any:
    """The questions are open."""
    found = start_assessment(case=w.case, by=w.samira)
    w.again()
    return found


def submitted(w: World, needs: dict[str, str] | None = None) -> Any:
    """The questions are answered by mother and daughter, and sent."""
    assessment = assessing(w)
    answers = full_answers(w.case.pack.rules, needs)
    half = len(answers) // 2
    save_answers(assessment=assessment, values=dict(list(answers.items())[:half]), by=w.margaret)
    save_answers(assessment=assessment, values=dict(list(answers.items())[half:]), by=w.ruth)
    submit_assessment(assessment=assessment, by=w.margaret)
    w.again()
    return assessment


def verified(w: World, needs: dict[str, str] | None = None) -> Any:
    """The worker has talked the answers through."""
    assessment = submitted(w, needs)
    verify_assessment(
        assessment=assessment, corrections={}, note="Talked it through at home.", by=w.samira
    )
    w.again()
    return assessment


def judgements(pack: Pack, unmet: tuple[str, ...]) -> list[OutcomeJudgement]:
    """One judgement for every outcome."""
    return [
        OutcomeJudgement(
            outcome=outcome.key,
            unmet=outcome.key in unmet,
            ways=("cannot",) if outcome.key in unmet else (),
            reason=f"What I saw about {outcome.title}.",
        )
        for outcome in pack.outcomes
    ]


def decided(w: World, eligible: bool = True) -> None:
    """Eligibility is decided, and if it is yes the budget is worked out."""
    assessment = verified(w, None if eligible else {"nutrition": "prompt"})
    decide_eligibility(
        assessment=assessment,
        outcomes=judgements(
            w.case.pack.rules, ("nutrition", "hygiene") if eligible else ("nutrition",)
        ),
        eligible=eligible,
        reason="Meals and washing need help." if eligible else "One part of life only.",
        by=w.samira,
    )
    w.again()


def budgeted(w: World) -> None:
    """The person knows how much there is."""
    decided(w)
    confirm_budget(budget=w.case.budgets.get(), by=w.samira)
    w.again()


def planning(w: World) -> SupportPlan:
    """The plan is begun, and empty."""
    budgeted(w)
    plan = start_plan(case=w.case, by=w.ruth)
    w.again()
    return plan


def fill_plan(w: World, *, provider: Provider | None = None, hours: str = "5") -> SupportPlan:
    """Everything a plan must say."""
    plan = w.plan
    for criterion in w.case.pack.rules.criteria:
        save_criterion(
            plan=plan,
            criterion=criterion.key,
            text=f"My own words about {criterion.key}.",
            by=w.ruth,
        )
    wish = add_outcome(
        plan=plan,
        wish="Cook for my grandson",
        sign="He asks for more",
        needs=["nutrition"],
        by=w.ruth,
    )
    add_support(
        plan=plan,
        description="Help with meals",
        provider=provider,
        rate_pence=2450,
        unit="hour",
        quantity=Decimal(hours),
        frequency="weekly",
        outcome=wish,
        by=w.ruth,
    )
    save_plan_details(
        plan=plan,
        risks="I may fall; the alarm helps.",
        contingency="Ruth comes over.",
        contingency_pence=10000,
        holding="council",
        starts_on=clock.today(),
        ends_on=clock.today().replace(year=clock.today().year + 1),
        by=w.ruth,
    )
    return w.plan


def plan_sent(w: World, *, provider: Provider | None = None, hours: str = "5") -> SupportPlan:
    """The plan is with the council."""
    planning(w)
    fill_plan(w, provider=provider, hours=hours)
    submit_plan(plan=w.plan, by=w.ruth)
    w.again()
    return w.plan


def plan_agreed(w: World) -> SupportPlan:
    """The plan is agreed by the worker, within the worker's limit."""
    plan = plan_sent(w)
    agree_plan(plan=plan, reason="It fits and it is Margaret’s own.", by=w.samira)
    w.again()
    return w.plan


def approved_provider(by: User, name: str = "Brightside Home Care") -> Provider:
    """A provider that may be chosen."""
    provider = Provider.objects.create(
        name=name, kind=ProviderKind.AGENCY, email="care@example.org"
    )
    for kind in CheckKind.values:
        ProviderCheck.objects.create(provider=provider, kind=kind, outcome="passed", checked_by=by)
    provider.approve()
    provider.save()
    return provider


def family_tie(user: User, case: Case) -> None:
    """The user has declared that the person is family."""
    FamilyTie.objects.create(user=user, person=case.person, relationship="nephew")


def see(client: Any, who: User | None, name: str, *args: Any, **query: Any) -> Any:
    """The page ``name`` as this person gets it."""
    _be(client, who)
    return client.get(reverse(name, args=args), query)


def do(client: Any, who: User | None, name: str, *args: Any, **data: Any) -> Any:
    """Send this person's form to the page ``name``."""
    _be(client, who)
    return client.post(reverse(name, args=args), data)


def _be(client: Any, who: User | None) -> None:
    client.logout() if who is None else client.force_login(who)


def words(response: Any) -> str:
    """What the page says, without its markup."""
    return " ".join(unescape(strip_tags(response.content.decode())).split())


def queries_of(client: Any, who: User, name: str, *args: Any) -> int:
    """How many queries the page takes."""
    client.force_login(who)
    with CaptureQueriesContext(connection) as found:
        assert client.get(reverse(name, args=args)).status_code == 200
    return len(found)

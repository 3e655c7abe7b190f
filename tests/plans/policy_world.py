"""A council that has assessed many people: the world of the tests of the policy workbench.

A few people go through the services, like everywhere. A crowd is written straight into the tables, with
the same rows that the services leave, because hundreds of journeys would take minutes.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from carebudget import clock
from carebudget.people.models import Person, Role, Team, User
from plans.models import (
    Answer,
    Assessment,
    Case,
    EligibilityDecision,
    IndicativeBudget,
    ProgrammePack,
    SupportPlan,
)
from plans.rules.allocation import allocate
from plans.rules.pack import Pack
from plans.rules.policy_tables import table_as_data
from plans.services import current_pack, load_packs, propose_policy
from tests.plans.page_world import user

KEY = "adult-social-care"


@dataclass
class Council:
    """Managers of the council, and its newest version of the adults' programme."""

    joan: User
    david: User
    samira: User
    client: User
    pack: ProgrammePack

    @property
    def where(self) -> tuple[str, str]:
        """The address of the version."""
        return self.pack.key, self.pack.version


def council() -> Council:
    """Two managers, a worker and a client; nobody is assessed yet."""
    load_packs()
    team = Team.objects.create(name="North")
    return Council(
        joan=user("Joan Whitlock", Role.MANAGER, team=team),
        david=user("David Pell", Role.MANAGER, team=team),
        samira=user("Samira Okafor", Role.WORKER, team=team),
        client=user("Ken Strange", Role.CLIENT),
        pack=current_pack(KEY),
    )


def answers_by(chance: Random, pack: Pack) -> dict[str, Any]:
    """Somebody's answers to everything that counts."""
    given: dict[str, Any] = {}
    for question in pack.questions:
        if question.kind != "single":
            continue
        if question.role == "need":
            given[question.key] = chance.choice(question.options[:4]).key
        elif question.role in ("unpaid", "adjustment"):
            given[question.key] = chance.choice([question.options[0], *question.options]).key
        else:
            given[question.key] = question.options[0].key
    return given


def crowd(
    of: Council, count: int, *, seed: int = 5, plans: bool = False, stage: str = "live"
) -> list[Case]:
    """So many people with a decision and a budget, as the services leave them."""
    chance = Random(seed)
    rules = of.pack.rules
    people = Person.objects.bulk_create(
        Person(
            full_name=f"Person {seed} {n}",
            date_of_birth=date(1930 + chance.randrange(75), 1 + n % 12, 1 + n % 27),
            needs_in_communication="Large print" if chance.random() < 0.3 else "",
        )
        for n in range(count)
    )
    cases = Case.objects.bulk_create(
        Case(person=one, pack=of.pack, stage=stage, source="worker", reason="The stairs.")
        for one in people
    )
    assessments = Assessment.objects.bulk_create(
        Assessment(case=case, pack=of.pack, state="decided") for case in cases
    )
    given = [answers_by(chance, rules) for _ in cases]
    Answer.objects.bulk_create(
        Answer(assessment=one, question=key, value=value, answered_by=of.client)
        for one, answers in zip(assessments, given, strict=True)
        for key, value in answers.items()
    )
    EligibilityDecision.objects.bulk_create(
        EligibilityDecision(
            assessment=one,
            eligible=True,
            proposed_eligible=True,
            working={},
            reason="It is hard.",
            decided_by=of.samira,
        )
        for one in assessments
    )
    found = [allocate(rules, answers) for answers in given]
    budgets = IndicativeBudget.objects.bulk_create(
        IndicativeBudget(
            case=one.case,
            assessment=one,
            pack=of.pack,
            annual_pence=sum_.annual_pence,
            calculated_pence=sum_.annual_pence,
            working=sum_.as_data(),
            state="confirmed",
        )
        for one, sum_ in zip(assessments, found, strict=True)
    )
    if plans:
        SupportPlan.objects.bulk_create(
            SupportPlan(
                case=budget.case,
                indicative_budget=budget,
                state="agreed",
                personal_budget_pence=budget.annual_pence * chance.randrange(70, 111) // 100,
                snapshot={},
                snapshot_digest="x",
            )
            for budget in budgets
        )
    return cases


def another_table(pack: ProgrammePack, **changes: Any) -> dict[str, Any]:
    """The version's table as data, with some parts changed."""
    return {**table_as_data(pack.rules.allocation), **changes}


def proposal(of: Council, **changes: Any) -> Any:
    """Joan's draft: nobody gets more than £40,000 a year."""
    said = {
        "title": "A lower limit",
        "reason": "The money does not reach.",
        "table": another_table(of.pack, maximum_pence=4_000_000),
        "starts_on": clock.today() + timedelta(days=30),
        "by": of.joan,
        **changes,
    }
    return propose_policy(pack=of.pack, **said)


def typed(pack: ProgrammePack, **changes: Any) -> dict[str, str]:
    """The workbench's boxes as they are sent, with some changed; pounds as words."""
    table = pack.rules.allocation
    sent: dict[str, Any] = {
        "round_to_pence": str(table.round_to_pence),
        "minimum_pence": f"{table.minimum_pence / 100:.2f}",
        "maximum_pence": "" if table.maximum_pence is None else f"{table.maximum_pence / 100:.2f}",
        "whose": "everybody",
        "act": "look",
    }
    for n, (points, pence) in enumerate(table.knots or table.bands):
        sent[f"points_{n}"], sent[f"pence_{n}"] = str(points), f"{pence / 100:.2f}"
    for n, one in enumerate(table.adjustments):
        sent[f"adjustment_{n}_key"], sent[f"adjustment_{n}_label"] = one.key, one.label
        sent[f"adjustment_{n}_answer"] = f"{one.question}={one.option}"
        sent[f"adjustment_{n}_pence"] = f"{one.pence / 100:.2f}" if one.pence else ""
        sent[f"adjustment_{n}_percent"] = str(one.percent) if one.percent else ""
    return {**sent, **changes}

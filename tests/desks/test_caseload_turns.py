"""Whose turn it is: for one case, for a page of cases, and in SQL, always the same answer."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carebudget.people.models import User
from plans.models import Case
from plans.selectors import caseload, next_action, next_actions
from plans.services import (
    answer_challenge,
    ask_for_help,
    current_pack,
    load_packs,
    take_up_challenge,
)
from tests.desks.desk_world import EVERY_STAGE, again, case_at, challenged, daughter_of
from tests.factories.worlds import UserFactory, client_of, crew

pytestmark = pytest.mark.django_db

STAFF_TURN = {
    "referred": "Start the assessment",
    "submitted": "Check the answers",
    "verified": "Decide eligibility",
    "eligible": "Confirm the budget",
    "awaiting_agreement": "Look at the plan",
}


def cases() -> dict[str, Case]:
    """One case at every stage, in the crew's team, by stage."""
    return {
        stage: case_at(stage, full_name=f"Person Number {n}", helper=True)
        for n, stage in enumerate(EVERY_STAGE)
    }


def asked_for_help() -> Case:
    """Somebody asked on the public page: nobody has the case."""
    case = ask_for_help(
        full_name="Edna Marsh",
        date_of_birth=date(1941, 11, 2),
        email="edna@people.example",
        phone="01632 960 777",
        reason="She forgets to eat.",
        pack=current_pack("adult-social-care"),
        source="family",
    )
    return again(case)


def test_a_page_of_cases_gets_the_same_answer_as_each_case_alone():
    world = cases()
    people = [crew().worker, crew().manager, crew().panel]
    people += [client_of(case) for case in world.values()]
    people += [daughter_of(case) for case in world.values()]
    rows = [again(case) for case in world.values()]
    for who in people:
        together = next_actions(rows, fresh(who))
        for case in rows:
            assert together[case.pk] == next_action(again(case), fresh(who)), (who, case.stage)


def test_each_stage_has_its_next_action_for_whoever_has_it():
    world = cases()
    worker = fresh(crew().worker)
    for stage, case in world.items():
        found = next_action(again(case), worker)
        assert (found.title if found else None) == STAFF_TURN.get(stage), stage
    escalated = again(world["escalated"])
    assert next_action(escalated, fresh(crew().manager)).title == "Look at the plan"
    assert next_action(escalated, fresh(crew().panel)) is None


def test_the_list_puts_first_exactly_the_cases_that_wait_for_the_reader():
    cases()
    asked_for_help()
    other_manager = UserFactory(role="manager", team=None)
    for who in (crew().worker, crew().manager, crew().panel, other_manager):
        who = fresh(who)
        for scope in ("mine", "team", "decide", "unassigned"):
            rows = list(caseload(who, scope=scope))
            actions = next_actions(rows, who)
            for row in rows:
                assert row.turn == (actions[row.pk] is not None), (who, scope, row.stage)
            turns = [row.turn for row in rows]
            assert turns == sorted(turns, reverse=True)
            for turn in (True, False):
                dates = [row.due_on for row in rows if row.turn == turn and row.due_on]
                assert dates == sorted(dates)


def test_the_number_of_queries_does_not_grow_with_the_cases():
    cases()
    worker = fresh(crew().worker)

    def count(rows: list[Case]) -> int:
        next_actions(rows[:1], worker)
        with CaptureQueriesContext(connection) as found:
            next_actions(rows, worker)
        return len(found)

    rows = list(caseload(worker, scope="mine"))
    with_a_plan = [row for row in rows if row.stage == "planning"][:1]
    assert len(rows) > 8
    assert count(rows) == count(with_a_plan) == 4


def test_nobodys_case_is_taken_by_a_worker_and_given_by_a_manager():
    load_packs()
    case = asked_for_help()
    assert next_action(case, fresh(crew().worker)).title == "Take this case"
    given = next_action(case, fresh(crew().manager))
    assert given.title == "Give this case to a worker"
    assert given.href == f"/cases/{case.reference}/assign/"
    assert next_action(case, fresh(crew().panel)) is None


def test_a_manager_decides_plans_of_the_own_team_only():
    case = case_at("escalated")
    other = crew(1).manager
    assert list(caseload(fresh(crew().manager), scope="decide")) == [case]
    assert list(caseload(fresh(other), scope="decide")) == []
    assert list(caseload(fresh(crew().panel), scope="decide")) == []


def test_after_an_upheld_challenge_the_worker_opens_the_questions_again():
    case = case_at("not_eligible")
    challenge = challenged(case)
    take_up_challenge(challenge=challenge, by=crew().manager)
    answer_challenge(challenge=challenge, upheld=True, answer="You are right.", by=crew().manager)
    found = next_action(again(case), fresh(crew().worker))
    assert found.title == "Open the questions again"
    assert found.href == f"/cases/{case.reference}/start/"
    rows = list(caseload(fresh(crew().worker), scope="mine"))
    assert [row.turn for row in rows] == [True]


def fresh(user: User) -> User:
    """The user as the next request loads them: nothing is remembered."""
    return User.objects.get(pk=user.pk)

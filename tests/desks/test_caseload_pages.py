"""The caseload: what needs doing first, by role; filters, figures, the team, and what nobody has."""

from datetime import date, timedelta

import pytest
from django.test import Client

from carebudget import clock
from carebudget.people.models import FamilyTie
from carebudget.people.services import give_role
from plans.models import Case, StageVisit
from plans.services import ask_for_help, current_pack, load_packs, refer_person, take_case
from tests.desks.desk_world import (
    case_at,
    challenged,
    declined,
    page,
    queries,
    read,
)
from tests.factories.worlds import CaseFactory, UserFactory, client_of, crew

pytestmark = pytest.mark.django_db


def late(case: Case) -> None:
    """The case should have left its stage a week ago."""
    StageVisit.objects.filter(case=case, left_at=None).update(
        due_on=clock.today() - timedelta(days=7)
    )


def refer(full_name: str) -> Case:
    """A case that has just begun, with the crew's worker."""
    load_packs()
    return refer_person(
        full_name=full_name,
        date_of_birth=date(1944, 5, 6),
        pack=current_pack("adult-social-care"),
        source="health",
        reason="Home from hospital and alone.",
        by=crew().worker,
    )


def ask(full_name: str = "Edna Marsh") -> Case:
    """Somebody asked on the public page."""
    load_packs()
    return ask_for_help(
        full_name=full_name,
        date_of_birth=date(1941, 11, 2),
        email=f"{full_name.split()[0].lower()}@people.example",
        phone="01632 960 777",
        reason="She forgets to eat.",
        pack=current_pack("adult-social-care"),
        source="family",
    )


def test_what_waits_for_the_worker_comes_first_and_the_latest_of_it_before_the_rest(client: Client):
    planning = case_at("planning", full_name="Anna Early")
    eligible = case_at("eligible", full_name="Bea Middle")
    submitted = case_at("submitted", full_name="Cora Late")
    late(planning)
    late(submitted)
    said = read(client, crew().worker, "/caseload/")
    assert said.startswith("My cases")
    order = [said.index(name) for name in ("Cora Late", "Bea Middle", "Anna Early")]
    assert order == sorted(order)
    assert said.index("To do now") < said.index("Cora Late")
    assert said.index("With somebody else") < said.index("Anna Early")
    assert "Check the answers" in said
    assert "Confirm the budget" in said
    assert "With Anna Early since" in said
    assert "3 cases, 2 for you to do now, 2 late" in said
    assert "Late: due" in said
    assert eligible.reference in said


def test_each_line_leads_to_the_case_and_to_what_is_to_be_done(client: Client):
    case = case_at("submitted")
    found = page(client, crew().worker, "/caseload/").content.decode()
    assert f'href="/cases/{case.reference}/"' in found
    assert f'href="/cases/{case.reference}/assessment/"' in found


def test_the_counts_by_stage_lead_to_the_cases_of_that_stage(client: Client):
    case_at("planning", full_name="Anna Plan")
    case_at("eligible", full_name="Bea Sum")
    found = page(client, crew().worker, "/caseload/").content.decode()
    assert 'href="?scope=mine&amp;stage=planning"' in found
    said = read(client, crew().worker, "/caseload/?scope=mine&stage=planning")
    assert "Anna Plan" in said
    assert "Bea Sum" not in said
    assert "1 case, 0 for you to do now" in said


def test_a_name_or_a_number_finds_the_case(client: Client):
    anna = refer("Anna Birch")
    refer("Bea Cedar")
    for search in ("birch", anna.reference, anna.reference.lower(), "  Anna "):
        said = read(client, crew().worker, f"/caseload/?search={search}")
        assert "Anna Birch" in said
        assert "Bea Cedar" not in said
    none = read(client, crew().worker, "/caseload/?search=nobody")
    assert "No case fits" in none
    assert "Show everything" in none


def test_a_closed_case_is_found_by_its_stage_and_is_not_on_the_usual_list(client: Client):
    case_at("closed", full_name="Gone Away")
    assert "Gone Away" not in read(client, crew().worker, "/caseload/")
    assert "Gone Away" in read(client, crew().worker, "/caseload/?stage=closed")


@pytest.mark.parametrize(
    "nonsense",
    [
        "scope=everything",
        "stage=burnt",
        "page=999",
        "page=x",
        "worker=x",
        "search=%00",
        "scope=team",
    ],
)
def test_nonsense_in_the_address_is_left_out(nonsense: str, client: Client):
    refer("Anna Birch")
    answer = page(client, crew().worker, f"/caseload/?{nonsense}")
    assert answer.status_code == 200


def test_each_role_has_its_own_lists(client: Client):
    case_at("escalated", full_name="Petra Plan")
    staff = crew()
    worker = read(client, staff.worker, "/caseload/")
    assert "My cases (1) Nobody has (0)" in worker
    assert "Plans to decide" not in worker
    manager = read(client, staff.manager, "/caseload/")
    assert manager.startswith("My team’s cases")
    assert "My team (1) Plans to decide (1) Nobody has (0)" in manager
    panel = read(client, staff.panel, "/caseload/")
    assert panel.startswith("Plans that wait for your decision")
    assert "No plan waits for you" in panel
    assert "Refer a person" not in panel
    assert "Refer a person" in worker


def test_plans_that_wait_for_a_decision_are_one_click_away(client: Client):
    case = case_at("escalated", full_name="Petra Plan")
    found = page(client, crew().manager, "/caseload/?scope=decide").content.decode()
    assert "Petra Plan" in found
    assert f'href="/cases/{case.reference}/plan/"' in found
    assert "Look at the plan" in found


def test_challenges_wait_on_the_desk_of_whoever_may_consider_them(client: Client):
    case = case_at("not_eligible", full_name="Victor Weth")
    challenge = challenged(case)
    staff = crew()
    for who in (staff.manager, staff.panel):
        found = page(client, who, "/caseload/").content.decode()
        assert f"/cases/{case.reference}/challenge/{challenge.reference}/" in found
        assert "Nobody looks at it yet." in found
    assert challenge.reference not in page(client, staff.worker, "/caseload/").content.decode()


def test_who_made_the_decision_does_not_see_its_challenge_to_consider(client: Client):
    case = case_at("not_eligible", full_name="Victor Weth")
    challenge = challenged(case)
    give_role(user=crew().worker, role="manager", team=case.team)
    assert challenge.reference not in page(client, crew().worker, "/caseload/").content.decode()


def test_a_case_that_nobody_has_can_be_taken(client: Client):
    case = ask()
    found = page(client, crew().worker, "/caseload/?scope=unassigned").content.decode()
    assert "Edna Marsh" in found
    assert f'href="/cases/{case.reference}/take/"' in found
    managed = page(client, crew().manager, "/caseload/?scope=unassigned").content.decode()
    assert f'href="/cases/{case.reference}/assign/"' in managed
    take_case(case=case, by=crew().worker)
    assert "Every case has a worker" in read(client, crew().worker, "/caseload/?scope=unassigned")


def test_an_empty_list_says_what_to_do(client: Client):
    said = read(client, crew().worker, "/caseload/")
    assert "You have no cases here" in said
    assert "Take one that nobody has, or refer a person." in said


def test_the_manager_sees_who_has_how_many_and_how_many_are_late(client: Client):
    staff = crew()
    idle = UserFactory(role="worker", team=staff_team(), full_name="Idle Hands")
    for name in ("Anna Birch", "Bea Cedar", "Cora Dale"):
        late(refer(name)) if name != "Cora Dale" else refer(name)
    said = read(client, staff.manager, "/caseload/")
    assert "Who has how many" in said
    assert "The worker 0 3, 2 late" in said
    assert "Idle Hands 0" in said
    only = read(client, staff.manager, f"/caseload/?scope=team&worker={staff.worker.public_id}")
    assert "3 cases" in only
    none = read(client, staff.manager, f"/caseload/?scope=team&worker={idle.public_id}")
    assert "No case fits" in none
    assert "Who has how many" not in read(client, staff.worker, "/caseload/")


def staff_team():
    return crew().worker.role_holdings.get(role="worker").team


def test_a_provider_that_said_no_puts_the_case_on_the_workers_list_of_things_to_do(client: Client):
    case = case_at("agreed")
    assert "0 for you to do now" in read(client, crew().worker, "/caseload/")
    declined(case)
    said = read(client, crew().worker, "/caseload/")
    assert "1 for you to do now" in said
    assert "Help find another provider" in said
    other = crew(1).worker
    assert "Help find another provider" not in read(client, other, "/caseload/")


def test_the_workers_own_family_is_not_on_the_list(client: Client):
    case = refer("Aunt Alice")
    other = refer("Bea Cedar")
    FamilyTie.objects.create(user=crew().manager, person=case.person, relationship="nephew")
    said = read(client, crew().manager, "/caseload/")
    assert "Aunt Alice" not in said
    assert other.person.full_name in said


def test_forty_cases_have_pages_and_take_no_more_queries_than_five(client: Client):
    staff = crew()
    for stage in ("submitted", "eligible", "awaiting_agreement", "agreed", "live"):
        case_at(stage, full_name=f"At {stage.title()}")
    few = {who: queries(client, who, "/caseload/") for who in (staff.worker, staff.manager)}
    for n in range(35):
        refer(f"Person Number {n}")
    for who, before in few.items():
        for path in ("/caseload/", "/caseload/?page=2"):
            assert queries(client, who, path) <= before
    said = read(client, staff.worker, "/caseload/")
    assert "40 cases" in said
    assert "Page 1 of 2" in said
    second = read(client, staff.worker, "/caseload/?scope=mine&page=2")
    assert "Page 2 of 2" in second
    found = page(client, staff.worker, "/caseload/?scope=mine&search=Number").content.decode()
    assert "scope=mine&amp;search=Number&amp;page=2" in found


def test_who_may_open_the_caseload(client: Client):
    case = CaseFactory(stage="referred")
    for who in (
        client_of(case),
        UserFactory(role="auditor"),
        UserFactory(role="finance_officer"),
        UserFactory(role="provider"),
    ):
        assert page(client, who, "/caseload/").status_code == 404
    assert page(client, None, "/caseload/").status_code == 302

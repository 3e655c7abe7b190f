"""The case as staff see it: at every stage, by role; and closing it with a reason."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client

from carebudget import clock
from carebudget.desks.selectors.case import age_of
from carebudget.people.models import FamilyTie, Representation
from plans.models import PlanState, Stage, StageVisit
from plans.services import answer_challenge, take_up_challenge
from tests.desks.desk_world import (
    EVERY_STAGE,
    again,
    case_at,
    challenged,
    declined,
    page,
    post,
    queries,
    read,
    words,
)
from tests.factories.worlds import (
    AgreementFactory,
    CaseFactory,
    InvoiceFactory,
    UserFactory,
    client_of,
    crew,
)

pytestmark = pytest.mark.django_db

TO_DO = {
    "referred": ("Start the assessment", "start/"),
    "submitted": ("Check the answers", "assessment/"),
    "verified": ("Decide eligibility", "decide/"),
    "eligible": ("Confirm the budget", "budget/"),
    "awaiting_agreement": ("Look at the plan", "plan/"),
}
CARDS = {
    "referred": (),
    "assessing": ("Assessment Being answered",),
    "submitted": ("Assessment To check",),
    "verified": ("Assessment Checked",),
    "not_eligible": ("Decision Not eligible",),
    "eligible": ("Decision Eligible", "Indicative budget Worked out"),
    "budgeted": ("Indicative budget Confirmed",),
    "planning": ("Plan Being written",),
    "awaiting_agreement": ("Plan With the council",),
    "returned": ("Plan Back with Margaret",),
    "escalated": ("Plan With the council",),
    "agreed": ("Plan Agreed", "Support Being set up", "Money £"),
    "live": ("Plan In use", "Support Running", "Invoices None to confirm", "Money £"),
    "reviewing": ("Plan In use", "Support Running"),
    "closed": ("Plan Ended", "Money £"),
}


def desk(case) -> str:
    return f"/cases/{case.reference}/"


@pytest.mark.parametrize("stage", EVERY_STAGE)
def test_the_worker_sees_at_every_stage_what_to_do_and_how_each_part_stands(
    stage: str, client: Client
):
    case = case_at(stage)
    answer = page(client, crew().worker, desk(case))
    said = words(answer)
    if stage in TO_DO:
        title, href = TO_DO[stage]
        assert f"What to do now {title}" in said
        assert f'href="{desk(case)}{href}"' in answer.content.decode()
    elif stage == "closed":
        assert "This case is closed Margaret has moved to Shropshire." in said
    else:
        assert "Nothing for you to do now" in said
    for card in CARDS[stage]:
        assert card in said
    assert "What is difficult at the moment The stairs have become too much." in said
    assert "How long each stage took" in said


def test_every_link_of_the_case_leads_somewhere_for_everybody_who_may_see_it(client: Client):
    staff, auditor = crew(), UserFactory(role="auditor")
    readers = (staff.worker, staff.manager, staff.panel, auditor, crew(1).worker)
    for n, stage in enumerate(
        ("assessing", "eligible", "awaiting_agreement", "agreed", "live", "closed")
    ):
        case = case_at(stage, full_name=f"Person Number {n}")
        for who in readers:
            found = page(client, who, desk(case)).content.decode()
            main = found[found.index("<main") : found.index("</main>")]
            for href in set(re.findall(r'href="(/[^"#]*)', main)):
                answer = page(client, who, href)
                assert answer.status_code in (200, 302), f"{who}, {stage}: {href}"


def test_the_person_is_there_with_age_contact_and_needs(client: Client):
    case = case_at("assessing", helper=True)
    person = case.person
    person.phone, person.address = "01632 960 299", "4 Willow Terrace"
    person.needs_in_communication = "Large print, and speak to the left ear"
    person.save()
    said = read(client, crew().worker, desk(case))
    years = age_of(person.date_of_birth, clock.today())
    assert f"Age {years}, born" in said
    assert "01632 960 299" in said
    assert "4 Willow Terrace" in said
    assert "Large print, and speak to the left ear" in said
    assert "Daughter · family member" in said
    assert "Invite Margaret, or somebody who helps" in said


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        (date(1946, 4, 9), date(2026, 4, 8), 79),
        (date(1946, 4, 9), date(2026, 4, 9), 80),
        (date(1948, 2, 29), date(2026, 2, 28), 77),
        (date(1948, 2, 29), date(2026, 3, 1), 78),
    ],
)
def test_years_are_full_years(born: date, today: date, years: int):
    assert age_of(born, today) == years


def test_the_time_in_each_stage_stands_beside_the_usual(client: Client):
    case = case_at("eligible")
    StageVisit.objects.filter(case=case, stage="eligible").update(
        entered_at=clock.now() - timedelta(days=28), due_on=clock.today() - timedelta(days=21)
    )
    said = read(client, crew().worker, desk(case))
    table = said[said.index("How long each stage took") :]
    found = re.search(r"Working out the budget now (\d+), longer than usual 5", table)
    assert found
    assert 18 <= int(found[1]) <= 20
    assert "This was due on" in said


def test_a_provider_that_said_no_is_the_workers_next_action(client: Client):
    case = case_at("agreed")
    refused = declined(case)
    said = read(client, crew().worker, desk(case))
    assert f"Help find another provider {refused[0].provider.name} said no to Margaret." in said
    assert "Support Declined" in said


def test_a_challenge_is_a_card_and_leads_to_the_answer_for_who_may_give_it(client: Client):
    case = case_at("not_eligible")
    challenge = challenged(case)
    answer = f"/cases/{case.reference}/challenge/{challenge.reference}/"
    assert answer in page(client, crew().manager, desk(case)).content.decode()
    seen = page(client, crew().worker, desk(case)).content.decode()
    assert answer not in seen
    assert f"/my-budget/{case.reference}/challenge/" in seen
    take_up_challenge(challenge=challenge, by=crew().manager)
    assert "The manager 0 looks at it." in read(client, crew().worker, desk(case))
    answer_challenge(challenge=challenge, upheld=False, answer="It stands.", by=crew().manager)
    assert "Not upheld" in read(client, crew().worker, desk(case))
    assert "Answered by The manager 0 on" in read(client, crew().worker, desk(case))


def test_the_manager_may_give_the_case_to_somebody_else(client: Client):
    case = case_at("planning")
    assert (
        f'href="{desk(case)}assign/"' in page(client, crew().manager, desk(case)).content.decode()
    )
    assert (
        f'href="{desk(case)}assign/"'
        not in page(client, crew().worker, desk(case)).content.decode()
    )


def test_somebody_elses_case_is_read_without_buttons(client: Client):
    case = case_at("eligible")
    said = read(client, crew(1).worker, desk(case))
    assert "Nothing for you to do now The worker 0 has this case." in said
    assert "Close this case" not in said
    assert "Confirm the budget" not in said


def test_an_auditor_reads_everything_and_changes_nothing(client: Client):
    invoice = InvoiceFactory(state="approved")
    case = again(invoice.case)
    auditor = UserFactory(role="auditor")
    said = read(client, auditor, desk(case))
    assert "Money £" in said
    assert "Invoices None to confirm" in said
    for act in ("Close this case", "Give it to", "Invite ", "Take this case"):
        assert act not in said
    assert page(client, auditor, desk(case) + "close/").status_code == 404
    assert post(client, auditor, desk(case) + "close/", step="send", reason="x").status_code == 404


def test_the_panel_reads_the_case_without_the_money(client: Client):
    invoice = InvoiceFactory()
    said = read(client, crew().panel, desk(invoice.case))
    assert "Plan In use" in said
    assert "See every figure" not in said
    assert "See the invoices" not in said


def test_who_may_not_see_the_case(client: Client):
    case = case_at("live", helper=True)
    provider_side = UserFactory(role="provider")
    for who in (client_of(case), provider_side, UserFactory(role="finance_officer")):
        assert page(client, who, desk(case)).status_code == 404
    assert page(client, None, desk(case)).status_code == 302
    assert page(client, crew().worker, "/cases/CAS-NOBODY/").status_code == 404


def test_a_worker_whose_family_it_is_does_not_find_the_case(client: Client):
    case = case_at("live")
    staff = crew()
    FamilyTie.objects.create(user=staff.worker, person=case.person, relationship="nephew")
    for path in ("", "close/", "plan/", "assign/"):
        assert page(client, staff.worker, desk(case) + path).status_code == 404
    for path in ("story/", "support/", "money/", "invoices/"):
        assert page(client, staff.worker, f"/my-budget/{case.reference}/{path}").status_code == 404
    Representation.objects.create(
        person=case.person, user=staff.manager, kind="family", relationship="son"
    )
    assert page(client, staff.manager, desk(case)).status_code == 404
    assert page(client, staff.manager, f"/my-budget/{case.reference}/").status_code == 200


def test_the_case_takes_no_more_queries_when_more_has_happened(client: Client):
    agreement = AgreementFactory()
    InvoiceFactory(agreement=agreement)
    before = queries(client, crew().worker, desk(agreement.case))
    for _ in range(8):
        InvoiceFactory(agreement=agreement, state="approved")
    assert queries(client, crew().worker, desk(agreement.case)) == before


def close_page(case) -> str:
    return desk(case) + "close/"


def test_a_case_is_closed_with_a_reason_after_a_check(client: Client):
    invoice = InvoiceFactory()
    case = again(invoice.case)
    worker = crew().worker
    assert "Close the case of" in read(client, worker, close_page(case))
    check = words(post(client, worker, close_page(case), step="check", reason="Moved to Wales."))
    assert "Check before you close the case" in check
    assert "Moved to Wales." in check
    assert f"1 agreement with providers still runs: {invoice.provider.name}." in check
    assert "1 invoice waits for an answer." in check
    assert again(case).stage == Stage.LIVE
    sent = post(client, worker, close_page(case), step="send", reason="Moved to Wales.")
    assert sent.url == desk(case)
    assert "The case is closed." in words(client.get(sent.url))
    case = again(case)
    assert case.stage == Stage.CLOSED
    assert case.closing_reason == "Moved to Wales."
    assert case.plans.get().state == PlanState.ENDED


def test_no_case_is_closed_without_a_reason(client: Client):
    case = case_at("planning")
    for step in ("check", "send"):
        answer = post(client, crew().worker, close_page(case), step=step, reason="  ")
        assert answer.status_code == 200
        assert "Say why the case is closed." in words(answer)
        assert "<title>Error: " in answer.content.decode()
    assert again(case).stage == Stage.PLANNING


def test_changing_the_reason_keeps_what_was_typed(client: Client):
    case = case_at("planning")
    answer = post(client, crew().worker, close_page(case), step="change", reason="Moved to Wales.")
    assert "Moved to Wales." in answer.content.decode()
    assert "Continue" in words(answer)


def test_a_second_click_on_close_is_no_mistake(client: Client):
    case = case_at("planning")
    post(client, crew().worker, close_page(case), step="send", reason="Moved to Wales.")
    again_sent = post(
        client, crew().worker, close_page(case), step="send", reason="Moved to Wales."
    )
    assert again_sent.url == desk(case)
    assert "closed already" in words(client.get(again_sent.url))


def test_who_may_close_a_case(client: Client):
    case = case_at("planning")
    for who in (client_of(case), crew(1).worker, crew().panel, UserFactory(role="auditor")):
        assert page(client, who, close_page(case)).status_code == 404
        assert post(client, who, close_page(case), step="send", reason="Mine.").status_code == 404
    assert page(client, crew().manager, close_page(case)).status_code == 200
    assert again(case).stage == Stage.PLANNING
    assert CaseFactory(stage="referred").stage == Stage.REFERRED

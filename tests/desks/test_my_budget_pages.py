"""The person's own desk, at every stage, for themselves and for the daughter who helps."""

import pytest
from django.test import Client

from carebudget.people.models import FamilyTie
from payments import services as money
from plans.services import plan_document
from tests.desks.desk_world import (
    EVERY_STAGE,
    again,
    case_at,
    challenged,
    daughter_of,
    declined,
    page,
    queries,
    read,
)
from tests.factories.worlds import (
    AgreementFactory,
    CaseFactory,
    InvoiceFactory,
    UserFactory,
    client_of,
    crew,
    member_of,
)

pytestmark = pytest.mark.django_db

TO_DO = {
    "assessing": "Answer the questions",
    "not_eligible": "Read why",
    "budgeted": "See the budget and start planning",
    "planning": "Go on with your plan",
    "returned": "Change your plan",
    "agreed": "Set up your support",
}
SOMEBODY_ELSE = {
    "referred": "The worker 0 has it, since",
    "submitted": "The worker 0 has it, since",
    "verified": "The worker 0 has it, since",
    "eligible": "The worker 0 has it, since",
    "awaiting_agreement": "The worker 0 has it, since",
    "escalated": "A team manager has it, since",
    "live": "Support is running.",
    "reviewing": "The worker 0 has it, since",
}


def home(case) -> str:
    return f"/my-budget/{case.reference}/"


@pytest.mark.parametrize("stage", EVERY_STAGE)
def test_the_page_says_at_every_stage_what_is_to_be_done_or_who_has_it(stage: str, client: Client):
    case = case_at(stage)
    said = read(client, client_of(case), home(case))
    if stage in TO_DO:
        assert f"What to do now {TO_DO[stage]}" in said
        assert "Nothing for you to do now" not in said
    elif stage in SOMEBODY_ELSE:
        assert f"Nothing for you to do now {SOMEBODY_ELSE[stage]}" in said
        assert "What to do now" not in said
    else:
        assert "Nothing for you to do now This case is closed Margaret has moved" in said
        assert "ask for help, at any time" in said
    assert "Where things stand" in said
    assert "The worker 0" in said
    assert case.reference in said


@pytest.mark.parametrize("stage", EVERY_STAGE)
def test_the_daughter_reads_of_her_mother_never_of_herself(stage: str, client: Client):
    case = case_at(stage, helper=True)
    said = read(client, daughter_of(case), home(case))
    main = said.removeprefix("MA ").partition("What happened lately")[0]
    assert main.startswith(("Margaret’s budget", "Margaret’s request for support"))
    for wrong in (
        "Your budget",
        "Your plan",
        "your plan",
        "your budget",
        "your support",
        "your life",
    ):
        assert wrong not in main
    assert "Ruth Ashdown (you)" in main
    assert "Who has Margaret’s case" in main


@pytest.mark.parametrize(
    ("stage", "heading"),
    [
        ("assessing", "Your request for support"),
        ("budgeted", "Your budget"),
        ("live", "Your budget"),
    ],
)
def test_it_is_a_request_until_there_is_a_sum(stage: str, heading: str, client: Client):
    case = case_at(stage)
    found = page(client, client_of(case), home(case)).content.decode()
    assert f"<title>{heading} –" in found
    assert found.count("<h1") == 1


def test_the_stage_that_usually_takes_longer_says_how_long_and_by_when(client: Client):
    case = case_at("eligible")
    said = read(client, client_of(case), home(case))
    assert "This usually takes 5 working days: by " in said


def test_a_budget_that_is_told_shows_the_sum_before_there_is_a_plan(client: Client):
    case = case_at("budgeted")
    said = read(client, client_of(case), home(case))
    assert "How much there is for your support" in said
    assert "See how we worked it out" in said
    assert "free to use" not in said


def test_an_agreed_budget_shows_four_figures_each_with_a_link_that_opens_it(client: Client):
    invoice = InvoiceFactory()
    case = again(invoice.case)
    found = page(client, client_of(case), home(case)).content.decode()
    for figure in ("spent", "waiting", "promised", "free"):
        assert f'href="/my-budget/{case.reference}/money/#{figure}"' in found


def test_invoices_that_wait_for_a_yes_are_at_the_top_with_their_sums(client: Client):
    invoice = InvoiceFactory(state="received")
    case = again(invoice.case)
    said = read(client, client_of(case), home(case))
    assert "What to do now Look at an invoice" in said
    assert said.index("Waiting for your yes") < said.index("The money")
    assert invoice.provider.name in said
    assert "£20.00" in said


def test_two_invoices_are_counted_and_a_confirmed_one_waits_no_longer(client: Client):
    agreement = AgreementFactory()
    InvoiceFactory(agreement=agreement)
    InvoiceFactory(agreement=agreement)
    InvoiceFactory(agreement=agreement, state="confirmed")
    case = again(agreement.case)
    assert "What to do now Look at 2 invoices" in read(client, client_of(case), home(case))


def test_an_answered_question_is_named_on_the_desk(client: Client):
    invoice = InvoiceFactory()
    person = client_of(again(invoice.case))
    money.query_invoice(invoice=invoice, question="Who came?", by=person)
    assert "Waiting for your yes" not in read(client, person, home(invoice.case))
    money.answer_query(invoice=invoice, answer="Jo did.", by=member_of(invoice.provider))
    assert "Your question is answered." in read(client, person, home(invoice.case))


def test_while_providers_have_yet_to_answer_it_is_their_turn(client: Client):
    case = case_at("agreed")
    plan = case.plans.get()
    offered = money.offer_agreements(plan=plan, by=client_of(case))
    said = read(client, client_of(case), home(case))
    assert f"Nothing for you to do now {offered[0].provider.name} has been asked" in said


def test_a_provider_that_said_no_leads_to_asking_another(client: Client):
    case = case_at("agreed")
    refused = declined(case)
    said = read(client, client_of(case), home(case))
    assert f"What to do now Ask another provider {refused[0].provider.name} said no." in said


def test_after_a_no_the_words_are_kind_and_the_ways_on_are_there(client: Client):
    case = case_at("not_eligible")
    said = read(client, client_of(case), home(case))
    assert "We know that this is not what you hoped for." in said
    assert "ask us to look again" in said
    challenged(case)
    said = read(client, client_of(case), home(case))
    assert "You asked us to look again. See what came of it" in said
    assert "Received Whether I can have a budget" in said


def test_documents_are_the_letter_and_the_agreed_plan(client: Client):
    case = case_at("budgeted")
    letter = page(client, client_of(case), home(case)).content.decode()
    assert "Budget letter of" in letter
    assert "The agreed plan" not in letter
    agreed = case_at("agreed", full_name="Harold Ashdown")
    found = page(client, client_of(agreed), home(agreed)).content.decode()
    assert f'href="/my-budget/{agreed.reference}/plan/document/"' in found
    document = plan_document(plan=agreed.plans.get())
    found = page(client, client_of(agreed), home(agreed)).content.decode()
    assert f'href="/documents/{document.public_id}/"' in found
    assert page(client, client_of(agreed), f"/documents/{document.public_id}/").status_code == 200


def test_a_closed_case_keeps_its_money_plan_and_documents_readable(client: Client):
    case = case_at("closed")
    person = client_of(case)
    found = page(client, person, home(case)).content.decode()
    for path in ("money/", "invoices/", "plan/", "story/"):
        assert f'href="/my-budget/{case.reference}/{path}"' in found
        assert page(client, person, f"/my-budget/{case.reference}/{path}").status_code == 200
    assert "The agreed plan" in found


def test_every_link_on_the_desk_of_every_stage_leads_somewhere(client: Client):
    import re

    for n, stage in enumerate(EVERY_STAGE):
        case = case_at(stage, full_name=f"Person Number {n}")
        person = client_of(case)
        found = page(client, person, home(case)).content.decode()
        main = found[found.index("<main") : found.index("</main>")]
        for href in set(re.findall(r'href="(/[^"#]*)', main)):
            answer = page(client, person, href)
            assert answer.status_code in (200, 302), (
                f"{stage}: {href} answered {answer.status_code}"
            )


def test_another_familys_case_is_not_there(client: Client):
    case = case_at("live", helper=True)
    stranger = client_of(CaseFactory(stage="referred"))
    worker = crew().worker
    for path in ("", "support/", "invoices/", "money/", "story/"):
        assert page(client, stranger, home(case) + path).status_code == 404
    assert page(client, worker, home(case)).status_code == 404
    assert page(client, None, home(case)).status_code == 302
    assert page(client, stranger, "/my-budget/CAS-NOBODY/").status_code == 404


def test_a_helper_who_has_stopped_sees_nothing_any_more(client: Client):
    case = case_at("live", helper=True)
    ruth = daughter_of(case)
    assert page(client, ruth, home(case)).status_code == 200
    case.person.representations.update(ended_at=case.opened_at)
    assert page(client, ruth, home(case)).status_code == 404


def test_one_budget_opens_at_once(client: Client):
    case = case_at("planning")
    assert page(client, client_of(case), "/my-budget/").url == home(case)


def test_who_helps_two_parents_sees_both_with_what_is_next_and_what_is_left(client: Client):
    mother = case_at("live", helper=True)
    father = case_at("planning", full_name="Harold Ashdown")
    ruth = daughter_of(mother)
    father.person.representations.create(user=ruth, kind="family", relationship="daughter")
    InvoiceFactory(agreement=mother.agreements.get())
    said = read(client, ruth, "/my-budget/")
    assert "Margaret Ashdown" in said
    assert "Harold Ashdown" in said
    assert "To do: Look at an invoice" in said
    assert "To do: Go on with Harold’s plan" in said
    budget = mother.plans.get().personal_budget_pence
    assert f"left of £{budget // 100:,}.{budget % 100:02d}" in said


def test_the_list_of_people_takes_no_more_queries_for_more_people(client: Client):
    ruth = UserFactory(role="representative")

    def help_one(n: int, stage: str) -> None:
        case = case_at(stage, full_name=f"Person Number {n}")
        case.person.representations.create(user=ruth, kind="family", relationship="daughter")

    help_one(0, "live")
    help_one(1, "agreed")
    before = queries(client, ruth, "/my-budget/")
    for n, stage in enumerate(("live", "planning", "agreed", "budgeted", "referred"), start=2):
        help_one(n, stage)
    assert queries(client, ruth, "/my-budget/") == before


def test_nobody_s_budget_gives_kind_words_and_what_to_do(client: Client):
    said = read(client, UserFactory(role="representative"), "/my-budget/")
    assert "There is no budget here yet" in said
    assert "Ask for help" in said
    assert page(client, None, "/my-budget/").status_code == 302


def test_the_desk_takes_no_more_queries_when_more_has_happened(client: Client):
    agreement = AgreementFactory()
    InvoiceFactory(agreement=agreement)
    person = client_of(again(agreement.case))
    before = queries(client, person, home(agreement.case))
    for _ in range(8):
        InvoiceFactory(agreement=agreement, state="approved")
        InvoiceFactory(agreement=agreement)
    assert queries(client, person, home(agreement.case)) == before


def test_the_story_tells_what_was_done_with_reasons_and_says_repeated_acts_once(client: Client):
    case = case_at("returned", helper=True)
    for who in (client_of(case), daughter_of(case), crew().worker):
        said = read(client, who, f"/my-budget/{case.reference}/story/")
        assert "Say who comes at weekends." in said
        assert "returned the plan with a comment" in said
        assert "changed the plan (" in said
        assert "case awaiting agreement" not in said


def test_a_long_story_has_pages(client: Client):
    agreement = AgreementFactory()
    for _ in range(20):
        InvoiceFactory(agreement=agreement, state="approved")
    person = client_of(again(agreement.case))
    path = f"/my-budget/{agreement.case.reference}/story/"
    assert "Page 1 of 2" in read(client, person, path)
    assert "opened the case" in read(client, person, path + "?page=2")
    assert queries(client, person, path) == queries(client, person, path + "?page=2")


def test_a_declared_tie_to_staff_changes_nothing_for_the_person(client: Client):
    case = case_at("live")
    FamilyTie.objects.create(user=crew().worker, person=case.person, relationship="nephew")
    assert page(client, client_of(case), home(case)).status_code == 200
    assert page(client, crew().worker, f"/my-budget/{case.reference}/story/").status_code == 404

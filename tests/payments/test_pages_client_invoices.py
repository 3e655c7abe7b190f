"""Invoices as the person reads and answers them: yes, a question, or no; and what comes after."""

from typing import Any

import pytest
from django.test import Client

from payments import services as money
from payments.models import Invoice, InvoiceState
from tests.desks.desk_world import again, page, post, queries, read, words
from tests.factories.worlds import (
    AgreementFactory,
    CaseFactory,
    InvoiceFactory,
    UserFactory,
    approved_run,
    client_of,
    crew,
    finance,
    member_of,
)

pytestmark = pytest.mark.django_db


def path(invoice: Invoice) -> str:
    return f"/my-budget/{invoice.case.reference}/invoices/{invoice.reference}/"


def listing(invoice: Invoice) -> str:
    return f"/my-budget/{invoice.case.reference}/invoices/"


def person_of(invoice: Invoice) -> Any:
    return client_of(again(invoice.case))


def state_of(invoice: Invoice) -> str:
    return Invoice.objects.get(pk=invoice.pk).state


def test_an_invoice_says_who_what_for_how_much_and_what_is_left_after_it(client: Client):
    invoice = InvoiceFactory()
    said = read(client, person_of(invoice), path(invoice))
    agreement = invoice.agreement
    assert f"Invoice from {invoice.provider.name}" in said
    assert invoice.number in said
    assert "£20.00" in said
    assert "1 hour at £20.00" in said
    left = agreement.limit_pence - 2000
    assert f"Left of that after this £{left // 100:,}.{left % 100:02d}" in said
    budget = again(invoice.case).plans.get().personal_budget_pence - 2000
    assert f"Left in your budget after this £{budget // 100:,}.{budget % 100:02d}" in said
    for way in ("Yes, this is right", "I have a question", "This is wrong"):
        assert way in said


def test_yes_sends_it_to_the_council_and_says_what_happens_next(client: Client):
    invoice = InvoiceFactory()
    sent = post(client, person_of(invoice), path(invoice), act="confirm")
    assert sent.url == path(invoice)
    assert state_of(invoice) == InvoiceState.CONFIRMED
    said = words(client.get(sent.url))
    assert "You said that this invoice is right." in said
    assert "The finance team at the council checks it, and then it is paid." in said
    assert "Is this invoice right?" not in said


def test_the_daughter_answers_for_her_mother(client: Client):
    case = CaseFactory(stage="live", full_name="Margaret Ashdown", helper=True, level="low")
    invoice = InvoiceFactory(agreement=case.agreements.first())
    ruth = case.person.representations.get().user
    said = read(client, ruth, path(invoice))
    assert "Left in Margaret’s budget after this" in said
    assert "your budget" not in said
    post(client, ruth, path(invoice), act="confirm")
    assert Invoice.objects.get(pk=invoice.pk).confirmed_by == ruth


def test_a_question_goes_to_the_provider_and_its_answer_is_shown(client: Client):
    invoice = InvoiceFactory()
    person = person_of(invoice)
    sent = post(client, person, path(invoice), act="query", question="Who came on Tuesday?")
    assert state_of(invoice) == InvoiceState.QUERIED
    said = words(client.get(sent.url))
    assert f"Your question is with {invoice.provider.name}." in said
    assert "Who came on Tuesday?" in said
    assert f"{invoice.provider.name} has the question, and answers here." in said
    assert "I have a question" not in said
    assert "Yes, this is right" in said
    money.answer_query(invoice=invoice, answer="Jo came, at nine.", by=member_of(invoice.provider))
    said = read(client, person, path(invoice))
    assert "Jo came, at nine." in said
    assert said.index("Who came on Tuesday?") < said.index("Jo came, at nine.")
    assert "I have a question" in said


def test_a_second_question_stands_after_the_first_with_its_own_answer(client: Client):
    invoice = InvoiceFactory()
    person = person_of(invoice)
    post(client, person, path(invoice), act="query", question="Who came?")
    money.answer_query(invoice=invoice, answer="Jo did.", by=member_of(invoice.provider))
    post(client, person, path(invoice), act="query", question="Until when?")
    said = read(client, person, path(invoice))
    order = [said.index(one) for one in ("Who came?", "Jo did.", "Until when?")]
    assert order == sorted(order)


def test_what_is_wrong_is_told_and_nothing_is_paid_until_it_is_settled(client: Client):
    invoice = InvoiceFactory()
    person = person_of(invoice)
    sent = post(client, person, path(invoice), act="dispute", reason="Nobody came.")
    assert state_of(invoice) == InvoiceState.DISPUTED
    said = words(client.get(sent.url))
    assert "Nobody came." in said
    assert "Nothing is paid until it is settled." in said
    assert "Yes, it is right after all" in said
    post(client, person, path(invoice), act="confirm")
    assert state_of(invoice) == InvoiceState.CONFIRMED


@pytest.mark.parametrize(
    ("act", "sentence"),
    [("query", "Write your question."), ("dispute", "Say what is wrong with it.")],
)
def test_no_words_is_refused_beside_the_field_and_nothing_changes(
    act: str, sentence: str, client: Client
):
    invoice = InvoiceFactory()
    answer = post(client, person_of(invoice), path(invoice), act=act, question=" ", reason=" ")
    assert answer.status_code == 200
    assert words(answer).count(sentence) == 2
    assert "<title>Error: " in answer.content.decode()
    assert state_of(invoice) == InvoiceState.RECEIVED


def test_words_too_many_are_refused_and_kept(client: Client):
    invoice = InvoiceFactory()
    long = "why " * 600
    answer = post(client, person_of(invoice), path(invoice), act="query", question=long)
    assert answer.status_code == 200
    assert "why why why" in answer.content.decode()
    assert state_of(invoice) == InvoiceState.RECEIVED


@pytest.mark.parametrize(
    ("act", "typed"),
    [("confirm", {}), ("query", {"question": "Who?"}), ("dispute", {"reason": "Nobody came."})],
)
def test_the_second_click_of_a_double_click_is_no_mistake(act: str, typed: dict, client: Client):
    invoice = InvoiceFactory()
    person = person_of(invoice)
    post(client, person, path(invoice), act=act, **typed)
    second = post(client, person, path(invoice), act=act, **typed)
    assert second.url == path(invoice)
    said = words(client.get(second.url))
    assert "You have said this already." in said


def test_saying_no_after_a_yes_is_told_that_it_has_moved_on_and_the_words_are_kept(client: Client):
    invoice = InvoiceFactory(state="confirmed")
    answer = post(client, person_of(invoice), path(invoice), act="dispute", reason="I was away.")
    assert answer.status_code == 200
    said = words(answer)
    assert "This is now “Confirmed by the person”, so it has already moved on." in said
    assert "It was not sent." in said
    assert "I was away." in said
    assert state_of(invoice) == InvoiceState.CONFIRMED


def test_an_unknown_answer_changes_nothing(client: Client):
    invoice = InvoiceFactory()
    assert post(client, person_of(invoice), path(invoice), act="burn").status_code == 200
    assert state_of(invoice) == InvoiceState.RECEIVED


def test_an_approved_invoice_is_paid_in_the_next_run(client: Client):
    invoice = InvoiceFactory(state="approved")
    said = read(client, person_of(invoice), path(invoice))
    assert "To be paid" in said
    assert "It is paid in the next payment run." in said
    assert "Is this invoice right?" not in said


def test_in_a_run_it_says_so_with_the_reference(stripe_sandbox: Any, client: Client):
    invoice = InvoiceFactory(state="approved", payable=True)
    officer, _ = finance()
    run = money.make_run(by=officer)
    said = read(client, person_of(invoice), path(invoice))
    assert f"In payment run {run.reference}, which a second person checks." in said
    assert run.payments.get().reference in said


def test_a_rejected_invoice_says_why_and_that_its_money_is_free_again(client: Client):
    invoice = InvoiceFactory(state="rejected")
    said = read(client, person_of(invoice), path(invoice))
    assert "Not accepted" in said
    assert "Not ours." in said
    assert "its money is free again" in said


def test_the_list_shows_what_waits_and_all_of_them(client: Client):
    agreement = AgreementFactory()
    waiting = InvoiceFactory(agreement=agreement)
    done = InvoiceFactory(agreement=agreement, state="approved")
    person = person_of(waiting)
    only = page(client, person, listing(waiting) + "?show=waiting").content.decode()
    assert path(waiting) in only
    assert path(done) not in only
    everything = page(client, person, listing(waiting)).content.decode()
    assert path(waiting) in everything
    assert path(done) in everything
    assert "Waiting for you (1)" in words(page(client, person, listing(waiting)))


def test_empty_lists_say_what_to_do(client: Client):
    agreement = AgreementFactory()
    person = client_of(again(agreement.case))
    base = f"/my-budget/{agreement.case.reference}/invoices/"
    assert "Nothing waits for an answer" in read(client, person, base + "?show=waiting")
    assert "No invoices yet" in read(client, person, base)


def test_many_invoices_have_pages_and_take_no_more_queries(client: Client):
    agreement = AgreementFactory()
    first = InvoiceFactory(agreement=agreement)
    person = person_of(first)
    before = queries(client, person, listing(first))
    waiting = queries(client, person, listing(first) + "?show=waiting")
    for _ in range(24):
        InvoiceFactory(agreement=agreement)
    assert queries(client, person, listing(first)) == before
    assert queries(client, person, listing(first) + "?show=waiting") == waiting
    assert "Page 1 of 2" in read(client, person, listing(first))
    found = page(client, person, listing(first) + "?show=waiting").content.decode()
    assert "show=waiting&amp;page=2" in found


def test_another_familys_invoice_is_not_there(client: Client):
    invoice = InvoiceFactory()
    other = CaseFactory(stage="live", full_name="Other Person", level="low")
    stranger = client_of(other)
    assert page(client, stranger, path(invoice)).status_code == 404
    assert post(client, stranger, path(invoice), act="confirm").status_code == 404
    smuggled = f"/my-budget/{other.reference}/invoices/{invoice.reference}/"
    assert page(client, stranger, smuggled).status_code == 404
    assert post(client, stranger, smuggled, act="confirm").status_code == 404
    assert page(client, None, path(invoice)).status_code == 302
    assert state_of(invoice) == InvoiceState.RECEIVED


def test_staff_read_the_invoice_and_cannot_answer_for_the_person(client: Client):
    invoice = InvoiceFactory()
    officer, _ = finance()
    for who in (crew().worker, crew().manager, officer, UserFactory(role="auditor")):
        said = read(client, who, path(invoice))
        assert "Waiting for a yes" in said
        assert "Yes, this is right" not in said
        assert post(client, who, path(invoice), act="confirm").status_code == 404
    for who in (member_of(invoice.provider), crew(1).worker, crew().panel):
        assert page(client, who, path(invoice)).status_code == 404
    assert state_of(invoice) == InvoiceState.RECEIVED


@pytest.mark.django_db(transaction=True)
def test_a_paid_invoice_shows_the_payment_reference(stripe_sandbox: Any, client: Client):
    run = approved_run(1)
    for _ in range(3):
        money.send_due()
    payment = run.payments.get()
    invoice = Invoice.objects.get(pk=payment.invoice_id)
    assert invoice.state == InvoiceState.PAID
    person = person_of(invoice)
    said = read(client, person, path(invoice))
    assert "Paid" in said
    assert f"Sent to {invoice.provider.name} on" in said
    assert payment.reference in said
    figures = read(client, person, f"/my-budget/{invoice.case.reference}/money/")
    assert f"Reference {payment.reference}" in figures

"""Finance's invoices: found, approved one by one or together, rejected, and kept from family."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from payments import services
from payments.models import Invoice
from tests.factories.worlds import (
    AgreementFactory,
    InvoiceFactory,
    client_of,
    member_of,
)
from tests.payments.finance_world import (
    Finance,
    get,
    make_family,
    make_member,
    people,
    post,
    queries_at,
    sent,
)
from tests.plans.page_world import words

pytestmark = pytest.mark.django_db

LIST = "/payments/invoices/"


@pytest.fixture
def who(db: None) -> Finance:
    return people()


def page_of(invoice: Invoice) -> str:
    return f"{LIST}{invoice.reference}/"


def test_the_list_opens_with_what_waits_for_approval(who: Finance, client: Client) -> None:
    agreement = AgreementFactory()
    confirmed = InvoiceFactory(agreement=agreement, state="confirmed")
    received = InvoiceFactory(agreement=agreement)

    page = words(get(client, who.officer, LIST))

    assert confirmed.reference in page
    assert received.reference not in page
    assert "To approve (1)" in page
    assert "With the person (1)" in page
    assert f"1 invoice, £{confirmed.total_pence / 100:.2f}" in page


@pytest.mark.parametrize("by", ["reference", "number", "person", "provider", "case"])
def test_an_invoice_is_found_in_any_state_by_what_somebody_says(
    who: Finance, client: Client, by: str
) -> None:
    invoice = InvoiceFactory()
    other = InvoiceFactory(state="confirmed", agreement=AgreementFactory())
    said = {
        "reference": invoice.reference.lower(),
        "number": invoice.number,
        "person": invoice.case.person.full_name.upper(),
        "provider": invoice.provider.name,
        "case": invoice.case.reference,
    }[by]

    page = get(client, who.officer, LIST, q=f" {said} ", tab="").content.decode()

    assert page_of(invoice) in page
    assert page_of(other) not in page


def test_the_list_narrows_to_a_provider_and_orders_by_amount(who: Finance, client: Client) -> None:
    agreement = AgreementFactory()
    small = InvoiceFactory(agreement=agreement, state="confirmed")
    large = InvoiceFactory(agreement=agreement, state="confirmed", quantity=Decimal("2"))
    other = InvoiceFactory(state="confirmed")

    page = words(
        get(client, who.officer, LIST, provider=agreement.provider.reference, order="largest")
    )

    assert page.index(large.reference) < page.index(small.reference)
    assert other.reference not in page


def test_nothing_found_says_what_to_try(who: Finance, client: Client) -> None:
    page = words(get(client, who.officer, LIST, q="nobody at all"))

    assert "No invoice fits" in page
    assert "Try fewer words" in page


def test_a_filter_that_makes_no_sense_is_said_and_narrows_nothing(
    who: Finance, client: Client
) -> None:
    invoice = InvoiceFactory(state="confirmed")

    response = get(client, who.officer, LIST, provider="PRV-NOBODY", tab="nonsense", page="900")

    assert response.status_code == 200
    assert "<title>Error: Invoices" in response.content.decode()
    assert invoice.reference in words(response)


def test_several_are_approved_at_once_and_each_says_what_became_of_it(
    who: Finance, client: Client
) -> None:
    agreement = AgreementFactory()
    good = [InvoiceFactory(agreement=agreement, state="confirmed") for _ in range(2)]
    not_yet = InvoiceFactory(agreement=agreement)

    response = post(
        client, who.officer, LIST, invoices=[*(one.reference for one in good), not_yet.reference]
    )

    page = words(response)
    assert "2 of 3 approved" in page
    assert f"Not approved {not_yet.reference}" in page
    assert "This invoice is “Waiting for the person to confirm”." in page
    assert "It can be approved once the person has confirmed it." in page
    assert [Invoice.objects.get(pk=one.pk).state for one in good] == ["approved", "approved"]
    assert Invoice.objects.get(pk=not_yet.pk).state == "received"


def test_sending_the_same_ticks_twice_approves_once_and_says_so(
    who: Finance, client: Client
) -> None:
    invoice = InvoiceFactory(state="confirmed")
    post(client, who.officer, LIST, invoices=[invoice.reference])
    entry = Invoice.objects.get(pk=invoice.pk).entry_id

    again = words(post(client, who.officer, LIST, invoices=[invoice.reference]))

    assert "Nothing was approved" in again
    assert "It was approved already, by you." in again
    assert Invoice.objects.get(pk=invoice.pk).entry_id == entry
    assert services.verify_ledger().holds


def test_approving_nothing_asks_for_a_choice(who: Finance, client: Client) -> None:
    InvoiceFactory(state="confirmed")

    page = words(post(client, who.officer, LIST))

    assert "Choose at least one invoice to approve." in page
    assert "There is a problem" in page


def test_references_that_are_none_are_named_and_hold_up_nothing(
    who: Finance, client: Client
) -> None:
    invoice = InvoiceFactory(state="confirmed")

    page = words(
        post(client, who.officer, LIST, invoices=["INV-NONE", "x\x00y", invoice.reference])
    )

    assert "1 of 3 approved" in page
    assert page.count("There is no such invoice.") == 2


def test_too_many_at_once_are_refused_in_words(who: Finance, client: Client) -> None:
    page = words(post(client, who.officer, LIST, invoices=[f"INV-{n}" for n in range(101)]))

    assert "Choose at most 100 invoices at a time." in page


def test_all_on_the_page_can_be_ticked_without_javascript(who: Finance, client: Client) -> None:
    InvoiceFactory(state="confirmed")

    assert " checked" not in get(client, who.officer, LIST).content.decode()
    assert " checked" in get(client, who.officer, LIST, tick="all").content.decode()


def test_the_page_shows_the_invoice_beside_what_was_agreed_and_what_is_left(
    who: Finance, client: Client
) -> None:
    invoice = InvoiceFactory(state="confirmed", quantity=Decimal("1.50"))
    left = invoice.agreement.limit_pence

    page = words(get(client, who.officer, page_of(invoice)))

    assert f"{invoice.provider.name}, for {invoice.case.person.full_name}" in page
    assert f"Price£{invoice.agreement.rate_pence / 100:.2f} per {invoice.agreement.unit}" in page
    assert "This invoice1.5" in page
    assert f"Left before this invoice£{left / 100:,.2f}" in page
    assert f"Left after it£{(left - invoice.total_pence) / 100:,.2f}" in page
    assert f"{client_of(invoice.case).full_name} confirmed that the support was given" in page
    assert f"its £{invoice.total_pence / 100:.2f} is held" in page
    assert "version 1" in page


def test_approving_says_what_happens_next(who: Finance, client: Client) -> None:
    agreement = AgreementFactory()
    invoice = InvoiceFactory(agreement=agreement, state="confirmed")
    following = InvoiceFactory(agreement=agreement, state="confirmed")

    done = post(client, who.officer, page_of(invoice), act="approve")

    assert done.url == page_of(invoice)
    page = words(client.get(done.url))
    assert f"{invoice.reference} is approved. £20.00 goes into the next run." in page
    assert "Approve £20.00" not in page
    assert f"Next to approve: {following.provider.name}" in page


def test_approving_twice_changes_nothing(who: Finance, client: Client) -> None:
    invoice = InvoiceFactory(state="confirmed")
    post(client, who.officer, page_of(invoice), act="approve")

    assert post(client, who.officer, page_of(invoice), act="approve").status_code == 302
    assert services.verify_ledger().holds


def test_an_invoice_that_is_not_confirmed_cannot_be_approved(who: Finance, client: Client) -> None:
    invoice = InvoiceFactory()

    shown = words(get(client, who.officer, page_of(invoice)))
    answer = post(client, who.officer, page_of(invoice), act="approve")

    assert "It cannot be approved before." in shown
    assert "It can be approved once the person has confirmed it." in words(answer)
    assert "<title>Error: Invoice" in answer.content.decode()


def test_a_rejection_needs_a_reason_that_the_provider_reads(who: Finance, client: Client) -> None:
    invoice = InvoiceFactory(state="confirmed")

    without = post(client, who.officer, page_of(invoice), act="reject", reason=" ")
    done = post(client, who.officer, page_of(invoice), act="reject", reason="Twice the hours.")

    assert "Give a reason." in words(without)
    page = words(client.get(done.url))
    assert "has been told why, and the money is free again." in page
    assert "Twice the hours." in page
    invoice.refresh_from_db()
    assert invoice.state == "rejected"
    told = member_of(invoice.provider).notify_messages.latest("created_at")
    assert "Twice the hours." in told.body


def test_a_rejection_that_comes_too_late_keeps_the_words(who: Finance, client: Client) -> None:
    invoice = InvoiceFactory(state="approved")

    answer = post(client, who.officer, page_of(invoice), act="reject", reason="My long reason.")

    page = words(answer)
    assert "has already moved on" in page
    assert "What you wrote" in page
    assert "My long reason." in page


def test_a_question_and_its_answer_are_shown(who: Finance, client: Client) -> None:
    invoice = InvoiceFactory()
    services.query_invoice(
        invoice=invoice, question="Were you here on Tuesday?", by=client_of(invoice.case)
    )
    services.answer_query(invoice=invoice, answer="Yes, from nine.", by=member_of(invoice.provider))

    page = words(get(client, who.officer, page_of(invoice)))

    assert "Were you here on Tuesday?" in page
    assert "Yes, from nine." in page


def test_a_paid_invoice_shows_its_payments(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    invoice = InvoiceFactory(payable=True, state="approved")
    run = services.submit_run(run=services.make_run(by=who.officer), by=who.officer)
    payment = sent(run).payments.get()

    page = words(get(client, who.officer, page_of(invoice)))

    assert f"How it was paid {payment.reference}In run {run.reference}" in page
    assert "sent the payment" in page


def test_own_family_and_own_firm_do_not_exist(who: Finance, client: Client) -> None:
    familys, firms = InvoiceFactory(state="confirmed"), InvoiceFactory(state="confirmed")
    make_family(who.officer, familys)
    make_member(who.officer, firms)

    for invoice in (familys, firms):
        assert get(client, who.officer, page_of(invoice)).status_code == 404
        assert post(client, who.officer, page_of(invoice), act="approve").status_code == 404
        assert get(client, who.manager, page_of(invoice)).status_code == 200
    assert "No invoice waits for approval" in words(get(client, who.officer, LIST))
    several = words(post(client, who.officer, LIST, invoices=[familys.reference]))
    assert "There is no such invoice." in several
    assert not Invoice.objects.filter(state="approved").exists()


def test_the_auditor_reads_everything_and_changes_nothing(who: Finance, client: Client) -> None:
    invoice = InvoiceFactory(state="confirmed")

    listed = get(client, who.auditor, LIST)
    shown = get(client, who.auditor, page_of(invoice))

    assert 'type="checkbox"' not in listed.content.decode()
    assert "Approve £" not in words(shown)
    assert "Reject" not in words(shown)
    assert post(client, who.auditor, LIST, invoices=[invoice.reference]).status_code == 404
    for act in ("approve", "reject"):
        answer = post(client, who.auditor, page_of(invoice), act=act, reason="Mine.")
        assert answer.status_code == 404
    invoice.refresh_from_db()
    assert invoice.state == "confirmed"


def test_nobody_else_opens_finances_invoices(who: Finance, client: Client) -> None:
    invoice = InvoiceFactory(state="confirmed")
    for other in (who.stranger, client_of(invoice.case), member_of(invoice.provider)):
        assert get(client, other, LIST).status_code == 404
        assert get(client, other, page_of(invoice)).status_code == 404
    assert get(client, None, page_of(invoice)).status_code == 302
    for none in ("INV-NOBODY", "INV%00"):
        assert get(client, who.officer, f"{LIST}{none}/").status_code == 404


def test_more_invoices_take_no_more_queries(who: Finance, client: Client) -> None:
    first = InvoiceFactory(state="confirmed")
    list_before = queries_at(client, who.officer, LIST)
    page_before = queries_at(client, who.officer, page_of(first))
    for _ in range(2):
        InvoiceFactory(state="confirmed")
    for _ in range(6):
        InvoiceFactory(agreement=first.agreement, state="confirmed")

    assert queries_at(client, who.officer, LIST) == list_before
    assert queries_at(client, who.officer, page_of(first)) <= page_before + 1


def test_the_list_is_paginated(
    who: Finance, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement = AgreementFactory()
    made = [InvoiceFactory(agreement=agreement, state="confirmed") for _ in range(3)]
    monkeypatch.setattr("payments.views.lists.page_of.__defaults__", (2,))

    first = words(get(client, who.officer, LIST))
    second = words(get(client, who.officer, LIST, page=2))

    assert "Page 1 of 2" in first
    assert made[2].reference not in first
    assert made[2].reference in second

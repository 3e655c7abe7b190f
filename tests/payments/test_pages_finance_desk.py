"""Finance's desk: what waits first for whom, where each thing leads, and who may look."""

from typing import Any

import pytest
from django.test import Client

from payments import services
from tests.factories.worlds import AgreementFactory, InvoiceFactory
from tests.payments.finance_world import (
    Finance,
    approved,
    bank_line,
    brought,
    draft_run,
    get,
    lost_payment,
    make_family,
    people,
    queries_at,
    refused_payment,
    sent,
)
from tests.plans.page_world import words

pytestmark = pytest.mark.django_db

DESK = "/payments/"


@pytest.fixture
def who(db: None) -> Finance:
    return people()


def test_an_empty_desk_says_that_nothing_waits(who: Finance, client: Client) -> None:
    page = words(get(client, who.officer, DESK))

    assert "Nothing for you to do now" in page
    assert "No run is over yet" in page


def test_the_officer_approves_invoices_first(who: Finance, client: Client) -> None:
    invoice = InvoiceFactory(state="confirmed")

    response = get(client, who.officer, DESK)

    assert "What to do now Approve 1 invoice £" in words(response)
    assert f'href="/payments/invoices/{invoice.reference}/"' in response.content.decode()


def test_several_invoices_lead_to_their_list_with_their_sum(who: Finance, client: Client) -> None:
    agreement = AgreementFactory()
    total = sum(
        InvoiceFactory(agreement=agreement, state="confirmed").total_pence for _ in range(2)
    )

    response = get(client, who.officer, DESK)

    assert f"Approve 2 invoices £{total / 100:,.2f}" in words(response)
    assert 'href="/payments/invoices/"' in response.content.decode()


def test_a_managers_first_thing_is_the_run_and_an_officers_is_not(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = draft_run(submitted=True)
    InvoiceFactory(state="confirmed")

    managers = get(client, who.manager, DESK)
    officers = words(get(client, who.officer, DESK))

    assert "What to do now Check 1 run" in words(managers)
    assert f'href="/payments/runs/{run.reference}/"' in managers.content.decode()
    assert "What to do now Approve 1 invoice" in officers
    assert "Waits for somebody else 1 run waits for a second person" in officers


def test_a_manager_who_made_the_run_waits_for_somebody_else(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    draft_run(by=who.manager, submitted=True)

    page = words(get(client, who.manager, DESK))

    assert "Check 1 run" not in page
    assert "1 run waits for a second person" in page


def test_a_refused_payment_is_to_be_mended(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payment = refused_payment(draft_run(submitted=True))

    response = get(client, who.officer, DESK)

    assert "Mend 1 payment" in words(response)
    assert f'href="/payments/payment/{payment.reference}/"' in response.content.decode()


def test_a_payment_without_an_answer_comes_first_for_the_manager(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payment = lost_payment(draft_run(submitted=True))

    response = get(client, who.manager, DESK)

    assert "What to do now Look at 1 payment without an answer" in words(response)
    assert f'href="/payments/payment/{payment.reference}/"' in response.content.decode()


def test_what_is_due_a_draft_a_held_statement_and_open_lines_all_wait(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    draft_run()
    InvoiceFactory(state="approved")
    brought(bank_line(1234), statement_id="A", name="a.xml")
    brought(bank_line(-70), statement_id="B", missing_pence=5, name="b.xml")

    page = words(get(client, who.officer, DESK))

    for expected in (
        "Make a run of 1 invoice",
        "Finish 1 run",
        "Decide about 1 statement",
        "Explain 1 statement line",
    ):
        assert expected in page


def test_runs_that_are_going_show_how_far_they_are(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = approved(draft_run(2, submitted=True))

    page = words(get(client, who.officer, DESK))

    assert f"Being sent now {run.reference} 0 of 2 payments answered" in page


def test_the_last_runs_are_listed(who: Finance, client: Client, stripe_sandbox: Any) -> None:
    run = sent(draft_run(submitted=True))

    assert f"The last runs {run.reference} 1 payment, made by The officer" in words(
        get(client, who.officer, DESK)
    )


def test_the_auditor_reads_the_same_without_being_told_to_act(who: Finance, client: Client) -> None:
    InvoiceFactory(state="confirmed")

    page = words(get(client, who.auditor, DESK))

    assert "1 invoice waits for approval" in page
    assert "What to do now" not in page
    assert "Approve 1 invoice" not in page


def test_own_family_is_not_counted(who: Finance, client: Client) -> None:
    make_family(who.officer, InvoiceFactory(state="confirmed"))

    assert "Nothing for you to do now" in words(get(client, who.officer, DESK))
    assert "Approve 1 invoice" in words(get(client, who.manager, DESK))


def test_a_reference_leads_straight_to_its_page(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = draft_run(submitted=True)
    payment = run.payments.get()
    assert payment.invoice is not None

    for reference, place in (
        (payment.reference.lower(), f"/payments/payment/{payment.reference}/"),
        (run.reference, f"/payments/runs/{run.reference}/"),
        (payment.invoice.reference, f"/payments/invoices/{payment.invoice.reference}/"),
        ("Smith & Sons", "/payments/invoices/?q=Smith+%26+Sons&tab=all"),
        ("PAY-222222", "/payments/invoices/?q=PAY-222222&tab=all"),
    ):
        assert get(client, who.officer, DESK, q=reference).url == place


def test_words_that_no_database_takes_find_nothing(who: Finance, client: Client) -> None:
    assert get(client, who.officer, DESK, q="INV\x00").status_code == 200


def test_only_finance_and_the_auditor_have_this_desk(who: Finance, client: Client) -> None:
    assert get(client, who.stranger, DESK).status_code == 404
    assert get(client, None, DESK).status_code == 302


def test_the_desk_takes_as_many_queries_however_much_waits(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = sent(draft_run(submitted=True))
    agreement = run.payments.get().invoice.agreement  # type: ignore[union-attr]
    before = queries_at(client, who.officer, DESK)
    for _ in range(3):
        InvoiceFactory(agreement=agreement, state="confirmed")
        InvoiceFactory(agreement=agreement, state="approved")
        services.submit_run(run=services.make_run(by=who.officer), by=who.officer)

    assert queries_at(client, who.officer, DESK) == before

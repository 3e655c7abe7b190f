"""A run on the page: what is new or odd in it, its payments, watching it go, the list, and who may look."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from carebudget import clock
from carebudget.desks.seeding.world import sandbox
from payments import services
from payments.models import Invoice, PaymentRun
from tests.factories.worlds import AgreementFactory, InvoiceFactory
from tests.payments.finance_world import (
    Finance,
    approved,
    draft_run,
    get,
    people,
    post,
    queries_at,
    refused_payment,
    sent,
)
from tests.plans.page_world import words

pytestmark = pytest.mark.django_db

RUNS = "/payments/runs/"
NEW = "/payments/runs/new/"


@pytest.fixture
def who(db: None) -> Finance:
    return people()


def page_of(run: PaymentRun) -> str:
    return f"{RUNS}{run.reference}/"


def state_of(run: PaymentRun) -> str:
    run.refresh_from_db()
    return str(run.state)


# -- what is new or odd -------------------------------------------------------------------------


def test_payees_never_paid_before_are_named(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    first = sent(draft_run(submitted=True))
    known = first.payments.get().invoice
    assert known is not None
    InvoiceFactory(agreement=known.agreement, state="approved")
    new = InvoiceFactory(payable=True, state="approved")
    run = services.make_run(by=who.officer)

    page = words(get(client, who.manager, page_of(run)))

    assert f"Never paid before: 1 We have never paid these payees. Check that they are who they say. {new.provider.name}, £20.00" in page  # fmt: skip
    assert f"£20.00 more than the run before, {first.reference}" in page


def test_a_bank_account_that_changed_since_the_last_payment_is_pointed_out(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    first = sent(draft_run(submitted=True)).payments.get()
    assert first.invoice is not None
    assert first.provider is not None
    InvoiceFactory(agreement=first.invoice.agreement, state="approved")
    run = services.make_run(by=who.officer)
    before = words(get(client, who.manager, page_of(run)))
    sandbox(
        f"accounts/{first.destination}/complete_onboarding",
        {"sort_code": "108800", "account_number": "00012399"},
    )
    services.look_at_payout_account(account=first.provider.payout_account)

    after = words(get(client, who.manager, page_of(run)))

    assert "Bank account changed: 0" in before
    assert "Bank account changed: 1" in after
    assert f"{first.provider.name}, £20.00. Changed" in after


def test_an_amount_much_larger_than_usual_is_pointed_out(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    paid = sent(draft_run(submitted=True)).payments.get().invoice
    assert paid is not None
    InvoiceFactory(agreement=paid.agreement, state="approved", quantity=Decimal(2))
    InvoiceFactory(agreement=paid.agreement, state="approved", quantity=Decimal("1.50"))
    run = services.make_run(by=who.officer)

    page = words(get(client, who.manager, page_of(run)))

    assert "Much more than usual: 1" in page
    assert "£40.00. Usually about £20.00" in page


# -- the payments of a run ----------------------------------------------------------------------


def test_payments_are_ordered_by_what_deserves_a_look(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    known = sent(draft_run(submitted=True)).payments.get().invoice
    assert known is not None
    large = InvoiceFactory(agreement=known.agreement, state="approved", quantity=Decimal(3))
    new = InvoiceFactory(payable=True, state="approved")
    Invoice.objects.filter(pk=new.pk).update(sent_at=clock.now() - timedelta(days=30))
    run = services.make_run(by=who.officer)

    def first_of(order: str) -> str:
        page = get(client, who.manager, page_of(run), order=order).content.decode()
        table = page[page.index("Payments of this run") :]
        return min((large, new), key=lambda one: table.index(one.reference)).reference

    assert first_of("largest") == large.reference
    assert first_of("payees") == new.reference
    assert first_of("oldest") == new.reference
    assert first_of("nonsense") == large.reference


def test_payments_narrow_to_one_state(who: Finance, client: Client, stripe_sandbox: Any) -> None:
    run = draft_run(submitted=True)
    payment = run.payments.get()

    assert payment.reference in words(get(client, who.manager, page_of(run), state="planned"))
    none = words(get(client, who.manager, page_of(run), state="failed"))
    assert payment.reference not in none
    assert "No payment is in this state" in none
    assert payment.reference in words(get(client, who.manager, page_of(run), state="x\x00"))


def test_a_sent_run_shows_its_remittances_top_up_and_story(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = sent(draft_run(2, submitted=True))

    response = get(client, who.manager, page_of(run))

    page = words(response)
    assert "Remittance advice sent" in page
    assert f"Remittance advice {run.reference}" in page
    assert "Money brought to the payment service" in page
    assert "made the run: £40.00" in page
    assert "has an answer for every payment: £40.00" in page
    document = run.remittances.get().document
    kept = get(client, who.auditor, f"/documents/{document.public_id}/")
    assert kept["Content-Type"] == "application/pdf"
    assert get(client, who.stranger, f"/documents/{document.public_id}/").status_code == 404


def test_a_refused_payment_says_why_in_the_run(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = draft_run(submitted=True)
    refused_payment(run)

    page = words(get(client, who.officer, page_of(run)))

    assert "Refused by the rail" in page
    assert "closed or cannot be used" in page
    assert "was refused the payment" in page


# -- watching -----------------------------------------------------------------------------------


def test_the_progress_asks_again_while_it_is_sent_and_reloads_the_page_when_it_is_over(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = approved(draft_run(submitted=True))
    here = f"{page_of(run)}progress/"
    client.force_login(who.officer)

    going = client.get(here, headers={"HX-Request": "true"})
    for _ in range(3):
        services.send_due()
    over = client.get(here, headers={"HX-Request": "true"})

    assert f'hx-get="{here}"' in going.content.decode()
    assert "HX-Refresh" not in going
    assert over["HX-Refresh"] == "true"
    assert "hx-get" not in over.content.decode()


def test_the_progress_without_javascript_is_the_runs_page(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = approved(draft_run(submitted=True))

    assert get(client, who.officer, f"{page_of(run)}progress/").url == page_of(run)
    assert get(client, who.stranger, f"{page_of(run)}progress/").status_code == 404


# -- lists and who may --------------------------------------------------------------------------


def test_runs_are_listed_by_where_they_stand(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    waiting = draft_run(submitted=True)
    going = approved(draft_run(submitted=True))

    assert "No run was made yet" not in words(get(client, who.officer, RUNS))
    for tab, shown, hidden in (("waiting", waiting, going), ("going", going, waiting)):
        page = words(get(client, who.officer, RUNS, tab=tab))
        assert shown.reference in page
        assert hidden.reference not in page
    assert "No run is in this state." in words(get(client, who.officer, RUNS, tab="rejected"))


def test_the_auditor_reads_runs_and_presses_nothing(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = draft_run(submitted=True)

    assert "Make a run" not in words(get(client, who.auditor, RUNS))
    page = words(get(client, who.auditor, page_of(run)))
    assert "Approve and send" not in page
    assert "Do not send this run" not in page
    for act in ("submit", "approve", "reject", "burn"):
        answer = post(client, who.auditor, page_of(run), act=act, reason="Mine.")
        assert answer.status_code == 404
    assert state_of(run) == "submitted"


def test_nobody_else_sees_runs(who: Finance, client: Client, stripe_sandbox: Any) -> None:
    run = draft_run()
    for path in (RUNS, NEW, page_of(run)):
        assert get(client, who.stranger, path).status_code == 404
        assert get(client, None, path).status_code == 302
    assert get(client, who.officer, f"{RUNS}RUN-NOBODY/").status_code == 404


def test_larger_runs_and_more_runs_take_no_more_queries(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    first = draft_run(submitted=True)
    paid = sent(first).payments.get().invoice
    assert paid is not None
    InvoiceFactory(agreement=paid.agreement, state="approved")
    small = services.make_run(by=who.officer)
    runs, due, run = (queries_at(client, who.manager, path) for path in (RUNS, NEW, page_of(small)))
    services.reject_run(run=small, reason="Again.", by=who.officer)
    for _ in range(3):
        InvoiceFactory(agreement=AgreementFactory(provider=paid.provider), state="approved")
        InvoiceFactory(agreement=paid.agreement, state="approved", quantity=Decimal(4))
    InvoiceFactory(payable=True, state="approved")
    due_now = queries_at(client, who.manager, NEW)
    large = services.make_run(by=who.officer)

    assert queries_at(client, who.manager, RUNS) == runs
    assert due_now <= due + 2, "the providers themselves are two queries once there are any"
    assert queries_at(client, who.manager, page_of(large)) <= run + 1

"""Making a run on the page: what is due, choosing, and a second person's yes or no."""

from typing import Any

import pytest
from django.test import Client

from payments.models import PaymentRun
from tests.factories.worlds import InvoiceFactory
from tests.payments.finance_world import (
    Finance,
    approved,
    draft_run,
    get,
    make_family,
    people,
    post,
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


# -- what is due --------------------------------------------------------------------------------


def test_with_nothing_due_the_page_says_what_to_do(who: Finance, client: Client) -> None:
    page = words(get(client, who.officer, NEW))

    assert "Nothing is due" in page
    assert "See invoices to approve" in page


def test_what_is_due_is_shown_by_provider_with_what_stands_in_the_way(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payable = InvoiceFactory(payable=True, state="approved")
    not_payable = InvoiceFactory(state="approved")

    page = words(get(client, who.officer, NEW))

    assert "1 payment to 1 payee" in page
    assert payable.provider.name in page
    assert "Due, but left out for now" in page
    assert f"{not_payable.provider.name} has not set up how they are paid." in page


def test_a_run_of_everything_leaves_out_who_cannot_be_paid(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    InvoiceFactory(payable=True, state="approved")
    left_out = InvoiceFactory(state="approved")

    done = post(client, who.officer, NEW, which="all")

    run = PaymentRun.objects.get()
    assert done.url == page_of(run)
    page = words(client.get(done.url))
    assert f"Run {run.reference} is made: 1 payment, £20.00. 1 payment left out." in page
    assert f"Invoice {left_out.number}" in page
    assert f"{left_out.provider.name} has not set up how they are paid." in page


def test_a_run_of_one_provider_leaves_the_others_due(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    wanted = InvoiceFactory(payable=True, state="approved")
    other = InvoiceFactory(payable=True, state="approved")

    post(client, who.officer, NEW, which="some", payees=[wanted.provider.reference])

    assert PaymentRun.objects.get().payments.get().invoice == wanted
    assert other.provider.name in words(get(client, who.officer, NEW))


def test_some_means_at_least_one_provider(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    InvoiceFactory(payable=True, state="approved")

    page = post(client, who.officer, NEW, which="some")

    assert "Choose at least one of them, or pay everything." in words(page)
    assert "<title>Error: " in page.content.decode()
    assert not PaymentRun.objects.exists()


def test_single_invoices_of_a_provider_can_be_left_for_later(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    first = InvoiceFactory(payable=True, state="approved")
    second = InvoiceFactory(agreement=first.agreement, state="approved")
    here = f"{NEW}{first.provider.reference}/"

    shown = get(client, who.officer, here).content.decode()
    without = post(client, who.officer, here)
    post(client, who.officer, here, invoices=[second.reference])

    assert shown.count(" checked") == 2
    assert "Choose at least one invoice." in words(without)
    assert PaymentRun.objects.get().payments.get().invoice == second
    after = words(get(client, who.officer, here))
    assert "1 invoice, £20.00" in after


def test_making_the_same_run_twice_pays_nothing_twice(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    InvoiceFactory(payable=True, state="approved")
    post(client, who.officer, NEW, which="all")

    again = post(client, who.officer, NEW, which="all")

    assert "Nothing is due at the moment." in words(again)
    assert PaymentRun.objects.count() == 1


def test_the_auditor_cannot_make_a_run(who: Finance, client: Client, stripe_sandbox: Any) -> None:
    invoice = InvoiceFactory(payable=True, state="approved")
    for path in (NEW, f"{NEW}{invoice.provider.reference}/"):
        assert get(client, who.auditor, path).status_code == 404
        assert post(client, who.auditor, path, which="all").status_code == 404
    assert get(client, who.officer, f"{NEW}PRV-NOBODY/").status_code == 404
    assert not PaymentRun.objects.exists()


# -- two people ---------------------------------------------------------------------------------


def test_the_maker_sends_it_to_a_second_person(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = draft_run()

    shown = words(get(client, who.officer, page_of(run)))
    done = post(client, who.officer, page_of(run), act="submit")

    assert "Check it, then send it to a second person" in shown
    page = words(client.get(done.url))
    assert "The run waits for a second person now. They have been told." in page
    assert "You made this run, so somebody else must approve it. The checker can" in page
    assert who.manager.notify_messages.filter(href=page_of(run)).exists()


def test_sending_it_twice_says_that_it_has_moved_on(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = draft_run(submitted=True)

    page = words(post(client, who.officer, page_of(run), act="submit"))

    assert "This is now “Waiting for a second person”" in page


def test_the_checker_approves_with_a_reason(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = draft_run(submitted=True)

    shown = words(get(client, who.manager, page_of(run)))
    without = words(post(client, who.manager, page_of(run), act="approve", reason=" "))
    done = post(client, who.manager, page_of(run), act="approve", reason="Each one checked.")

    assert "Approve and send £20.00" in shown
    assert "Give a reason." in without
    assert state_of(run) == "approved"
    page = words(client.get(done.url))
    assert "The run is approved, and is being sent now." in page
    assert "Each one checked." in page
    assert "0 of 1 payment answered." in page


def test_approving_twice_releases_once(who: Finance, client: Client, stripe_sandbox: Any) -> None:
    run = draft_run(submitted=True)
    for _ in range(2):
        answer = post(client, who.manager, page_of(run), act="approve", reason="Checked.")
        assert answer.status_code == 302
    assert list(run.payments.values_list("state", flat=True)) == ["released"]


def test_a_manager_who_made_it_is_told_that_somebody_else_must(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = draft_run(by=who.manager, submitted=True)

    shown = words(get(client, who.manager, page_of(run)))
    answer = post(client, who.manager, page_of(run), act="approve", reason="I am sure.")

    assert "You made this run, so somebody else must approve it." in shown
    assert "Approve and send" not in shown
    assert answer.status_code == 200
    page = words(answer)
    assert page.count("You made this run, so somebody else must approve it.") == 2
    assert "I am sure." in page
    assert state_of(run) == "submitted"


def test_an_officer_has_no_button_to_approve_with(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = draft_run(submitted=True)

    assert "Approve and send" not in words(get(client, who.officer, page_of(run)))
    answer = post(client, who.officer, page_of(run), act="approve", reason="Me.")
    assert answer.status_code == 404
    assert state_of(run) == "submitted"


def test_a_checker_with_family_in_the_run_is_told_and_is_shown_no_name(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = draft_run(submitted=True)
    payment = run.payments.get()
    make_family(who.manager, payment)

    shown = words(get(client, who.manager, page_of(run)))
    answer = words(post(client, who.manager, page_of(run), act="approve", reason="Fine."))

    assert "Kept from you: it concerns you or somebody close to you" in shown
    assert payment.case.person.full_name not in shown
    assert f"Never paid before: 1 We have never paid these payees. Check that they are who they say. {payment.reference}, £20.00" in shown  # fmt: skip
    assert f"Payment {payment.reference} is for somebody close to you." in answer
    assert "Fine." in answer
    assert state_of(run) == "submitted"


def test_the_checker_says_no_with_a_reason_and_the_invoices_are_due_again(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = draft_run(submitted=True)

    without = words(post(client, who.manager, page_of(run), act="reject", reason=""))
    done = post(client, who.manager, page_of(run), act="reject", reason="Wrong month.")

    assert "Give a reason." in without
    page = words(client.get(done.url))
    assert "The run is not sent. Its invoices are due again." in page
    assert "Wrong month." in page
    assert "1 payment to 1 payee" in words(get(client, who.officer, NEW))


def test_the_maker_may_drop_their_own_run_and_another_officer_may_not(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    managers = draft_run(by=who.manager)
    own = draft_run()

    assert (
        post(client, who.officer, page_of(managers), act="reject", reason="No.").status_code == 404
    )
    assert post(client, who.officer, page_of(own), act="reject", reason="No.").status_code == 302
    assert (state_of(managers), state_of(own)) == ("draft", "rejected")


def test_a_no_that_comes_too_late_keeps_the_words(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    run = approved(draft_run(submitted=True))

    page = words(post(client, who.manager, page_of(run), act="reject", reason="A long reason."))

    assert "This is now “Approved”" in page
    assert "A long reason." in page

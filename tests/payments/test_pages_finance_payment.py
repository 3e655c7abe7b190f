"""Single payments on the page: found, mended, looked at, given up, and never by the wrong person."""

from typing import Any

import pytest
from django.test import Client

from carebudget.desks.seeding.world import sandbox
from payments import services
from payments.models import Payment
from tests.factories.worlds import member_of
from tests.payments.finance_world import (
    Finance,
    draft_run,
    get,
    long_ago,
    lost_payment,
    make_family,
    make_member,
    people,
    post,
    queries_at,
    refused_payment,
    sent,
)
from tests.plans.page_world import words

pytestmark = pytest.mark.django_db

LIST = "/payments/payment/"


@pytest.fixture
def who(db: None) -> Finance:
    return people()


def page_of(payment: Payment) -> str:
    return f"{LIST}{payment.reference}/"


def test_a_sent_payment_shows_what_it_pays_and_where_it_is(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payment = sent(draft_run(submitted=True)).payments.get()
    services.fetch_rail_lines()
    services.reconcile()
    payment.refresh_from_db()
    assert payment.invoice is not None

    page = words(get(client, who.officer, page_of(payment)))

    assert "Arrived and matched" in page
    for expected in (
        payment.invoice.reference,
        payment.plan.reference,
        payment.run.reference,
        payment.external_id,
        payment.destination,
        "Asked1 time, first",
        "Balance at Stripe",
        "sent the payment: £20.00",
    ):
        assert expected in page
    assert "make it due again" not in page


def test_a_refused_payment_says_why_and_is_made_due_again(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payment = refused_payment(draft_run(submitted=True))

    shown = words(get(client, who.officer, page_of(payment)))
    done = post(client, who.officer, page_of(payment), act="mend")

    assert "Why it was not sent The provider’s account at Stripe is closed" in shown
    assert "Nothing was sent." in shown
    page = words(client.get(done.url))
    assert f"{payment.reference} is mended. The invoice is due again" in page
    assert "Mended on" in page
    assert "It is mended: make it due again" not in page
    payment.refresh_from_db()
    assert payment.mended_at is not None


def test_mending_twice_is_the_same_as_once(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payment = refused_payment(draft_run(submitted=True))
    post(client, who.officer, page_of(payment), act="mend")
    payment.refresh_from_db()
    when = payment.mended_at

    assert post(client, who.officer, page_of(payment), act="mend").status_code == 302
    payment.refresh_from_db()
    assert payment.mended_at == when


def test_a_returned_payment_is_mended_and_paid_by_a_second_attempt(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payment = sent(draft_run(submitted=True)).payments.get()
    sandbox(f"transfers/{payment.external_id}/return", {})
    services.look_at_payment(payment_id=payment.pk)

    shown = words(get(client, who.officer, page_of(payment)))
    post(client, who.officer, page_of(payment), act="mend")
    again = services.make_run(by=who.officer).payments.get()

    assert "Why it came back" in shown
    assert "The money is back with the council." in shown
    page = words(get(client, who.officer, page_of(again)))
    assert f"Every attempt to pay this 1. {payment.reference}" in page
    assert f"2. {again.reference}" in page


def test_a_payment_that_went_well_cannot_be_mended(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payment = sent(draft_run(submitted=True)).payments.get()

    page = words(post(client, who.officer, page_of(payment), act="mend"))

    assert "This payment is “Sent”." in page


def test_a_payment_without_an_answer_is_looked_at_now(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payment = lost_payment(draft_run(submitted=True))

    shown = words(get(client, who.officer, page_of(payment)))
    still = words(client.get(post(client, who.officer, page_of(payment), act="look").url))
    sandbox("faults", {})
    found = words(client.get(post(client, who.officer, page_of(payment), act="look").url))

    assert "We do not know whether it was sent" in shown
    assert "It is never sent twice meanwhile." in shown
    assert "We asked. There is still no answer about this payment." in still
    assert "We asked. This payment is “Sent” now." in found
    assert Payment.objects.get(pk=payment.pk).state == "sent"


def test_looking_at_what_is_answered_says_so(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payment = sent(draft_run(submitted=True)).payments.get()

    page = words(post(client, who.officer, page_of(payment), act="look"))

    assert "The answer is here: this payment is “Sent”." in page


def test_nobody_gives_up_while_the_rail_may_still_have_it(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payment = lost_payment(draft_run(submitted=True))

    shown = words(get(client, who.manager, page_of(payment)))
    answer = words(
        post(client, who.manager, page_of(payment), act="give_up", reason="I looked there.")
    )

    assert "a finance manager may decide that it was never sent" in shown
    assert "It was never sent" not in shown
    assert "The rail may still answer for this payment. Wait, and look again." in answer
    assert "I looked there." in answer
    assert Payment.objects.get(pk=payment.pk).state == "sending"


def test_after_the_window_a_manager_gives_up_with_a_reason(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payment = long_ago(lost_payment(draft_run(submitted=True)))
    sandbox("faults", {})

    without = words(post(client, who.manager, page_of(payment), act="give_up", reason=" "))
    done = post(client, who.manager, page_of(payment), act="give_up", reason="Not at Stripe.")

    assert "Give a reason." in without
    page = words(client.get(done.url))
    assert f"{payment.reference} counts as never sent." in page
    assert "Not at Stripe." in page
    assert "Find out why, then make it due again" in page


def test_only_a_manager_gives_up(who: Finance, client: Client, stripe_sandbox: Any) -> None:
    payment = long_ago(lost_payment(draft_run(submitted=True)))

    shown = words(get(client, who.officer, page_of(payment)))
    answer = post(client, who.officer, page_of(payment), act="give_up", reason="Me.")

    assert "A finance manager may decide now that it was never sent." in shown
    assert answer.status_code == 404


def test_payments_are_listed_by_what_is_wrong_and_found_by_what_the_bank_shows(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    refused = refused_payment(draft_run(submitted=True))
    good = sent(draft_run(submitted=True)).payments.get()

    to_mend = words(get(client, who.officer, LIST))
    assert "To mend (1)" in to_mend
    assert refused.reference in to_mend
    assert good.reference not in to_mend
    assert "Every payment has its answer" in words(get(client, who.officer, LIST, tab="unknown"))
    for said in (good.reference.lower(), good.external_id, good.run.reference):
        found = words(get(client, who.officer, LIST, q=said))
        assert good.reference in found
        assert refused.reference not in found
    assert "No payment fits" in words(get(client, who.officer, LIST, q="nothing like it"))
    assert get(client, who.officer, LIST, q="x\x00", tab="nonsense").status_code == 200


def test_own_family_and_own_firm_do_not_exist(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payment = refused_payment(draft_run(submitted=True))
    make_family(who.officer, payment)
    make_member(who.manager, payment)

    for one in (who.officer, who.manager):
        assert get(client, one, page_of(payment)).status_code == 404
        assert post(client, one, page_of(payment), act="mend").status_code == 404
        assert "Nothing to mend" in words(get(client, one, LIST))
    payment.refresh_from_db()
    assert payment.mended_at is None


def test_the_auditor_reads_it_and_presses_nothing(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payment = refused_payment(draft_run(submitted=True))

    page = words(get(client, who.auditor, page_of(payment)))

    assert "Why it was not sent" in page
    assert "make it due again" not in page
    assert "Ask the payment service now" not in page
    for act in ("mend", "look", "give_up", "burn"):
        answer = post(client, who.auditor, page_of(payment), act=act, reason="Mine.")
        assert answer.status_code == 404


def test_nobody_else_opens_finances_page_of_a_payment(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payment = draft_run().payments.get()
    assert payment.provider is not None
    for other in (who.stranger, member_of(payment.provider)):
        assert get(client, other, page_of(payment)).status_code == 404
        assert get(client, other, LIST).status_code == 404
    assert get(client, None, page_of(payment)).status_code == 302
    assert get(client, who.officer, f"{LIST}PAY-NOBODY/").status_code == 404


def test_more_payments_take_no_more_queries(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    draft_run()
    before = queries_at(client, who.officer, f"{LIST}?tab=all")
    for _ in range(2):
        draft_run(3)

    assert queries_at(client, who.officer, f"{LIST}?tab=all") == before

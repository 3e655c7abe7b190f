"""The provider's desk, agreements and people: what waits, what runs, yes and no, and whose it is."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from carebudget import clock
from carebudget.notify.models import Message
from payments import services as money
from payments.models import AgreementState, Payment, PayoutAccount
from plans.models import Stage
from providers import services as providing
from providers.models import Provider, ProviderMember, ProviderRate
from tests.factories.worlds import InvoiceFactory, UserFactory, client_of, crew
from tests.payments.provider_world import (
    ProviderWorld,
    built_for_the_module,
    make_ready,
    one_more_running,
    said,
)
from tests.plans.page_world import do, queries_of, see


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[ProviderWorld]:
    with built_for_the_module(django_db_blocker) as built:
        yield built


@pytest.fixture
def w(kept: ProviderWorld, db: None) -> ProviderWorld:
    return kept


def queried(w: ProviderWorld, number: str = "B-9") -> Any:
    invoice = InvoiceFactory(agreement=w.running, number=number)
    return money.query_invoice(invoice=invoice, question="Which day was it?", by=w.edith)


# -- the desk


def test_the_desk_says_first_what_waits(w: ProviderWorld, client: Client):
    queried(w)
    page = said(see(client, w.lena, "payments:provider_desk"))
    assert page.index("Say yes or no to George Penny") < page.index("People you support")
    assert "Answer Edith Marlow" in page
    assert "Invoice B-9: “Which day was it?”" in page
    assert "Set up how you are paid" in page
    assert "3 things wait for you" in page


def test_an_invoice_that_is_not_agreed_waits_too(w: ProviderWorld, client: Client):
    invoice = InvoiceFactory(agreement=w.running, number="B-8")
    money.dispute_invoice(invoice=invoice, reason="Nobody came.", by=w.edith)
    page = said(see(client, w.lena, "payments:provider_desk"))
    assert "Edith Marlow does not agree with an invoice" in page
    assert "“Nobody came.”" in page
    assert "£20.00 not agreed" in page


def test_checks_that_run_out_are_told_in_time(w: ProviderWorld, client: Client):
    soon = clock.today() + timedelta(days=30)
    providing.record_check(
        provider=w.provider, kind="insurance", outcome="passed", by=crew().worker, expires_on=soon
    )
    assert "Renew in time: Insurance" in said(see(client, w.lena, "payments:provider_desk"))
    with clock.travel(clock.now() + timedelta(days=40)):
        page = said(see(client, w.lena, "payments:provider_desk"))
    assert "Has run out: Insurance" in page
    providing.record_check(
        provider=w.provider, kind="references", outcome="failed", note="One more", by=crew().worker
    )
    assert "Did not pass: References" in said(see(client, w.lena, "payments:provider_desk"))


def test_nothing_to_do_is_said_calmly(w: ProviderWorld, client: Client):
    make_ready(w.provider)
    money.decline_agreement(agreement=w.offered, reason="No time.", by=w.lena)
    page = said(see(client, w.lena, "payments:provider_desk"))
    assert "Nothing for you to do now" in page
    assert "What to do now" not in page


def test_the_desk_says_what_may_still_be_invoiced_and_leads_there(w: ProviderWorld, client: Client):
    InvoiceFactory(agreement=w.running, number="B-1")
    page = see(client, w.lena, "payments:provider_desk")
    left = w.running.limit_pence - 2000
    assert f"£{left // 100:,}.{left % 100:02d} of" in said(page)
    href = reverse("payments:provider_invoice_new", args=[w.running.reference])
    assert f'href="{href}"' in page.content.decode()


def test_the_desk_adds_up_what_is_on_its_way_and_what_waits(w: ProviderWorld, client: Client):
    InvoiceFactory(agreement=w.running, number="B-1", state="approved")
    InvoiceFactory(agreement=w.running, number="B-2", state="confirmed")
    InvoiceFactory(agreement=w.running, number="B-3")
    InvoiceFactory(agreement=w.running, number="B-4", state="rejected")
    page = said(see(client, w.lena, "payments:provider_desk"))
    assert "£20.00 approved, and on its way" in page
    assert "£40.00 waits for somebody’s yes" in page
    assert "Rejected 1 invoice £20.00" in page


def test_a_new_provider_is_told_what_to_do(db: None, client: Client):
    staff = crew()
    provider = providing.register_provider(
        name="New Start", kind="assistant", email="n@example.org", by=staff.worker
    )
    user, _ = providing.invite_member(
        provider=provider, email="n@example.org", full_name="Nell New", by=staff.worker
    )
    page = said(see(client, user, "payments:provider_desk"))
    assert "New Start is being checked." in page
    assert "Still to be checked: Enhanced DBS certificate" in page
    assert "No agreements are running yet" in page
    assert "Look at your prices" in page
    assert "None yet. You send one from the agreement" in page
    for name in ("agreements", "invoices", "payments", "remittances", "people", "being_paid"):
        assert see(client, user, f"payments:provider_{name}").status_code == 200


def test_a_suspended_provider_is_told_so(w: ProviderWorld, client: Client):
    providing.suspend_provider(provider=w.provider, reason="No insurance.", by=w.officer)
    page = said(see(client, w.lena, "payments:provider_desk"))
    assert "Brightside Home Care is suspended." in page
    message = Message.objects.get(to=w.lena, title="Brightside Home Care is suspended")
    assert "“No insurance.”" in message.body


def test_somebody_who_speaks_for_two_sees_both_by_name_and_may_choose_one(
    w: ProviderWorld, client: Client
):
    ProviderMember.objects.create(provider=w.other_provider, user=w.lena)
    page = said(see(client, w.lena, "payments:provider_desk"))
    assert "You speak for 2 providers." in page
    assert "Larkfield Support: Nothing can be paid to you" in page
    assert "Brightside Home Care: Support, " in page
    one = said(see(client, w.lena, "payments:provider_desk", provider=w.other_provider.reference))
    assert "George Penny" not in one
    assert "Larkfield Support: Nothing can be paid to you" in one
    for name in ("agreements", "invoices", "payments", "people", "being_paid"):
        assert "Larkfield Support" in said(see(client, w.lena, f"payments:provider_{name}"))


def test_another_provider_cannot_be_chosen(w: ProviderWorld, client: Client):
    for name in ("desk", "agreements", "invoices", "payments", "remittances", "people", "being_paid", "paid_back", "price_new"):  # fmt: skip
        answer = see(
            client, w.lena, f"payments:provider_{name}", provider=w.other_provider.reference
        )
        assert answer.status_code == 404


def test_only_who_speaks_for_a_provider_has_its_pages(w: ProviderWorld, client: Client):
    for name in ("desk", "agreements", "invoices", "payments", "remittances", "people", "being_paid", "paid_back", "price_new"):  # fmt: skip
        url = f"payments:provider_{name}"
        for who in (w.edith, w.officer, w.auditor, crew().worker):
            assert see(client, who, url).status_code == 404
        assert see(client, None, url).status_code == 302


def test_who_has_left_sees_nothing_more(w: ProviderWorld, client: Client):
    providing.end_membership(provider=w.provider, user=w.lena, by=crew().worker)
    assert see(client, w.lena, "payments:provider_desk").status_code == 404
    for name in ("provider_agreement", "provider_invoice_new", "provider_agreement_answered"):
        assert see(client, w.lena, f"payments:{name}", w.running.reference).status_code == 404


def test_the_desk_takes_the_same_queries_however_much_there_is(w: ProviderWorld, client: Client):
    queried(w, "Q-0")
    few = queries_of(client, w.lena, "payments:provider_desk")
    for n in range(1, 13):
        queried(w, f"Q-{n}")
    for n in range(3):
        one_more_running(w, f"More support {n}")
    assert queries_of(client, w.lena, "payments:provider_desk") == few
    page = said(see(client, w.lena, "payments:provider_desk"))
    assert "See all questions about invoices" in page
    assert "15 things wait for you" in page


# -- the list of agreements


def test_agreements_are_found_by_name_and_state(w: ProviderWorld, client: Client):
    page = said(see(client, w.lena, "payments:provider_agreements"))
    assert "2 agreements" in page
    found = said(see(client, w.lena, "payments:provider_agreements", words="penny"))
    assert "George Penny" in found
    assert "Edith Marlow" not in found
    offered = said(see(client, w.lena, "payments:provider_agreements", state="offered"))
    assert "Edith Marlow" not in offered
    none = said(see(client, w.lena, "payments:provider_agreements", words="zebra"))
    assert "No agreement fits that" in none
    assert see(client, w.lena, "payments:provider_agreements", state="x'y").status_code == 200


def test_many_agreements_are_paged_with_constant_queries(w: ProviderWorld, client: Client):
    few = queries_of(client, w.lena, "payments:provider_agreements")
    for n in range(25):
        one_more_running(w, f"Support {n}")
    assert queries_of(client, w.lena, "payments:provider_agreements") == few
    page = said(see(client, w.lena, "payments:provider_agreements", page="2", words="hilda"))
    assert "Page 2 of 2" in page


# -- one agreement


def test_an_offer_reads_in_plain_words(w: ProviderWorld, client: Client):
    offered = w.offered
    page = said(see(client, w.lena, "payments:provider_agreement", offered.reference))
    assert "George Penny would like your support" in page
    assert "every week" in page
    assert "£20.00 for one hour" in page
    assert "in all" in page
    assert "Yes, I accept these terms" in page
    assert "Send an invoice" not in page


def test_saying_yes_says_what_happens_next(w: ProviderWorld, client: Client):
    sent = do(client, w.lena, "payments:provider_agreement", w.offered.reference, act="accept")
    assert sent.url == reverse("payments:provider_agreement_answered", args=[w.offered.reference])
    assert w.offered.state == AgreementState.LIVE
    assert w.offered.case.stage == Stage.LIVE
    page = said(client.get(sent.url))
    assert "You said yes" in page
    assert "George Penny has been told." in page
    assert "You cannot be paid yet. Set up how you are paid" in page


def test_saying_no_needs_a_reason_and_tells_the_person(w: ProviderWorld, client: Client):
    name, reference = "payments:provider_agreement", w.offered.reference
    empty = do(client, w.lena, name, reference, act="decline", reason="  ")
    assert "Say why you cannot do this." in said(empty)
    assert "<title>Error: " in empty.content.decode()
    assert w.offered.state == AgreementState.OFFERED
    sent = do(client, w.lena, name, reference, act="decline", reason="We are full until May.")
    assert w.offered.state == AgreementState.DECLINED
    page = said(client.get(sent.url))
    assert "You said no" in page
    assert "We are full until May." in page
    assert Message.objects.filter(
        to=client_of(w.offered.case), body__contains="We are full until May."
    ).exists()


def test_a_second_answer_is_told_that_it_was_answered_and_loses_nothing(
    w: ProviderWorld, client: Client
):
    money.accept_agreement(agreement=w.offered, by=w.lena)
    for act in ("accept", "decline"):
        answer = do(
            client, w.lena, "payments:provider_agreement", w.offered.reference, act=act, reason="Oh no"
        )  # fmt: skip
        assert "This is now “Running”, so it has already moved on." in said(answer)
    assert "Oh no" in said(answer)
    assert w.offered.state == AgreementState.LIVE


def test_an_unknown_button_changes_nothing(w: ProviderWorld, client: Client):
    do(client, w.lena, "payments:provider_agreement", w.offered.reference, act="burn")
    assert w.offered.state == AgreementState.OFFERED


def test_a_provider_that_is_not_checked_can_only_say_no(w: ProviderWorld, client: Client):
    providing.suspend_provider(provider=w.provider, reason="Look again.", by=w.officer)
    name, reference = "payments:provider_agreement", w.offered.reference
    page = said(see(client, w.lena, name, reference))
    assert "You can say yes as soon as Brightside Home Care is checked." in page
    assert "Yes, I accept these terms" not in page
    refused = do(client, w.lena, name, reference, act="accept")
    assert "This provider has not been checked." in said(refused)
    assert w.offered.state == AgreementState.OFFERED


def test_a_running_agreement_shows_its_invoices(w: ProviderWorld, client: Client):
    InvoiceFactory(agreement=w.running, number="B-1")
    page = said(see(client, w.lena, "payments:provider_agreement", w.running.reference))
    assert "Your agreement with Edith Marlow" in page
    assert "Invoiced so far £20.00" in page
    assert "Invoice B-1" in page


def test_there_is_nothing_to_confirm_before_an_answer(w: ProviderWorld, client: Client):
    sent = see(client, w.lena, "payments:provider_agreement_answered", w.offered.reference)
    assert sent.url == reverse("payments:provider_agreement", args=[w.offered.reference])


def test_another_providers_agreement_does_not_exist(w: ProviderWorld, client: Client):
    reference = w.offered.reference
    for who in (w.other_member, w.edith, w.officer, w.auditor):
        assert see(client, who, "payments:provider_agreement", reference).status_code == 404
        sent = do(client, who, "payments:provider_agreement", reference, act="accept")
        assert sent.status_code == 404
    assert w.offered.state == AgreementState.OFFERED
    assert see(client, None, "payments:provider_agreement", reference).status_code == 302
    assert see(client, w.lena, "payments:provider_agreement", "AGR-XXXXXX").status_code == 404


# -- people and prices


def test_the_page_of_people_shows_who_signs_in_checks_and_prices(w: ProviderWorld, client: Client):
    page = said(see(client, w.lena, "payments:provider_people"))
    assert "Member of Brightside Home Care (you)" in page
    assert "Who they are Passed" in page
    assert "£20.00 for one hour" in page


def test_a_price_is_published_and_takes_the_place_of_the_old_one(w: ProviderWorld, client: Client):
    sent = do(
        client, w.lena, "payments:provider_price_new", description="support", rate_pence="21.50", unit="hour"
    )  # fmt: skip
    assert sent.url == reverse("payments:provider_people") + "#prices"
    page = said(client.get(reverse("payments:provider_people")))
    assert "The price is published." in page
    assert "£21.50 for one hour" in page
    assert "£20.00 for one hour" not in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"rate_pence": ""}, "Enter an amount in pounds and pence"),
        ({"rate_pence": "0"}, "Enter what one costs."),
        ({"rate_pence": "12.345"}, "at most two digits after the point"),
        ({"unit": "moon"}, "Choose what the price is for from the list."),
        ({"description": ""}, "Say what the price is for."),
    ],
)
def test_a_bad_price_is_refused_beside_its_field(
    w: ProviderWorld, client: Client, typed: dict[str, str], sentence: str
):
    given = {"description": "Nights", "rate_pence": "90", "unit": "night", **typed}
    answer = do(client, w.lena, "payments:provider_price_new", **given)
    assert answer.status_code == 200
    assert sentence in said(answer)
    assert "<title>Error: " in answer.content.decode()
    if "description" not in typed:
        assert 'value="Nights"' in answer.content.decode()
    assert ProviderRate.objects.filter(provider=w.provider).count() == 1


def test_who_speaks_for_two_says_whose_price_it_is(w: ProviderWorld, client: Client):
    ProviderMember.objects.create(provider=w.other_provider, user=w.lena)
    assert see(client, w.lena, "payments:provider_price_new").url == reverse(
        "payments:provider_people"
    )
    client.force_login(w.lena)
    url = reverse("payments:provider_price_new") + f"?provider={w.other_provider.reference}"
    client.post(url, {"description": "Evenings", "rate_pence": "25", "unit": "hour"})
    assert Provider.objects.get(rates__description="Evenings") == w.other_provider


def test_a_payment_that_came_back_is_on_the_desk(w: ProviderWorld, client: Client):
    invoice = InvoiceFactory(agreement=w.running, number="B-1", state="approved")
    make_ready(w.provider)
    run = money.make_run(by=w.officer)
    assert run.payments.get().invoice == invoice
    Payment.objects.filter(run=run).update(state="returned", returned_at=clock.now())
    page = said(see(client, w.lena, "payments:provider_desk"))
    assert "A payment of £20.00 did not reach you" in page
    PayoutAccount.objects.update(state="restricted", missing=["external_account"])
    page = said(see(client, w.lena, "payments:provider_desk"))
    assert "The payment service needs something more" in page


def test_pages_of_a_provider_name_themselves(w: ProviderWorld, client: Client):
    titles = set()
    for name in ("desk", "agreements", "invoices", "payments", "remittances", "people", "being_paid", "price_new"):  # fmt: skip
        page = see(client, w.lena, f"payments:provider_{name}").content.decode()
        assert page.count("<h1") == 1
        titles.add(page.split("<title>")[1].split("</title>")[0])
    assert len(titles) == 8


def test_a_stranger_who_holds_the_role_but_speaks_for_nobody_has_no_desk(db: None, client: Client):
    nobody = UserFactory(role="provider")
    assert see(client, nobody, "payments:provider_desk").status_code == 404
    with CaptureQueriesContext(connection) as found:
        client.get(reverse("payments:provider_invoices"))
    assert len(found) < 10

"""How a provider is paid: to the payment service's own page over real HTTP, and back again."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from carebudget.notify.models import Message
from payments import services as money
from payments.models import PayoutAccount, PayoutState
from providers.models import Provider, ProviderMember
from tests.factories.worlds import ProviderFactory, make_payable, member_of
from tests.payments.provider_world import make_ready, said
from tests.plans.page_world import do, see

PAGE = "payments:provider_being_paid"
BACK = "payments:provider_paid_back"
RIGHT = {
    "business_name": "Brightside Home Care",
    "account_holder": "Brightside Ltd",
    "sort_code": "10-88-00",
    "account_number": "00012345",
    "agree": "yes",
}


@pytest.fixture
def provider(db: None) -> Provider:
    return ProviderFactory(name="Brightside Home Care")


def at_the_service(client: Client, provider: Provider) -> str:
    """Press the button; the address of the payment service's page."""
    sent = do(client, member_of(provider), PAGE, account=provider.reference)
    assert sent.status_code == 302
    return str(sent.url)


def test_a_new_provider_is_told_what_to_do(provider: Provider, client: Client):
    page = said(see(client, member_of(provider), PAGE))
    assert "Not set up yet" in page
    assert "Go to the payment service" in page
    assert "The council never sees them." in page


def test_the_whole_way_to_being_paid(provider: Provider, client: Client, stripe_sandbox: Any):
    link = at_the_service(client, provider)
    assert link.startswith(stripe_sandbox.url)
    account = PayoutAccount.objects.get(provider=provider)
    assert account.state == PayoutState.STARTED

    form = requests.get(link, timeout=10)
    assert "Set up how you are paid" in form.text
    mistyped = requests.post(form.url, data={**RIGHT, "sort_code": "1"}, timeout=10)
    assert mistyped.status_code == 422
    done = requests.post(form.url, data=RIGHT, timeout=10, allow_redirects=False)
    back = done.headers["Location"]
    assert back == f"{django_settings.SITE_URL}{reverse(BACK)}?provider={provider.reference}"

    page = client.get(back.removeprefix(django_settings.SITE_URL))
    assert "You can be paid" in said(page)
    assert "2345" in said(page)
    account.refresh_from_db()
    assert (account.state, account.bank_last4) == (PayoutState.READY, "2345")
    assert Message.objects.filter(to=member_of(provider), title="You can be paid now").exists()
    later = said(see(client, member_of(provider), PAGE))
    assert "Payments go to the account ending in 2345." in later
    assert "Change where you are paid" in later


def test_coming_back_too_early_says_what_is_missing(
    provider: Provider, client: Client, stripe_sandbox: Any
):
    at_the_service(client, provider)
    page = said(see(client, member_of(provider), BACK, provider=provider.reference))
    assert "Not finished yet" in page
    assert "Your bank account" in page
    assert "Your yes to the terms of the payment service" in page
    assert page.count("Your yes to the terms") == 1
    assert "Go on at the payment service" in page
    begun = said(see(client, member_of(provider), PAGE))
    assert "Begun, but not finished" in begun
    assert "Your bank account" in begun


def test_a_used_link_leads_back_here_for_a_fresh_one(
    provider: Provider, client: Client, stripe_sandbox: Any
):
    link = at_the_service(client, provider)
    requests.get(link, timeout=10)
    again = requests.get(link, timeout=10, allow_redirects=False)
    refresh = urlsplit(again.headers["Location"])
    assert f"{refresh.scheme}://{refresh.netloc}" == django_settings.SITE_URL
    page = client.get(f"{refresh.path}?{refresh.query}")
    assert "The link to the payment service works once" in said(page)
    assert at_the_service(client, provider) != link
    assert PayoutAccount.objects.count() == 1


def test_pressing_the_button_twice_opens_one_account(
    provider: Provider, client: Client, stripe_sandbox: Any
):
    first, second = at_the_service(client, provider), at_the_service(client, provider)
    assert first != second
    assert PayoutAccount.objects.count() == 1


def test_no_answer_is_said_in_words_and_nothing_is_lost(
    provider: Provider, client: Client, stripe_sandbox: Any
):
    stripe_sandbox.faults.set({"error_500": {"every": 1, "paths": ["/v1/accounts"]}})
    refused = do(client, member_of(provider), PAGE, account=provider.reference)
    assert refused.status_code == 200
    assert "The payment service did not answer. Nothing is lost." in said(refused)
    assert "<title>Error: " in refused.content.decode()
    assert not PayoutAccount.objects.exists()
    stripe_sandbox.faults.clear()
    assert at_the_service(client, provider)


def test_coming_back_while_the_service_does_not_answer(
    provider: Provider, client: Client, stripe_sandbox: Any
):
    at_the_service(client, provider)
    stripe_sandbox.faults.set({"error_500": {"every": 1, "paths": ["/v1/accounts"]}})
    page = said(see(client, member_of(provider), BACK, provider=provider.reference))
    assert "The payment service did not answer" in page
    assert "Look again" in page
    stripe_sandbox.faults.clear()
    page = said(see(client, member_of(provider), BACK, provider=provider.reference))
    assert "Not finished yet" in page


def test_an_account_that_was_closed_says_whom_to_call(
    provider: Provider, client: Client, stripe_sandbox: Any
):
    account = make_payable(provider)
    requests.post(
        f"{stripe_sandbox.url}/_sandbox/accounts/{account.external_id}/close", json={}, timeout=10
    )
    page = said(see(client, member_of(provider), BACK, provider=provider.reference))
    assert "Your payment account is closed" in page
    page = said(see(client, member_of(provider), PAGE))
    assert "Call us on" in page
    assert "Change where you are paid" not in page
    assert "Your payment account is closed" in said(
        see(client, member_of(provider), "payments:provider_desk")
    )


def test_something_missing_is_said_with_what_it_is(provider: Provider, client: Client):
    make_ready(provider)
    PayoutAccount.objects.update(
        state="restricted", missing=["individual.verification.document", "person_1.dob", "company.tax_id"]
    )  # fmt: skip
    page = said(see(client, member_of(provider), PAGE))
    assert "Something is missing" in page
    assert page.count("Details of the people behind the business") == 1
    assert "Details of your company" in page


def test_coming_back_without_an_account_begins_at_the_beginning(provider: Provider, client: Client):
    assert see(client, member_of(provider), BACK).url == reverse(PAGE)


def test_another_providers_account_cannot_be_touched(
    provider: Provider, client: Client, stripe_sandbox: Any
):
    other = ProviderFactory(name="Larkfield Support")
    refused = do(client, member_of(provider), PAGE, account=other.reference)
    assert refused.status_code == 404
    assert not PayoutAccount.objects.exists()
    assert do(client, None, PAGE, account=other.reference).status_code == 302


def test_who_speaks_for_two_sets_up_each(provider: Provider, client: Client, stripe_sandbox: Any):
    other = ProviderFactory(name="Larkfield Support")
    member = member_of(provider)
    ProviderMember.objects.create(provider=other, user=member)
    page = said(see(client, member, PAGE))
    assert "Brightside Home Care: Not set up yet" in page
    assert "Larkfield Support: Not set up yet" in page
    assert do(client, member, PAGE).status_code == 404
    sent = do(client, member, PAGE, account=other.reference)
    assert sent.url.startswith(stripe_sandbox.url)
    assert PayoutAccount.objects.get().provider == other
    assert see(client, member, BACK).url == reverse(PAGE)


def test_the_service_is_asked_only_for_whom_one_speaks(provider: Provider, stripe_sandbox: Any):
    from carebudget.errors import NotAllowed

    other = member_of(ProviderFactory(name="Larkfield Support"))
    with pytest.raises(NotAllowed):
        money.onboarding_link(
            provider=provider, by=other, return_url="http://x.example/", refresh_url="http://x.example/"
        )  # fmt: skip
    assert not PayoutAccount.objects.exists()

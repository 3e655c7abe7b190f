"""The council's directory: find a provider, add one, its facts and story; and who may do what."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from carebudget import clock
from carebudget.audit.models import AuditEvent
from carebudget.errors import NotAllowed
from carebudget.people.models import Role, User
from carebudget.people.services import give_role
from payments.models import PayoutAccount
from providers import services as providing
from providers.models import (
    REQUIRED_CHECKS,
    CheckKind,
    Provider,
    ProviderCheck,
    ProviderMember,
    ProviderState,
)
from tests.factories.worlds import ProviderFactory, UserFactory, crew, finance, member_of
from tests.payments.provider_world import said
from tests.plans.page_world import do, queries_of, see

LIST, ONE, NEW, CHECK = (
    f"providers:{name}" for name in ("directory", "provider", "register", "check")
)


@pytest.fixture
def worker(db: None) -> User:
    return crew().worker


@pytest.fixture
def officer(db: None) -> User:
    return finance()[0]


@pytest.fixture
def applied(db: None) -> Provider:
    """On the list, with one member, nothing checked."""
    return ProviderFactory(name="Saffron Meals", kind="community", approved=False)


def passed(provider: Provider, by: User, *kinds: str) -> None:
    for kind in kinds or REQUIRED_CHECKS[provider.kind]:
        providing.record_check(provider=provider, kind=kind, outcome="passed", by=by)


def again(provider: Provider) -> Provider:
    return Provider.objects.get(pk=provider.pk)


# -- the list


def test_an_empty_directory_says_what_to_do(worker: User, client: Client):
    page = said(see(client, worker, LIST))
    assert "There are no providers yet" in page
    assert "Add a provider" in page
    auditor = UserFactory(role="auditor")
    page = said(see(client, auditor, LIST))
    assert "Social workers and finance add them here." in page
    assert "Add a provider" not in page


def test_the_list_shows_state_open_checks_and_prices(
    applied: Provider, worker: User, client: Client
):
    ProviderFactory(name="Brightside Home Care", rate_pence=2240)
    page = said(see(client, worker, LIST))
    assert "2 providers" in page
    assert "Support: £22.40 for one hour" in page
    assert "Being checked" in page
    assert "Insurance: not checked yet" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"words": "bright"}, {"Brightside Home Care"}),
        ({"words": "care bright"}, {"Brightside Home Care"}),
        ({"words": "zebra"}, set()),
        ({"words": "%"}, set()),
        ({"kind": "community"}, {"Saffron Meals"}),
        ({"state": "approved"}, {"Brightside Home Care"}),
        ({"state": "suspended"}, set()),
        ({"postcode": "wr2"}, {"Brightside Home Care"}),
        ({"postcode": "WR 23A"}, {"Brightside Home Care"}),
        ({"postcode": "BS1"}, set()),
        ({"checks": "open"}, {"Saffron Meals"}),
        ({"checks": "expiring"}, {"Brightside Home Care"}),
        ({"kind": "x", "state": "y", "checks": "z"}, {"Brightside Home Care", "Saffron Meals"}),
    ],
)
def test_providers_are_found(
    applied: Provider, worker: User, client: Client, query: dict[str, str], found: set[str]
):
    bright = ProviderFactory(name="Brightside Home Care")
    Provider.objects.filter(pk=bright.pk).update(postcode="WR2 3AB")
    soon = clock.today() + timedelta(days=10)
    ProviderCheck.objects.filter(provider=bright, kind="insurance").update(expires_on=soon)
    page = said(see(client, worker, LIST, **query))
    for name in ("Brightside Home Care", "Saffron Meals"):
        assert (name in page) == (name in found), name
    if not found:
        assert "No provider fits that" in page


def test_a_check_that_ran_out_counts_as_open(worker: User, client: Client):
    bright = ProviderFactory(name="Brightside Home Care")
    past = clock.today() - timedelta(days=1)
    ProviderCheck.objects.filter(provider=bright, kind="insurance").update(expires_on=past)
    assert "Insurance: has run out" in said(see(client, worker, LIST, checks="open"))
    assert "No provider fits" in said(see(client, worker, LIST, checks="expiring"))
    page = said(see(client, worker, ONE, bright.reference))
    assert "People can choose this provider, but not every check stands" in page


def test_a_long_list_is_paged_with_constant_queries(worker: User, client: Client):
    ProviderFactory(name="Provider 0")
    few = queries_of(client, worker, LIST)
    for n in range(1, 28):
        ProviderFactory(name=f"Provider {n}", approved=n % 2 == 0)
    assert queries_of(client, worker, LIST) == few
    page = said(see(client, worker, LIST, page="2", words="provider"))
    assert "Page 2 of 2" in page
    assert see(client, worker, LIST, page="x").status_code == 200


# -- adding one

TYPED = {
    "name": "Wren Walks",
    "kind": "community",
    "description": "Walks for everyone.",
    "email": "wren@example.org",
    "phone": "01632 960 999",
    "postcode": "wr23ab",
    "cqc_location_id": "",
}


def add(client: Client, who: User, step: str, typed: dict[str, str]) -> Any:
    """Send the form of a new provider with one of its buttons."""
    client.force_login(who)
    return client.post(reverse(NEW), {**typed, "step": step})


def test_a_provider_is_added_after_checking_the_answers(worker: User, client: Client):
    check = add(client, worker, "check", TYPED)
    text = said(check)
    assert "Check before you add the provider" in text
    assert "Community group" in text
    assert "WR2 3AB" in text
    assert not Provider.objects.exists()
    back = add(client, worker, "change", TYPED)
    assert 'value="Wren Walks"' in back.content.decode()
    sent = add(client, worker, "send", TYPED)
    provider = Provider.objects.get()
    assert sent.url == reverse(ONE, args=[provider.reference])
    assert (provider.state, provider.postcode) == (ProviderState.APPLIED, "WR2 3AB")
    page = said(client.get(sent.url))
    assert "Wren Walks is on the list." in page
    assert "3 checks still to do" in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "Enter the provider’s name."),
        ({"kind": ""}, "Say what kind of provider this is."),
        ({"kind": "moon"}, "Choose a kind from the list."),
        ({"email": ""}, "Enter an e-mail address."),
        ({"email": "wren"}, "Enter an e-mail address like name@example.com."),
        ({"postcode": "NOWHERE"}, "Enter a postcode like WR1 2AB."),
        ({"name": "saffron meals"}, "saffron meals is on the list already."),
    ],
)
def test_what_is_wrong_with_a_new_provider_is_said_and_nothing_is_lost(
    applied: Provider, worker: User, client: Client, typed: dict[str, str], sentence: str
):
    answer = add(client, worker, "send", TYPED | typed)
    assert answer.status_code == 200
    assert sentence in said(answer)
    assert "<title>Error: " in answer.content.decode()
    assert "Walks for everyone." in answer.content.decode()
    assert Provider.objects.count() == 1


def test_facts_are_put_right_and_the_record_says_which(
    applied: Provider, worker: User, client: Client
):
    other = ProviderFactory(name="Brightside Home Care")
    url = reverse("providers:change", args=[applied.reference])
    client.force_login(worker)
    assert 'value="Saffron Meals"' in client.get(url).content.decode()
    facts = {"name": "Saffron Meals", "email": "new@example.org", "phone": "01632 960 111", "postcode": "wr2 3ab"}  # fmt: skip
    refused = client.post(url, facts | {"name": other.name})
    assert "Brightside Home Care is on the list already." in said(refused)
    assert 'value="new@example.org"' in refused.content.decode()
    page = said(client.get(client.post(url, facts).url))
    assert "The facts of Saffron Meals are kept." in page
    assert "changed the e-mail address, phone number and postcode" in page
    assert again(applied).email == "new@example.org"
    client.post(url, facts)
    assert AuditEvent.objects.filter(verb="provider.changed").count() == 1
    assert see(client, member_of(applied), "providers:change", applied.reference).status_code == 404


# -- facts, payment account and story


def test_the_page_tells_the_whole_story_in_plain_words(
    applied: Provider, worker: User, officer: User, client: Client
):
    passed(applied, worker)
    providing.approve_provider(provider=applied, by=officer)
    page = said(see(client, worker, ONE, applied.reference))
    for words in (
        "put the provider on the list",
        "published a price: £20.00 for one hour",
        "invited Member of Saffron Meals to sign in",
        "made a check. Safeguarding policy: passed",
        "approved the provider",
    ):
        assert words in page
    assert "provider." not in page.split("What happened")[1].split("Facts")[0]


def test_every_kind_of_event_has_words(applied: Provider, worker: User, client: Client):
    from carebudget.audit.services import record

    for verb in ("payout.opened", "payout.ready", "payout.restricted", "payout.closed", "provider.new_verb"):  # fmt: skip
        record(chain=applied.chain, verb=verb, subject="provider:x", by=None, changes={"bank_changed": verb == "payout.ready"})  # fmt: skip
    page = said(see(client, worker, ONE, applied.reference))
    assert "carebudget saw that the provider can be paid, with new bank details" in page
    assert "saw that the payment account is closed" in page
    assert "provider new verb" in page


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("ready", "Payments go to an account ending in 2345."),
        ("started", "has not given the payment service everything it asks for"),
        ("restricted", "has not given the payment service everything it asks for"),
        ("closed", "The payment service has closed the account."),
        ("", "The provider opens the account themselves"),
    ],
)
def test_the_payment_account_is_shown_in_words(
    applied: Provider, worker: User, client: Client, state: str, sentence: str
):
    if state:
        PayoutAccount.objects.create(
            provider=applied, external_id="acct_1", state=state, bank_last4="2345"
        )
    assert sentence in said(see(client, worker, ONE, applied.reference))


def test_a_closed_provider_is_kept_for_the_record(applied: Provider, officer: User, client: Client):
    applied.close()
    applied.save()
    page = said(see(client, officer, ONE, applied.reference))
    assert "This provider gives no support any more." in page
    refused = do(client, officer, ONE, applied.reference)
    assert "it has already moved on." in said(refused)


def test_more_story_takes_no_more_queries(applied: Provider, worker: User, client: Client):
    passed(applied, worker)
    few = queries_of(client, worker, ONE, applied.reference)
    for n in range(4):
        passed(applied, worker)
        providing.add_rate(
            provider=applied, description=f"Meal {n}", unit="item", rate_pence=100, by=worker
        )
        providing.invite_member(
            provider=applied, email=f"m{n}@example.org", full_name=f"M {n}", by=worker
        )
    assert queries_of(client, worker, ONE, applied.reference) == few


# -- who may do what


def test_who_may_see_the_directory(applied: Provider, client: Client):
    for role in ("worker", "manager", "panel", "finance_officer", "finance_manager", "auditor"):
        who = UserFactory(role=role)
        assert see(client, who, LIST).status_code == 200
        assert see(client, who, ONE, applied.reference).status_code == 200
    for stranger in (UserFactory(role="client"), member_of(applied)):
        assert see(client, stranger, LIST).status_code == 404
        assert see(client, stranger, ONE, applied.reference).status_code == 404
    assert see(client, None, LIST).status_code == 302
    assert see(client, None, ONE, applied.reference).status_code == 302
    assert see(client, UserFactory(role="worker"), ONE, "PRV-XXXXXX").status_code == 404


def test_auditors_and_the_panel_only_read(applied: Provider, client: Client):
    for role in ("auditor", "panel"):
        who = UserFactory(role=role)
        page = said(see(client, who, ONE, applied.reference))
        for words in ("Check again", "Record another check", "Invite somebody", "Add a price"):
            assert words not in page
        assert see(client, who, NEW).status_code == 404
        for name in ("change", "check", "suspend", "rate", "invite"):
            assert see(client, who, f"providers:{name}", applied.reference).status_code == 404
        assert do(client, who, ONE, applied.reference).status_code == 404
        assert (
            do(client, who, "providers:member", applied.reference, member_of(applied).public_id, act="end").status_code
            == 404
        )  # fmt: skip
    assert ProviderMember.objects.get(provider=applied).ended_at is None


def test_nobody_checks_or_approves_their_own_provider(applied: Provider, client: Client):
    """Nobody of the council can be invited; but a member may come to work for the council later."""
    member = member_of(applied)
    for role in (Role.WORKER, Role.MANAGER, Role.FINANCE_OFFICER):
        give_role(user=member, role=role)
    member = User.objects.get(pk=member.pk)
    page = said(see(client, member, ONE, applied.reference))
    assert "You sign in for this provider, so somebody else checks and approves it." in page
    assert "Record another check" not in page
    for name in ("change", "check", "suspend", "rate", "invite"):
        assert see(client, member, f"providers:{name}", applied.reference).status_code == 404
    passed(applied, crew().worker)
    assert "Approve Saffron Meals" not in said(see(client, member, ONE, applied.reference))
    assert do(client, member, ONE, applied.reference).status_code == 404
    for act in (
        lambda: providing.record_check(
            provider=applied, kind=CheckKind.IDENTITY, outcome="passed", by=member
        ),
        lambda: providing.approve_provider(provider=applied, by=member),
        lambda: providing.suspend_provider(provider=applied, reason="x", by=member),
        lambda: providing.invite_member(
            provider=applied, email="x@example.org", full_name="X", by=member
        ),
        lambda: providing.end_membership(provider=applied, user=member, by=member),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert again(applied).state == ProviderState.APPLIED
    other = ProviderFactory(name="Brightside Home Care", approved=False)
    assert see(client, member, CHECK, other.reference).status_code == 200

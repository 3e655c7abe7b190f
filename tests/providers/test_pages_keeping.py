"""Keeping the directory: checks, approving, suspending, prices, and who signs in for a provider."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from carebudget import clock
from carebudget.audit.models import AuditEvent
from carebudget.notify.models import Message
from carebudget.people.models import Role, User
from providers import services as providing
from providers.models import (
    REQUIRED_CHECKS,
    Provider,
    ProviderCheck,
    ProviderMember,
    ProviderRate,
    ProviderState,
)
from tests.factories.worlds import ProviderFactory, crew, finance, member_of
from tests.payments.provider_world import said, typed_date
from tests.plans.page_world import do, see

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


# -- checks


def test_a_check_is_recorded_shown_and_told(applied: Provider, worker: User, client: Client):
    until = clock.today() + timedelta(days=200)
    page = see(client, worker, CHECK, applied.reference, kind="insurance")
    assert 'value="insurance" checked' in page.content.decode()
    sent = do(
        client, worker, CHECK, applied.reference, kind="insurance", outcome="passed", note="Policy 12",
        **typed_date("expires_on", until),
    )  # fmt: skip
    page = said(client.get(sent.url))
    assert "Insurance: passed is in the record. 2 still to do." in page
    assert f"Until {until:%-d %B %Y}. Policy 12." in page
    assert "made a check. Insurance: passed" in page
    message = Message.objects.get(to=member_of(applied), title="Insurance: passed")
    assert "Policy 12." in message.body


def test_the_last_check_says_that_it_can_be_approved(
    applied: Provider, worker: User, client: Client
):
    passed(applied, worker, "identity", "insurance")
    sent = do(
        client, worker, CHECK, applied.reference, kind="safeguarding", outcome="passed", note=""
    )
    assert "Every check has passed, so it can be approved." in said(client.get(sent.url))


def test_a_check_that_did_not_pass_says_why(applied: Provider, worker: User, client: Client):
    wrong = do(
        client, worker, CHECK, applied.reference, kind="insurance", outcome="failed", note=""
    )
    assert "Say why it did not pass" in said(wrong)
    assert not ProviderCheck.objects.exists()
    sent = do(
        client, worker, CHECK, applied.reference, kind="insurance", outcome="failed", note="Too old"
    )
    page = said(client.get(sent.url))
    assert "Insurance: not passed is in the record." in page
    assert "Not passed" in page
    body = Message.objects.get(to=member_of(applied), title="Insurance: not passed").body
    assert "Too old. Send us what is missing" in body


def test_a_failed_check_of_an_approved_provider_warns(worker: User, client: Client):
    bright = ProviderFactory(name="Brightside Home Care")
    sent = do(
        client, worker, CHECK, bright.reference, kind="insurance", outcome="failed", note="Lapsed"
    )
    assert "Suspend it if it is not safe." in said(client.get(sent.url))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"kind": ""}, "Say what you checked."),
        ({"kind": "moon"}, "Choose what you checked from the list."),
        ({"outcome": ""}, "Say whether it passed."),
        ({"outcome": "maybe"}, "Choose passed or not passed."),
        ({"note": "x" * 201}, "at most 200 characters"),
        ({"expires_on_day": "1"}, "The date must include a month and a year"),
        (
            {"expires_on_day": "1", "expires_on_month": "1", "expires_on_year": "2020"},
            "This ran out in the past, so it cannot have passed.",
        ),
    ],
)
def test_a_bad_check_is_refused_beside_its_field(
    applied: Provider, worker: User, client: Client, typed: dict[str, str], sentence: str
):
    given = {"kind": "insurance", "outcome": "passed", "note": "Policy 12", **typed}
    answer = do(client, worker, CHECK, applied.reference, **given)
    assert answer.status_code == 200
    assert sentence in said(answer)
    assert given["note"] in answer.content.decode()
    assert not ProviderCheck.objects.exists()


# -- approving and suspending


def test_a_provider_is_approved_once_every_check_has_passed(
    applied: Provider, worker: User, officer: User, client: Client
):
    page = said(see(client, officer, ONE, applied.reference))
    assert "3 checks still to do" in page
    assert "Approve Saffron Meals" not in page
    refused = do(client, officer, ONE, applied.reference)
    assert "Not every check has passed yet. Finish the checks that are still open." in said(refused)
    assert "<title>Error: " in refused.content.decode()
    assert again(applied).state == ProviderState.APPLIED
    passed(applied, worker)
    assert "Approve Saffron Meals" in said(see(client, officer, ONE, applied.reference))
    sent = do(client, officer, ONE, applied.reference)
    page = said(client.get(sent.url))
    assert "Saffron Meals is approved" in page
    assert "It cannot be paid before it has set up how it is paid." in page
    assert again(applied).is_approved
    assert Message.objects.filter(to=member_of(applied), title="Saffron Meals is checked").exists()
    assert do(client, officer, ONE, applied.reference).status_code == 302
    assert Message.objects.filter(title="Saffron Meals is checked").count() == 1


def test_a_worker_sees_that_somebody_else_approves(applied: Provider, worker: User, client: Client):
    passed(applied, worker)
    page = said(see(client, worker, ONE, applied.reference))
    assert "A team manager or finance approves it." in page
    answer = do(client, worker, ONE, applied.reference)
    assert answer.status_code == 404
    assert again(applied).state == ProviderState.APPLIED


def test_there_is_nothing_to_confirm_before_it_is_approved(
    applied: Provider, officer: User, client: Client
):
    sent = see(client, officer, "providers:approved", applied.reference)
    assert sent.url == reverse(ONE, args=[applied.reference])


def test_a_provider_is_suspended_with_a_reason_and_approved_again(officer: User, client: Client):
    bright = ProviderFactory(name="Brightside Home Care")
    name = "providers:suspend"
    page = said(see(client, officer, name, bright.reference))
    assert "Nobody is supported by it now." in page
    refused = do(client, officer, name, bright.reference, reason=" ")
    assert "Give a reason. It is kept in the record." in said(refused)
    assert again(bright).is_approved
    sent = do(client, officer, name, bright.reference, reason="No insurance.")
    page = said(client.get(sent.url))
    assert "is suspended, and has been told why." in page
    assert "suspended the provider No insurance." in page
    assert Message.objects.filter(to=member_of(bright), body__contains="No insurance.").exists()
    twice = do(client, officer, name, bright.reference, reason="Once more.")
    assert "it has already moved on." in said(twice)
    assert "Once more." in twice.content.decode()
    do(client, officer, ONE, bright.reference)
    assert again(bright).is_approved


# -- prices


def test_a_price_is_published_by_the_council_too(applied: Provider, worker: User, client: Client):
    name = "providers:rate"
    wrong = do(client, worker, name, applied.reference, description="Hot lunch", rate_pence="0", unit="item")  # fmt: skip
    assert "Enter what one costs." in said(wrong)
    assert 'value="Hot lunch"' in wrong.content.decode()
    sent = do(client, worker, name, applied.reference, description="Hot lunch", rate_pence="8.20", unit="item")  # fmt: skip
    page = said(client.get(sent.url))
    assert "Hot lunch £8.20 for one item" in page
    assert "published a price: £8.20 for one item" in page
    assert ProviderRate.objects.filter(provider=applied).count() == 2


# -- people


def test_an_invitation_and_its_message_are_one_act(applied: Provider, worker: User, client: Client):
    sent = do(
        client, worker, "providers:invite", applied.reference, full_name="Ned Ward", email="Ned@Example.org"
    )  # fmt: skip
    page = said(client.get(sent.url))
    assert "An invitation is on its way to ned@example.org." in page
    assert "Has not come in yet" in page
    assert "invited Ned Ward to sign in" in page
    message = Message.objects.get(to__email="ned@example.org")
    assert message.href.startswith("/invitation/")
    assert "You can sign in for Saffron Meals" in message.title
    came = Client().post(message.href, {"password": "three words here"})
    assert came.status_code == 302
    assert see(client, User.objects.get(email="ned@example.org"), "payments:provider_desk")


def test_no_invitation_is_left_when_its_message_cannot_be_kept(
    applied: Provider, worker: User, monkeypatch: pytest.MonkeyPatch
):
    from providers.services import members

    def broken(**kwargs: Any) -> None:
        raise RuntimeError("no message")

    monkeypatch.setattr(members, "send_message", broken)
    with pytest.raises(RuntimeError):
        providing.invite_member(
            provider=applied, email="ned@example.org", full_name="Ned Ward", by=worker
        )
    assert not User.objects.filter(email="ned@example.org").exists()
    assert ProviderMember.objects.filter(provider=applied).count() == 1


def test_somebody_who_signs_in_already_needs_no_link(
    applied: Provider, worker: User, client: Client
):
    other = member_of(ProviderFactory(name="Brightside Home Care"))
    sent = do(
        client, worker, "providers:invite", applied.reference, full_name="Any Name", email=other.email
    )  # fmt: skip
    assert "signs in already, and can now act for Saffron Meals." in said(client.get(sent.url))
    message = Message.objects.get(to=other, title="You can sign in for Saffron Meals")
    assert message.href == "/provider/"
    assert other.has_perm("providers.member", applied)


def test_whom_one_cannot_invite(applied: Provider, worker: User, officer: User, client: Client):
    name = "providers:invite"
    member = member_of(applied)
    cases = {
        officer.email: "The officer works for the council.",
        member.email: "Member of Saffron Meals signs in for this provider already.",
        "": "Enter their e-mail address.",
        "ned": "Enter an e-mail address like name@example.com.",
    }
    for email, sentence in cases.items():
        answer = do(client, worker, name, applied.reference, full_name="Ned Ward", email=email)
        assert sentence in said(answer)
        assert 'value="Ned Ward"' in answer.content.decode()
    assert ProviderMember.objects.filter(provider=applied).count() == 1
    assert Role.PROVIDER not in User.objects.get(pk=officer.pk).roles


def test_a_lost_invitation_is_sent_again(applied: Provider, worker: User, client: Client):
    user, first = providing.invite_member(
        provider=applied, email="ned@example.org", full_name="Ned Ward", by=worker
    )
    name = "providers:member"
    page = said(see(client, worker, name, applied.reference, user.public_id))
    assert "Has not come in yet" in page
    sent = do(client, worker, name, applied.reference, user.public_id, act="again")
    assert "An invitation is on its way" in said(client.get(sent.url))
    links = set(Message.objects.filter(to=user).values_list("href", flat=True))
    assert len(links) == 2
    assert f"/invitation/{first}/" in links
    assert ProviderMember.objects.filter(provider=applied, user=user).count() == 1


def test_who_leaves_is_let_go(applied: Provider, worker: User, client: Client):
    member = member_of(applied)
    name = "providers:member"
    assert "Have they left?" in said(see(client, worker, name, applied.reference, member.public_id))
    sent = do(client, worker, name, applied.reference, member.public_id, act="end")
    page = said(client.get(sent.url))
    assert "does not sign in for Saffron Meals any more." in page
    assert f"ended the sign-in of {member.full_name}" in page
    assert "Nobody yet." in page
    gone = User.objects.get(pk=member.pk)
    assert Role.PROVIDER not in gone.roles
    assert see(client, gone, "payments:provider_desk").status_code == 404
    assert see(client, worker, name, applied.reference, member.public_id).status_code == 404
    providing.end_membership(provider=applied, user=gone, by=worker)
    assert AuditEvent.objects.filter(verb="provider.member_ended").count() == 1


def test_ending_what_never_was_is_refused(applied: Provider, worker: User):
    from carebudget.errors import Refused

    with pytest.raises(Refused, match="does not sign in for Saffron Meals"):
        providing.end_membership(provider=applied, user=worker, by=worker)


def test_who_speaks_for_another_provider_too_keeps_the_role(applied: Provider, worker: User):
    other = ProviderFactory(name="Brightside Home Care")
    member = member_of(other)
    providing.invite_member(
        provider=applied, email=member.email, full_name=member.full_name, by=worker
    )
    providing.end_membership(provider=applied, user=member, by=worker)
    assert Role.PROVIDER in User.objects.get(pk=member.pk).roles

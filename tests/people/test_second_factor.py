"""The second step of signing in, from setting up the app to the day when the phone is lost."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core import mail
from django.test import Client
from django.urls import reverse

from carebudget.desks.selectors.demo import code_now
from carebudget.people.middleware import WANTED
from carebudget.people.models import Role, User
from carebudget.people.services import invite_user
from tests.people.signing_in_world import (
    PASSWORD,
    SECRET,
    half_a_minute_later,
    is_ours,
    person,
    recovery_codes,
    said,
    sign_in,
    type_code,
    with_app,
    worker,
)

pytestmark = pytest.mark.django_db
ACTIVATE = "/accounts/2fa/totp/activate/"


@pytest.fixture(autouse=True)
def _required(settings: Any, db: None) -> Iterator[None]:
    settings.SECOND_FACTOR_REQUIRED_FOR_STAFF = True
    yield
    half_a_minute_later()


def shown_secret(page: Any) -> str:
    found = re.search(r'cb-secret">([A-Z2-7 ]+)<', page.content.decode())
    assert found is not None
    return found[1].replace(" ", "")


def signed_in_long_ago(client: Client) -> None:
    session = client.session
    records = session[AUTHENTICATION_METHODS_SESSION_KEY]
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{**r, "at": r["at"] - 301} for r in records]
    session.save()


@pytest.mark.django_db(transaction=True)
def test_staff_set_up_an_app_and_come_back_to_where_they_were_going(client: Client):
    samira = worker()
    wanted = reverse("notify:messages") + "?page=2"
    away = client.get(wanted)
    assert sign_in(client, samira.email, next=wanted).url == wanted
    assert away.status_code == 302
    assert client.get(wanted).url == ACTIVATE

    page = client.get(ACTIVATE)
    assert "Set up your authenticator app" in said(page)
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()
    secret = shown_secret(page)
    assert f"secret={secret}" in page.content.decode()

    wrong = client.post(ACTIVATE, {"code": "000000" if code_now(secret) != "000000" else "111111"})
    assert "This is not the right code. Type the one that the app shows now." in said(wrong)
    assert shown_secret(wrong) == secret
    assert client.get(wanted).url == ACTIVATE

    done = client.post(ACTIVATE, {"code": code_now(secret)})
    assert done.url == reverse("mfa_view_recovery_codes")
    assert mail.outbox[-1].subject == "Your authenticator app is set up"
    codes = client.get(done.url)
    assert "Your authenticator app is set up." in said(codes)
    assert len(recovery_codes(samira)) == 10
    assert f"{recovery_codes(samira)[0][:4]} {recovery_codes(samira)[0][4:]}" in said(codes)
    assert f'href="{wanted}"' in codes.content.decode()
    assert client.get(wanted).status_code == 200
    assert WANTED not in client.session


def test_a_form_that_was_sent_is_not_where_somebody_comes_back_to(client: Client):
    sign_in(client, worker().email)
    assert client.post(reverse("plans:refer"), {}).url == ACTIVATE
    assert WANTED not in client.session


def test_staff_without_an_app_see_nothing_but_what_is_public(client: Client):
    client.force_login(worker())
    for name in ("notify:messages", "desks:your_sign_in", "mfa_index", "account_change_password"):
        assert client.get(reverse(name)).url == ACTIVATE
    assert client.get(reverse("desks:open_figures")).status_code == 200
    assert client.post(reverse("account_logout")).url == "/"


@pytest.mark.parametrize("role", list(Role))
def test_the_app_is_asked_of_council_staff_and_of_nobody_else(client: Client, role: Role):
    client.force_login(person("x@example.org", role))
    page = client.get(reverse("notify:messages"))
    staff = role not in (Role.CLIENT, Role.REPRESENTATIVE, Role.PROVIDER)
    assert (page.status_code == 302) == staff


def test_signing_in_asks_for_the_code_and_keeps_the_way(client: Client):
    samira = with_app(worker())
    wanted = reverse("notify:messages")
    sent = sign_in(client, samira.email, next=wanted)
    assert sent.url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert client.get(wanted).status_code == 302
    page = client.get(sent.url)
    assert is_ours(page)
    assert "Your password is right." in said(page)
    assert 'autocomplete="one-time-code"' in page.content.decode()
    assert "This is not the right code." in said(type_code(client, "12345"))
    assert "Enter the code." in said(client.post(reverse("mfa_authenticate"), {"code": ""}))
    assert type_code(client).url == wanted
    assert client.get(wanted).status_code == 200


def test_a_code_works_once(client: Client):
    samira = with_app(worker())
    sign_in(client, samira.email)
    code = code_now(SECRET)
    assert type_code(client, code).status_code == 302
    second = Client()
    sign_in(second, samira.email)
    if code_now(SECRET) == code:
        assert "This is not the right code." in said(type_code(second, code))
    half_a_minute_later()
    assert type_code(second).status_code == 302


def test_a_recovery_code_lets_in_once(client: Client):
    samira = with_app(worker())
    code = recovery_codes(samira)[3]
    sign_in(client, samira.email)
    assert type_code(client, f"{code[:4]} {code[4:]}").url == "/"
    again = Client()
    sign_in(again, samira.email)
    assert "This is not the right code." in said(type_code(again, code))
    assert len(recovery_codes(samira)) == 9


def test_guessing_codes_ends_after_five_tries(client: Client):
    samira = with_app(worker())
    sign_in(client, samira.email)
    for _ in range(5):
        type_code(client, "12345")
    late = type_code(client)
    assert "There were too many tries. Wait five minutes, then try again." in said(late)
    assert "_auth_user_id" not in client.session


def test_the_code_page_alone_leads_to_signing_in(client: Client):
    assert client.get(reverse("mfa_authenticate")).url == reverse("account_login")


def test_somebody_who_has_typed_a_password_can_stop(client: Client):
    samira = with_app(worker())
    sign_in(client, samira.email)
    assert client.get(reverse("account_login")).url == reverse("mfa_authenticate")
    stopped = client.post(reverse("account_logout"), {"next": reverse("account_login")})
    assert stopped.url == reverse("account_login")
    assert client.get(reverse("account_login")).status_code == 200


def test_setting_up_an_app_asks_for_the_password_when_signing_in_is_long_ago(client: Client):
    ruth = person()
    sign_in(client, ruth.email)
    assert client.get(ACTIVATE).status_code == 200
    signed_in_long_ago(client)
    asked = client.get(ACTIVATE)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    page = client.get(asked.url)
    assert "Type your password again" in said(page)
    wrong = client.post(asked.url, {"password": "not this one", "next": ACTIVATE})
    assert "This is not your password. Try again." in said(wrong)
    right = client.post(asked.url, {"password": PASSWORD, "next": ACTIVATE})
    assert right.url == ACTIVATE
    assert client.get(ACTIVATE).status_code == 200


def test_a_password_that_was_reset_does_not_bar_the_way_to_the_app(client: Client):
    samira = worker()
    client.post(reverse("account_reset_password"), {"email": samira.email})
    link = re.search(r"http://testserver(\S+)", mail.outbox[-1].body)[1]
    address = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(address, {"password1": "four other words now"})
    sign_in(client, samira.email, "four other words now")
    assert client.get(ACTIVATE).status_code == 200


def test_an_invited_colleague_goes_from_the_invitation_to_the_app_without_typing_twice(
    client: Client,
):
    user = User.objects.create_user("new@example.org", None, full_name="New Colleague")
    user.role_holdings.create(role=Role.WORKER)
    _, token = invite_user(user=user, by=None)
    client.post(reverse("people:invitation", args=[token]), {"password": PASSWORD})
    assert client.get(reverse("notify:messages")).url == ACTIVATE
    page = client.get(ACTIVATE)
    assert client.post(ACTIVATE, {"code": code_now(shown_secret(page))}).status_code == 302


def test_staff_change_to_another_phone_and_set_it_up_at_once(client: Client):
    samira = with_app(worker())
    sign_in(client, samira.email)
    type_code(client)
    page = client.get(reverse("mfa_deactivate_totp"))
    assert "You set up the new app straight away" in said(page)
    done = client.post(reverse("mfa_deactivate_totp"))
    assert done.status_code == 302
    assert client.get(done.url).url == ACTIVATE
    assert not Authenticator.objects.filter(user=samira).exists()
    assert mail.outbox[-1].subject == "Your authenticator app was taken away"
    assert client.post(ACTIVATE, {"code": code_now(shown_secret(client.get(ACTIVATE)))}).url == (
        reverse("mfa_view_recovery_codes")
    )


def test_somebody_with_a_budget_may_take_the_second_step_away(client: Client):
    ruth = with_app(person())
    sign_in(client, ruth.email)
    type_code(client)
    assert "Your authenticator app" in said(client.get(reverse("mfa_index")))
    done = client.post(reverse("mfa_deactivate_totp"), follow=True)
    assert "Your authenticator app is taken away." in said(done)
    assert "No authenticator app yet" in said(done)


@pytest.mark.django_db(transaction=True)
def test_recovery_codes_are_made_anew_and_saved_as_a_file(client: Client):
    ruth = with_app(person())
    old = recovery_codes(ruth)
    sign_in(client, ruth.email)
    type_code(client)
    asked = client.get(reverse("mfa_generate_recovery_codes"))
    assert "The 10 that you have left stop working at once." in said(asked)
    client.post(reverse("mfa_generate_recovery_codes"))
    assert mail.outbox[-1].subject == "You have new recovery codes"
    assert set(recovery_codes(ruth)).isdisjoint(old)
    file = client.get(reverse("mfa_download_recovery_codes"))
    assert file["Content-Type"].startswith("text/plain")
    text = file.content.decode()
    assert "Recovery codes for carebudget at Wrenbury Council, for ruth@example.org." in text
    assert all(code in text for code in recovery_codes(ruth))


def test_used_up_codes_say_so(client: Client):
    ruth = with_app(person())
    app = Authenticator.objects.get(user=ruth, type=Authenticator.Type.RECOVERY_CODES)
    app.data["used_mask"] = 0b1111111111
    app.save()
    sign_in(client, ruth.email)
    type_code(client)
    assert "You have used all of your codes." in said(
        client.get(reverse("mfa_view_recovery_codes"))
    )
    assert client.get(reverse("mfa_download_recovery_codes")).status_code == 404


def test_codes_are_shown_to_nobody_who_has_no_app(client: Client):
    client.force_login(person())
    for name in ("mfa_view_recovery_codes", "mfa_download_recovery_codes", "mfa_deactivate_totp"):
        assert client.get(reverse(name)).status_code in (302, 404)
    assert "cb-codes" not in client.get(reverse("mfa_index")).content.decode()


def test_somebody_without_a_password_and_app_cannot_show_who_they_are(client: Client):
    ruth = person()
    ruth.set_unusable_password()
    ruth.save()
    client.force_login(ruth)
    refused = client.get(reverse("account_reauthenticate"))
    assert refused.status_code == 403
    assert "you need a password first" in said(refused)


def test_what_the_app_shares_with_us_is_sealed_in_the_database(client: Client, settings: Any):
    samira = with_app(worker())
    stored = Authenticator.objects.get(user=samira, type=Authenticator.Type.TOTP).data["secret"]
    assert SECRET not in stored
    adapter = get_adapter()
    assert adapter.decrypt(stored) == SECRET
    assert adapter.decrypt(SECRET) == SECRET, "kept before secrets were sealed"

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" * 6
    assert adapter.decrypt(stored) == SECRET
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(InvalidToken):
        adapter.decrypt(stored)

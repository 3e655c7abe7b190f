"""Signing in and out with a password, and getting back in without one."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from carebudget.people.models import User
from tests.people.signing_in_world import PASSWORD, is_ours, person, said, sign_in, title, with_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def ruth() -> User:
    return person()


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_every_page_before_signing_in_is_ours_and_has_its_own_title(client: Client, ruth: User):
    client_of_link = Client()
    link = reset_link(client_of_link)
    pages = [
        client.get(reverse(name))
        for name in (
            "account_login",
            "account_signup",
            "account_inactive",
            "account_reset_password",
            "account_reset_password_done",
            "account_reset_password_from_key_done",
        )
    ]
    pages.append(client_of_link.get(link, follow=True))
    pages.append(client.get(reverse("account_reset_password_from_key", args=["1", "no-key"])))
    assert all(is_ours(page) for page in pages)
    assert len({title(page) for page in pages}) == len(pages)


def test_every_page_of_somebody_signed_in_is_ours_and_has_its_own_title(client: Client, ruth: User):
    with_app(ruth)
    client.force_login(ruth)
    pages = [client.get(reverse(name)) for name in ("account_logout", "account_change_password", "account_reauthenticate", "mfa_reauthenticate", "mfa_index", "desks:your_sign_in")]  # fmt: skip
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    pages += [client.get(reverse(name)) for name in ("mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes")]  # fmt: skip
    other = person("tom@example.org", name="Tom Reeve")
    client.force_login(other)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    pages.append(client.get(reverse("mfa_activate_totp")))
    other.set_unusable_password()
    other.save()
    client.force_login(other)
    pages.append(client.get(reverse("account_set_password")))
    assert [title(page) for page in pages if not is_ours(page)] == []
    assert len({title(page) for page in pages}) == len(pages)


def test_a_page_of_the_library_that_is_not_written_anew_still_looks_like_ours(rf: Any):
    request = rf.get("/")
    request.user = AnonymousUser()
    html = render_to_string("account/verified_email_required.html", {}, request)
    assert "cb-header" in html
    assert "Menu:" not in html


def test_signing_in_leads_where_somebody_was_going(client: Client, ruth: User):
    wanted = reverse("notify:messages")
    away = client.get(wanted)
    assert away.url == f"{reverse('account_login')}?next={wanted}"
    page = client.get(away.url).content.decode()
    assert f'<input type="hidden" name="next" value="{wanted}">' in page
    sent = sign_in(client, "ruth@example.org", next=wanted)
    assert sent.url == wanted
    assert client.get(wanted).status_code == 200


def test_signing_in_leads_to_the_desk(client: Client, ruth: User):
    sent = sign_in(client, "RUTH@example.org ")
    assert sent.url == "/"
    assert signed_in(client)


def test_nobody_is_led_to_another_site(client: Client, ruth: User):
    assert sign_in(client, "ruth@example.org", next="https://evil.example/").url == "/"
    client.post(reverse("account_logout"))
    assert client.post(reverse("account_logout"), {"next": "//evil.example"}).url == "/"


def test_a_wrong_password_and_an_unknown_address_read_the_same(client: Client, ruth: User):
    wrong = sign_in(client, "ruth@example.org", "not this one")
    unknown = sign_in(Client(), "nobody@example.org", "not this one")
    sentence = "This e-mail address and password do not go together. Check both and try again."
    assert wrong.status_code == unknown.status_code == 200
    assert sentence in said(wrong)
    assert said(wrong) == said(unknown)
    assert title(wrong).startswith("Error: ")
    assert 'value="ruth@example.org"' in wrong.content.decode()
    assert not signed_in(client)


def test_the_page_asks_for_what_is_missing(client: Client):
    page = said(sign_in(client, "", ""))
    assert "Enter your e-mail address." in page
    assert "Enter your password." in page
    assert "Enter an e-mail address, like name@example.org" in said(sign_in(client, "ruth", "x"))


def test_somebody_who_is_switched_off_is_told_only_with_the_right_password(
    client: Client, ruth: User
):
    User.objects.filter(pk=ruth.pk).update(is_active=False)
    right = sign_in(client, "ruth@example.org")
    assert right.url == reverse("account_inactive")
    assert "Your sign-in is switched off" in said(client.get(right.url))
    assert not signed_in(client)
    wrong = sign_in(Client(), "ruth@example.org", "not this one")
    assert "do not go together" in said(wrong)


def test_after_five_tries_even_the_right_password_waits(client: Client, ruth: User):
    for _ in range(5):
        sign_in(client, "ruth@example.org", "not this one")
    late = sign_in(client, "ruth@example.org")
    assert "There were too many tries. Wait five minutes, then try again." in said(late)
    assert not signed_in(client)
    for _ in range(5):
        sign_in(client, "nobody@example.org", "not this one")
    assert "too many tries" in said(sign_in(client, "nobody@example.org"))


def test_too_many_tries_from_one_place_get_a_page_in_words(client: Client, ruth: User):
    for _ in range(30):
        client.post(reverse("account_login"), {"login": "", "password": ""})
    refused = sign_in(client, "ruth@example.org")
    assert refused.status_code == 429
    assert "Please wait a little" in said(refused)
    assert "cb-header" in refused.content.decode()


def test_tries_are_counted_for_the_caller_and_not_for_the_proxy(client: Client, settings: Any):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for _ in range(31):
        last = client.post(reverse("account_login"), {}, headers={"x-forwarded-for": "192.0.2.1"})
    assert last.status_code == 429
    other = client.post(reverse("account_login"), {}, headers={"x-forwarded-for": "192.0.2.2"})
    assert other.status_code == 200


def test_signing_out_ends_the_session(client: Client, ruth: User):
    client.force_login(ruth)
    before = client.session.session_key
    page = client.get(reverse("account_logout"))
    assert "You are signed in as Ruth Ashdown." in said(page)
    sent = client.post(reverse("account_logout"), follow=True)
    assert sent.redirect_chain == [("/", 302)]
    assert "You have signed out." in said(sent)
    assert not signed_in(client)
    assert client.session.session_key != before
    assert client.get(reverse("notify:messages")).status_code == 302


def test_signing_out_when_signed_out_leads_to_the_start(client: Client):
    assert client.get(reverse("account_logout")).url == "/"
    assert client.post(reverse("account_logout")).url == "/"


def test_nobody_signs_up_by_themselves(client: Client):
    form = {"email": "new@example.org", "password1": "four good words here", "password2": "four good words here"}  # fmt: skip
    for page in (client.get(reverse("account_signup")), client.post(reverse("account_signup"), form)):  # fmt: skip
        assert "You do not sign up yourself." in said(page)
        assert f'href="{reverse("plans:ask_for_help")}"' in page.content.decode()
    assert not User.objects.filter(email="new@example.org").exists()


# -- a forgotten password --------------------------------------------------------------------


def ask_for_link(client: Client, email: str = "ruth@example.org") -> Any:
    return client.post(reverse("account_reset_password"), {"email": email})


def reset_link(client: Client) -> str:
    ask_for_link(client)
    found = re.search(r"http://testserver(\S+)", mail.outbox[-1].body)
    assert found is not None
    return found[1]


def test_a_forgotten_password_is_replaced_in_four_steps(client: Client, ruth: User):
    elsewhere = Client()
    elsewhere.force_login(ruth)
    assert "Type your e-mail address." in said(client.get(reverse("account_reset_password")))
    sent = ask_for_link(client)
    assert sent.url == reverse("account_reset_password_done")
    assert "Look at your e-mail" in said(client.get(sent.url))
    message = mail.outbox[-1]
    assert message.subject == "Choose a new password"
    assert message.to == ["ruth@example.org"]
    assert "for ruth@example.org" in message.body
    assert "Wrenbury Council" in message.body
    link = re.search(r"http://testserver(\S+)", message.body)[1]
    form = client.get(link, follow=True)
    address = form.redirect_chain[-1][0]
    assert link.split("-")[-1].strip("/") not in address
    weak = client.post(address, {"password1": "1234567890"})
    assert "too common" in said(weak)
    done = client.post(address, {"password1": "four other words now"}, follow=True)
    assert "Your password is changed" in said(done)
    assert mail.outbox[-1].subject == "Your password was changed"
    assert "If it was not you, call us straight away." in mail.outbox[-1].body
    assert sign_in(Client(), "ruth@example.org", "four other words now").url == "/"
    assert "do not go together" in said(sign_in(Client(), "ruth@example.org", PASSWORD))
    assert elsewhere.get(reverse("notify:messages")).status_code == 302


def test_the_link_of_a_forgotten_password_works_once(client: Client, ruth: User):
    link = reset_link(client)
    address = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(address, {"password1": "four other words now"})
    again = Client().get(link)
    assert "This link does not work any more" in said(again)
    assert f'href="{reverse("account_reset_password")}"' in again.content.decode()
    second = client.post(address, {"password1": "yet more other words"})
    assert "This link does not work any more" in said(second)
    ruth.refresh_from_db()
    assert ruth.check_password("four other words now")


def test_asking_for_a_link_tells_nobody_whether_an_address_is_known(client: Client, ruth: User):
    known, unknown = ask_for_link(client), ask_for_link(Client(), "nobody@example.org")
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    to_nobody = mail.outbox[-1]
    assert to_nobody.to == ["nobody@example.org"]
    assert "Nobody signs in with this address" in to_nobody.body
    assert "http://testserver/ask-for-help/" in to_nobody.body
    assert "signup" not in to_nobody.body


def test_asking_for_links_without_end_is_refused_in_words(client: Client, ruth: User):
    for _ in range(5):
        assert ask_for_link(client).status_code == 302
    refused = ask_for_link(client)
    assert refused.status_code == 429
    assert "Please wait a little" in said(refused)
    assert len(mail.outbox) == 5


def test_no_link_goes_to_somebody_who_is_switched_off(client: Client, ruth: User):
    User.objects.filter(pk=ruth.pk).update(is_active=False)
    ask_for_link(client)
    assert "Nobody signs in with this address" in mail.outbox[-1].body


# -- changing a password ---------------------------------------------------------------------


def test_changing_the_password_keeps_this_session_and_ends_the_others(client: Client, ruth: User):
    elsewhere = Client()
    elsewhere.force_login(ruth)
    client.force_login(ruth)
    address = reverse("account_change_password")
    form = client.get(address).content.decode()
    assert form.count('type="password"') == 2
    done = client.post(
        address, {"oldpassword": PASSWORD, "password1": "four other words now"}, follow=True
    )
    assert "Your password is changed." in said(done)
    assert client.get(reverse("notify:messages")).status_code == 200
    assert elsewhere.get(reverse("notify:messages")).status_code == 302
    assert mail.outbox[-1].subject == "Your password was changed"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("not this one", "four other words now", "This is not the password you have now. Try again."),
        (PASSWORD, "short", "at least 10 characters"),
        (PASSWORD, "", "Choose a password."),
        ("", "four other words now", "Enter your password."),
        (PASSWORD, "ruth@example.org", "too similar"),
    ],
)  # fmt: skip
def test_a_password_that_cannot_be_changed_says_why(
    client: Client, ruth: User, old: str, new: str, sentence: str
):
    client.force_login(ruth)
    answer = client.post(reverse("account_change_password"), {"oldpassword": old, "password1": new})
    assert sentence in said(answer)
    assert title(answer).startswith("Error: ")
    ruth.refresh_from_db()
    assert ruth.check_password(PASSWORD)


def test_somebody_without_a_password_sets_one(client: Client, ruth: User):
    ruth.set_unusable_password()
    ruth.save()
    client.force_login(ruth)
    assert client.get(reverse("account_change_password")).url == reverse("account_set_password")
    assert "None yet." in said(client.get(reverse("desks:your_sign_in")))
    done = client.post(
        reverse("account_set_password"), {"password1": "four other words now"}, follow=True
    )
    assert "Your password is set." in said(done)
    assert mail.outbox[-1].subject == "Your password was set"


def test_your_sign_in_shows_who_you_are_and_where_to_change_it(client: Client, ruth: User):
    assert client.get(reverse("desks:your_sign_in")).status_code == 302
    client.force_login(ruth)
    page = client.get(reverse("desks:your_sign_in"))
    assert "ruth@example.org" in said(page)
    assert "Off. Your password alone lets you in." in said(page)
    for name in ("account_change_password", "mfa_index", "account_logout"):
        assert reverse(name) in page.content.decode()
    assert reverse("desks:your_sign_in") in client.get(reverse("notify:messages")).content.decode()

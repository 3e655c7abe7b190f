"""The page behind an invitation's link: choose a password and come in, once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from carebudget import clock
from carebudget.people.models import Role, User
from carebudget.people.services import give_role, invite_user


@pytest.fixture
def invited(db: None) -> tuple[User, str]:
    user = User.objects.create_user("ruth@example.org", None, full_name="Ruth Ashdown")
    give_role(user=user, role=Role.REPRESENTATIVE)
    _, token = invite_user(user=user, by=None)
    return user, token


def link(token: str) -> str:
    return reverse("people:invitation", args=[token])


def test_the_link_greets_by_name_and_asks_for_one_password(
    invited: tuple[User, str], client: Client
):
    page = client.get(link(invited[1])).content.decode()
    assert "Welcome, Ruth Ashdown" in page
    assert page.count('type="password"') == 1
    assert 'autocomplete="new-password"' in page


def test_choosing_a_password_signs_in(invited: tuple[User, str], client: Client):
    user, token = invited
    sent = client.post(link(token), {"password": "three words here"})
    assert sent.url == "/"
    assert client.session["_auth_user_id"] == str(user.pk)
    user.refresh_from_db()
    assert user.check_password("three words here")


def test_the_link_works_only_once(invited: tuple[User, str], client: Client):
    client.post(link(invited[1]), {"password": "three words here"})
    again = Client().get(link(invited[1]))
    assert again.status_code == 410
    assert "This invitation has been used" in again.content.decode()
    assert Client().post(link(invited[1]), {"password": "other words here"}).status_code == 410
    invited[0].refresh_from_db()
    assert invited[0].check_password("three words here")


def test_an_old_link_says_what_to_do(invited: tuple[User, str], client: Client):
    with clock.travel(clock.now() + timedelta(days=15)):
        page = client.get(link(invited[1]))
    assert page.status_code == 410
    assert "This invitation is too old." in page.content.decode()
    assert "Ask for a new one." in page.content.decode()


def test_a_made_up_link_gives_nothing_away(db: None, client: Client):
    page = client.get(link("x" * 32))
    assert page.status_code == 410
    assert "the link is not complete" in page.content.decode()


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("", "Choose a password."),
        ("short", "at least 10 characters"),
        ("1234567890", "too common"),
        ("ruth@example.org", "too similar"),
    ],
)
def test_a_weak_password_is_refused_beside_the_field(
    invited: tuple[User, str], client: Client, password: str, sentence: str
):
    answer = client.post(link(invited[1]), {"password": password})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    invited[0].refresh_from_db()
    assert not invited[0].has_usable_password()


def test_somebody_else_who_is_signed_in_is_signed_out(invited: tuple[User, str], client: Client):
    other = User.objects.create_user("tom@example.org", "a password here", full_name="Tom Reeve")
    client.force_login(other)
    assert "Tom Reeve" in client.get(link(invited[1])).content.decode()
    client.post(link(invited[1]), {"password": "three words here"})
    assert client.session["_auth_user_id"] == str(invited[0].pk)


def test_a_second_factor_is_not_walked_around(invited: tuple[User, str], client: Client):
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(
        user=invited[0], type=Authenticator.Type.TOTP, data={"secret": "x"}
    )
    sent = client.post(link(invited[1]), {"password": "three words here"})
    assert sent.url == reverse("account_login")
    assert "_auth_user_id" not in client.session


def test_an_unused_link_does_not_change_a_password_that_was_chosen_meanwhile(
    invited: tuple[User, str], client: Client
):
    user, token = invited
    user.set_password("by another way in")
    user.save()
    assert client.get(link(token)).status_code == 410
    assert client.post(link(token), {"password": "three words here"}).status_code == 410
    user.refresh_from_db()
    assert user.check_password("by another way in")

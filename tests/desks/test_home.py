"""The front door: what it says to strangers, and where it leads those who are signed in."""

import pytest
from django.test import Client
from django.urls import reverse

from carebudget.desks.navigation import desk_for
from carebudget.people.models import Role
from tests.factories.worlds import UserFactory
from tests.plans.page_world import words

pytestmark = pytest.mark.django_db


def test_a_stranger_reads_what_this_is_and_finds_both_ways_in(client: Client):
    page = client.get("/")
    html = page.content.decode()
    assert html.count("<h1") == 1
    assert "Your care, your budget, your choice" in words(page)
    assert f'href="{reverse("plans:ask_for_help")}"' in html
    assert f'href="{reverse("account_login")}"' in html
    assert "For people who need support in Wrenbury" in words(page)


def test_the_seven_steps_are_told_in_order(client: Client):
    html = client.get("/").content.decode()
    steps = ["Find out how much", "Make a plan", "Get it agreed", "Organise the money",
             "Organise the support", "Live your life", "See how it worked"]  # fmt: skip
    places = [html.index(f">{step}<") for step in steps]
    assert places == sorted(places)
    assert html.split('<ol class="cb-steps">')[1].split("</ol>")[0].count("<li>") == 7


@pytest.mark.parametrize("role", list(Role))
def test_somebody_signed_in_is_led_to_their_desk(client: Client, role: Role):
    user = UserFactory(role=role)
    client.force_login(user)
    assert client.get("/").url == desk_for(user) != "/"


def test_somebody_without_a_role_is_led_to_their_messages(client: Client):
    client.force_login(UserFactory())
    assert client.get("/").url == "/messages/"


def test_the_front_door_takes_nothing(client: Client):
    assert client.post("/").status_code == 405

"""Signing in as somebody of the demo: in the demo only, and as nobody else."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings as conf
from django.test import Client
from django.urls import reverse

from carebudget.desks.seeding.people import PASSWORD, PEOPLE, add_staff
from carebudget.desks.selectors.demo import demo_sign_ins
from carebudget.people.models import User
from tests.plans.page_world import words

pytestmark = pytest.mark.django_db
ADDRESSES = ("/demo/", "/demo/codes/", "/demo/sign-in/")


@pytest.fixture
def staff() -> dict[str, User]:
    return add_staff()


def be(client: Client, email: str) -> Any:
    return client.post("/demo/sign-in/", {"email": email})


def test_everybody_of_the_demo_is_there_with_what_they_can_see(
    client: Client, staff: dict[str, User]
):
    page = client.get("/demo/")
    for person in PEOPLE:
        assert person.full_name in words(page)
        assert person.what in words(page)
    assert PASSWORD in words(page)


def test_the_codes_shown_are_the_ones_that_work(
    client: Client, staff: dict[str, User], settings: Any
):
    settings.SECOND_FACTOR_REQUIRED_FOR_STAFF = True
    shown = next(one for one in demo_sign_ins() if one.person.email == "samira@wrenbury.example")
    assert shown.code in words(client.get("/demo/codes/"))
    client.post(reverse("account_login"), {"login": shown.person.email, "password": PASSWORD})
    done = client.post(reverse("mfa_authenticate"), {"code": shown.code})
    assert done.status_code == 302
    assert client.session["_auth_user_id"] == str(staff["samira"].pk)


def test_one_button_signs_in_with_the_second_step_done(
    client: Client, staff: dict[str, User], settings: Any
):
    settings.SECOND_FACTOR_REQUIRED_FOR_STAFF = True
    assert be(client, "iris@wrenbury.example").url == "/audit/"
    assert client.get("/audit/").status_code == 200
    methods = [one["method"] for one in client.session["account_authentication_methods"]]
    assert methods == ["password", "mfa"]
    assert client.get(reverse("mfa_view_recovery_codes")).status_code == 404
    assert client.get(reverse("mfa_deactivate_totp")).status_code == 200


def test_changing_from_one_person_to_another_leaves_nothing_behind(
    client: Client, staff: dict[str, User]
):
    be(client, "samira@wrenbury.example")
    session = client.session
    session["left"] = "behind"
    session.save()
    be(client, "grace@wrenbury.example")
    assert client.session["_auth_user_id"] == str(staff["grace"].pk)
    assert "left" not in client.session


def test_nobody_but_the_demos_people_can_be_chosen(client: Client, staff: dict[str, User]):
    User.objects.create_user("real@example.org", None, full_name="A Real Person")
    for email in ("real@example.org", "", "SAMIRA@wrenbury.example"):
        assert be(client, email).url == "/demo/"
        assert "_auth_user_id" not in client.session
    assert "This person is not here yet." in words(client.get("/demo/"))


def test_before_the_demo_is_filled_the_page_says_how(client: Client):
    page = words(client.get("/demo/"))
    assert "Nobody is here yet." in page
    assert be(client, "samira@wrenbury.example").url == "/demo/"


def test_somebody_who_is_switched_off_cannot_be_chosen(client: Client, staff: dict[str, User]):
    User.objects.filter(pk=staff["samira"].pk).update(is_active=False)
    be(client, "samira@wrenbury.example")
    assert "_auth_user_id" not in client.session


def test_outside_the_demo_there_is_no_such_page(
    client: Client, staff: dict[str, User], settings: Any
):
    settings.DEMO = False
    for address in ADDRESSES:
        assert client.get(address).status_code == 404
        assert client.post(address, {"email": "samira@wrenbury.example"}).status_code == 404
    client.force_login(staff["iris"])
    for address in ADDRESSES:
        assert client.get(address).status_code == 404
        assert client.post(address, {"email": "samira@wrenbury.example"}).status_code == 404
    assert client.session["_auth_user_id"] == str(staff["iris"].pk)


def test_production_is_never_the_demo():
    """Whatever the environment says."""
    made_up = {
        "DJANGO_SETTINGS_MODULE": "carebudget.settings.production",
        "DEMO": "true",
        "SECRET_KEY": "Zq7-mV3x" * 8,
        "STRIPE_API_KEY": "sk_test_" + "4eC39H" * 4,
        "STRIPE_WEBHOOK_SECRET": "whsec_" + "9fA2" * 6,
        "AUDIT_SIGNING_KEY": "T2" * 21 + "8=",
        "DATABASE_URL": "postgresql:///carebudget",
        "CELERY_BROKER_URL": "redis://127.0.0.1:6379/0",
        "SITE_URL": "https://care.wrenbury.test",
        "ALLOWED_HOSTS": "care.wrenbury.test",
    }
    asked = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(settings.DEMO)"],
        env=os.environ | made_up, capture_output=True, text=True, check=True, cwd=conf.ROOT,
    )  # fmt: skip
    assert asked.stdout.strip() == "False"


def test_the_page_needs_few_queries_however_many_people(
    client: Client, staff: dict[str, User], django_assert_max_num_queries: Any
):
    with django_assert_max_num_queries(3):
        client.get("/demo/")

"""Who may open what: every address against every role, asked of the pages themselves."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from carebudget.desks.management.commands import permissions_table as command
from carebudget.desks.selectors.addresses import Address, addresses
from carebudget.desks.selectors.permissions import permissions_table
from carebudget.people.access import PUBLIC, SIGNED_IN
from carebudget.people.middleware import LIBRARY_PAGES
from carebudget.people.models import Role, User
from tests.factories.worlds import UserFactory
from tests.urls_about import ABOUT, World, one_of_everything

REFUSED_TO_ALL = {
    "account_email",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_confirm_login_code",
}
"""Pages of the library that carebudget has no use for: nobody may open them."""

pytestmark = pytest.mark.django_db


def plain() -> list[Address]:
    return [one for one in addresses() if not one.takes and one.name not in REFUSED_TO_ALL]


def about_something() -> list[Address]:
    return [one for one in addresses() if one.takes and one.name not in REFUSED_TO_ALL]


def test_every_address_names_its_permission():
    nameless = [f"{one.name} at {one.route}" for one in addresses() if not one.permission]
    unexpected = [line for line in nameless if line.split(" at ")[0] not in REFUSED_TO_ALL]
    assert unexpected == [], "these views name no permission: use needs()"


def test_the_pages_of_the_library_are_all_listed_or_all_refused(client: Client):
    theirs = {one.name for one in addresses() if one.name.startswith(("account_", "mfa_"))}
    assert theirs == set(LIBRARY_PAGES) | REFUSED_TO_ALL
    client.force_login(UserFactory())
    for path in ("/accounts/email/", "/accounts/confirm-email/", "/accounts/confirm-email/x/"):
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404


def test_every_address_with_something_in_it_has_an_entry():
    names = {one.name for one in about_something()}
    assert names - set(ABOUT) == set(), "add one line for each to ABOUT in tests/urls_about.py"
    assert set(ABOUT) - names == set(), "these addresses are gone: take their lines out"


def test_addresses_are_written_as_people_read_them():
    routes = {one.name: one.route for one in addresses()}
    assert routes["plans:plan_outcome"] == "/my-budget/<reference>/plan/wishes/<number>/"
    assert (
        routes["account_reset_password_from_key"] == "/accounts/password/reset/key/<uidb36>-<key>/"
    )
    assert routes["desks:home"] == "/"


def test_the_table_in_the_documents_is_current():
    assert command.FILE.read_text(encoding="utf-8") == permissions_table(), (
        "run manage.py permissions_table"
    )
    out = StringIO()
    call_command("permissions_table", "--check", stdout=out)
    assert "is current" in out.getvalue()
    assert not User.objects.filter(email__endswith=".invalid").exists()


def test_a_table_that_is_not_current_is_refused(tmp_path: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command, "FILE", tmp_path / "permissions.md")
    with pytest.raises(CommandError, match=r"Run manage\.py permissions_table"):
        call_command("permissions_table", "--check")
    call_command("permissions_table", stdout=StringIO())
    call_command("permissions_table", "--check", stdout=StringIO())


def test_the_table_tells_roles_apart():
    rows = {line.split(" | ")[0]: line.split(" | ")[1:] for line in permissions_table().split("\n")}
    header = next(row for row in rows if row == "| address")
    columns = [cell.strip(" |") for cell in rows[header]]
    plan = dict(zip(columns, (c.strip(" |") for c in rows["| `/cases/<reference>/plan/`"]), strict=True))  # fmt: skip
    assert plan["social worker"] == plan["team manager"] == "theirs"
    assert plan["panel member"] == "yes"
    assert plan["person with a budget"] == plan["signed out"] == plan["auditor"] == "no"
    take = dict(zip(columns, (c.strip(" |") for c in rows["| `/cases/<reference>/take/`"]), strict=True))  # fmt: skip
    assert take["social worker"] == "theirs"
    assert take["team manager"] == "no"


def sent_to_sign_in(response: HttpResponse) -> bool:
    return response.status_code == 302 and response["Location"].startswith(reverse("account_login"))


def outcome(client: Client, url: str, may: bool, who: str, signed_in: bool) -> str:
    """Empty when the page answered as it should; else who saw what."""
    response = client.get(url)
    if response.status_code == 405 and not may:
        response = client.post(url)
    if may:
        right = response.status_code != 404 and not sent_to_sign_in(response)
    elif signed_in:
        right = response.status_code == 404
    else:
        right = sent_to_sign_in(response)
    return (
        ""
        if right
        else f"{who} at {url}: {response.status_code}, though they {'may' if may else 'may not'}"
    )


def may_open(user: User | None, address: Address, about: Any) -> bool:
    if address.permission == PUBLIC:
        return True
    if user is None:
        return False
    if address.permission == SIGNED_IN:
        return True
    return user.has_perm(address.permission, about)


ONLY_SOMETIMES = {
    "mfa_authenticate",
    "mfa_view_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_deactivate_totp",
}
"""Pages of the library that are there only half-way through signing in, or with an app: see test_signing_in."""


def test_every_role_at_every_address_that_is_about_nothing():
    wrong = []
    people: dict[str, User | None] = {"nobody": None, "no role": UserFactory()}
    people |= {role.value: UserFactory(role=role) for role in Role}
    for who, user in people.items():
        for address in plain():
            client = Client()
            if user:
                client.force_login(user)
            if address.name in ONLY_SOMETIMES:
                continue
            may = may_open(user, address, None)
            wrong.append(outcome(client, reverse(address.name), may, who, user is not None))
    assert [line for line in wrong if line] == []
    assert len(wrong) > 250


@pytest.fixture
def world(stripe_sandbox: Any) -> World:
    return one_of_everything()


def test_everybody_at_every_address_that_is_about_something(world: World):
    wrong, pairs = [], {True: 0, False: 0}
    for address in about_something():
        kwargs, about = ABOUT[address.name](world)
        url = reverse(address.name, kwargs=kwargs)
        for who, user in who_asks(world, about).items():
            client = Client()
            if user:
                client.force_login(user)
            may = may_open(user, address, about)
            pairs[may] += 1
            wrong.append(outcome(client, url, may, who, user is not None))
    assert [line for line in wrong if line] == []
    assert pairs[True] > 100
    assert pairs[False] > 200


def who_asks(world: World, about: Any) -> dict[str, User | None]:
    """Everybody, and the person whom the page is about with whoever helps them."""
    asking: dict[str, User | None] = {"nobody": None, **world.everybody}
    person = getattr(getattr(about, "case", about), "person", None)
    if person is not None:
        asking["the person"] = person.user
        asking |= {f"helper {r.pk}": r.user for r in person.representations.all()}
    if hasattr(about, "to"):
        asking["who it was sent to"] = about.to
    return asking


def test_made_up_objects_do_not_exist_for_anybody():
    for role in Role:
        client = Client()
        client.force_login(UserFactory(role=role))
        for url in (
            "/cases/CAS-222222/plan/",
            "/my-budget/CAS-222222/plan/",
            "/audit/chains/case:CAS-222222/",
            "/audit/proofs/00000000-0000-7000-8000-000000000000/",
            "/messages/00000000-0000-7000-8000-000000000000/",
        ):
            assert client.get(url).status_code == 404

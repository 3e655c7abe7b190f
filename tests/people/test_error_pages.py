"""What somebody sees when something is not there, not allowed, too old or broken: words, and a way on."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from carebudget import urls
from carebudget.errors import Conflict, NotAllowed, Refused
from carebudget.people.access import PUBLIC, needs
from carebudget.people.middleware import way_back
from tests.people.signing_in_world import person, said, sign_in, title

pytestmark = pytest.mark.django_db
PHONE = "01632 960 100"


def raises(error: Exception) -> Callable[..., HttpResponse]:
    @needs(PUBLIC)
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


@needs(PUBLIC)
@require_POST
def only_post(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


handler400, handler500 = urls.handler400, urls.handler500
urlpatterns = [
    *urls.urlpatterns,
    path("breaks/", raises(RuntimeError("a secret of the machine"))),
    path("refuses/", raises(Refused("no", "You have used all of it.", "Ask for more."))),
    path("came-late/", raises(Conflict("late", "Somebody else was first.", "Look again."))),
    path("forbids/", raises(NotAllowed("no", "You may not."))),
    path("odd/", raises(SuspiciousOperation("odd"))),
    path("only-post/", only_post),
    path("no-permission/", lambda request: HttpResponse("never seen")),
]


@pytest.fixture
def client(settings: Any) -> Client:
    settings.ROOT_URLCONF = __name__
    settings.DEBUG = False
    return Client(raise_request_exception=False)


def test_a_page_that_is_not_there_says_what_may_have_happened(client: Client):
    page = client.get("/nothing/here/")
    assert page.status_code == 404
    assert title(page).startswith("There is no such page")
    assert "sign in and look again" in said(page)
    assert f'href="{reverse("account_login")}"' in page.content.decode()
    assert 'href="/"' in page.content.decode()
    client.force_login(person())
    assert "You are signed in as Ruth Ashdown." in said(client.get("/nothing/here/"))


def test_what_may_not_be_done_does_not_exist(client: Client):
    client.force_login(person())
    for address in ("/forbids/", "/no-permission/", "/audit/"):
        page = client.get(address)
        assert page.status_code == 404
        assert "There is no such page" in said(page)
        assert "never seen" not in said(page)


def test_a_form_that_was_open_too_long_says_how_to_go_on(settings: Any):
    person()
    strict = Client(enforce_csrf_checks=True)
    page = sign_in(strict, "ruth@example.org")
    assert page.status_code == 403
    assert "This page was open too long" in said(page)
    assert "How to go on" in said(page)
    assert f'href="{reverse("account_login")}"' in page.content.decode()
    assert PHONE in said(page)


def test_a_refusal_without_a_form_shows_its_sentence_and_a_way_back(client: Client):
    refused = client.post("/refuses/", headers={"referer": "http://testserver/my-budget/?a=1"})
    assert refused.status_code == 422
    assert "You have used all of it." in said(refused)
    assert "Ask for more." in said(refused)
    assert "Nothing was changed." in said(refused)
    assert title(refused).startswith("Error: You have used all of it.")
    assert 'href="/my-budget/?a=1"' in refused.content.decode()
    late = client.post("/came-late/")
    assert late.status_code == 409
    assert "Somebody else was first." in said(late)
    assert ">Go to the start</a>" in late.content.decode()


@pytest.mark.parametrize(
    ("came_from", "method", "back"),
    [
        ("http://testserver/cases/?page=2", "post", "/cases/?page=2"),
        ("http://testserver/here/", "post", "/here/"),
        ("http://testserver/here/", "get", "/"),
        ("https://evil.example/cases/", "post", "/"),
        ("//evil.example/", "post", "/"),
        ("javascript:alert(1)", "post", "/"),
        ("", "post", "/"),
    ],
)
def test_the_way_back_is_never_elsewhere_nor_a_circle(came_from: str, method: str, back: str):
    request = getattr(RequestFactory(), method)("/here/", headers={"referer": came_from})
    assert way_back(request) == back


def test_an_address_that_only_takes_forms_says_so(client: Client):
    page = client.get("/only-post/", headers={"referer": "http://testserver/messages/"})
    assert page.status_code == 405
    assert page["Allow"] == "POST"
    assert "Something is sent to this address with a button on another page." in said(page)
    assert 'href="/messages/"' in page.content.decode()
    assert client.post("/only-post/").content == b"done"
    machine = client.get("/only-post/", headers={"accept": "application/json"})
    assert machine.status_code == 405
    assert machine.content == b""


def test_our_mistake_is_owned_up_to_without_its_secrets(
    client: Client, caplog: pytest.LogCaptureFixture
):
    page = client.get("/breaks/")
    assert page.status_code == 500
    words = said(page)
    assert "It is our mistake, not yours." in words
    assert "a secret of the machine" not in page.content.decode()
    assert PHONE in words
    code = words.split("find what happened: ")[1][:10]
    assert code.startswith("ERR-")
    assert any(code in record.getMessage() for record in caplog.records)
    assert "Content-Security-Policy" in page.headers


def test_a_request_that_cannot_be_read_is_said_to_be_so(client: Client):
    page = client.get("/odd/")
    assert page.status_code == 400
    assert "We could not read that" in said(page)
    assert PHONE in said(page)
    strange = client.get("/", headers={"host": "evil.example"})
    assert strange.status_code == 400
    assert "We could not read that" in said(strange)


def test_the_pages_for_bad_days_ask_nothing_of_the_database(
    client: Client, django_assert_num_queries: Any
):
    with django_assert_num_queries(0):
        client.get("/breaks/")
        client.get("/odd/")

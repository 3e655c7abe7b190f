"""Messages and documents on the pages: a person's own, and nobody else's."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from carebudget.ids import uuid7
from carebudget.notify.models import Document, Message
from carebudget.notify.services import send_message
from carebudget.people.models import User
from tests.plans.page_world import World, world


@pytest.fixture
def ruth(db: None) -> User:
    return User.objects.create_user("ruth@example.org", None, full_name="Ruth Ashdown")


@pytest.fixture
def tom(db: None) -> User:
    return User.objects.create_user("tom@example.org", None, full_name="Tom Reeve")


def document(subject: str = "case:CAS-222222") -> Document:
    return Document.objects.create(
        key=str(uuid7()),
        kind="letter",
        title="Your letter – £5",
        subject=subject,
        content=b"%PDF-1.7 x",
        sha256="0" * 64,
    )


def test_an_empty_list_says_what_will_come(ruth: User, client: Client):
    client.force_login(ruth)
    assert "No messages yet" in client.get(reverse("notify:messages")).content.decode()


def test_messages_are_listed_newest_first_and_marked_new(ruth: User, tom: User, client: Client):
    send_message(to=ruth, key="a", title="First", body="One.")
    send_message(to=ruth, key="b", title="Second", body="Two.")
    send_message(to=tom, key="c", title="Not yours", body="Three.")
    client.force_login(ruth)
    page = client.get(reverse("notify:messages")).content.decode()
    assert page.index("Second") < page.index("First")
    assert "Not yours" not in page
    assert "New" in page


def test_opening_a_message_marks_it_as_read_once(ruth: User, client: Client):
    message = send_message(to=ruth, key="a", title="First", body="One.", href="/my-budget/")
    client.force_login(ruth)
    page = client.get(reverse("notify:message", args=[message.public_id])).content.decode()
    assert 'href="/my-budget/"' in page
    message.refresh_from_db()
    first = message.read_at
    assert first is not None
    client.get(reverse("notify:message", args=[message.public_id]))
    message.refresh_from_db()
    assert message.read_at == first


def test_a_message_is_only_for_whom_it_was_written(ruth: User, tom: User, client: Client):
    message = send_message(to=ruth, key="a", title="First", body="One.")
    client.force_login(tom)
    assert client.get(reverse("notify:message", args=[message.public_id])).status_code == 404
    assert client.get(reverse("notify:message", args=[uuid7()])).status_code == 404
    assert Message.objects.get().read_at is None
    client.logout()
    assert client.get(reverse("notify:messages")).status_code == 302


def test_a_document_is_opened_byte_for_byte_by_whom_it_was_sent_to(
    ruth: User, tom: User, client: Client
):
    kept = document()
    send_message(to=ruth, key="a", title="A letter", body="Read it.", document=kept)
    client.force_login(ruth)
    answer = client.get(reverse("notify:document", args=[kept.public_id]))
    assert answer.content == b"%PDF-1.7 x"
    assert answer["Content-Type"] == "application/pdf"
    assert "Your%20letter%20%E2%80%93%20%C2%A35.pdf" in answer["Content-Disposition"]
    client.force_login(tom)
    assert client.get(reverse("notify:document", args=[kept.public_id])).status_code == 404


def test_letters_about_a_case_are_open_to_those_who_may_see_the_case(db: None, client: Client):
    w: World = world()
    kept = document(f"case:{w.case.reference}")
    url = reverse("notify:document", args=[kept.public_id])
    for who in (w.margaret, w.ruth, w.samira, w.auditor):
        client.force_login(who)
        assert client.get(url).status_code == 200
    for who in (w.stranger, w.finance):
        client.force_login(who)
        assert client.get(url).status_code == 404


def test_a_document_about_something_unknown_is_not_found(ruth: User, client: Client):
    client.force_login(ruth)
    for subject in ("case:CAS-999999", "plan:PLN-999999", "moon:1", ""):
        assert (
            client.get(reverse("notify:document", args=[document(subject).public_id])).status_code
            == 404
        )


def test_a_long_list_is_paged_in_a_constant_number_of_queries(ruth: User, client: Client):
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(reverse("notify:messages")).status_code == 200
        return len(found)

    client.force_login(ruth)
    send_message(to=ruth, key="0", title="Message 0", body="x", document=document())
    few = queries()
    for n in range(1, 30):
        send_message(to=ruth, key=str(n), title=f"Message {n}", body="x", document=document())
    assert queries() == few
    page = client.get(reverse("notify:messages"), {"page": "2"}).content.decode()
    assert "Page 2 of 2" in page
    assert client.get(reverse("notify:messages"), {"page": "no"}).status_code == 200

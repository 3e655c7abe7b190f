"""Messages are left once, and their e-mails leave later, each once, however often something fails."""

import threading
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import DatabaseError, connection, transaction

from carebudget.ids import uuid7
from carebudget.notify.models import Document, EmailState, Message
from carebudget.notify.services import (
    deliver_waiting,
    mark_read,
    messaging,
    send_message,
    send_to_all,
)
from carebudget.people.models import User

pytestmark = pytest.mark.django_db


class Down(EmailBackend):
    """A mail server that takes nothing."""

    def send_messages(self, email_messages: Any) -> int:
        raise ConnectionRefusedError("no mail today")


@pytest.fixture
def ruth() -> User:
    return User.objects.create_user("ruth@example.org", None, full_name="Ruth Ashdown")


@pytest.fixture
def tom() -> User:
    return User.objects.create_user("tom@example.org", None, full_name="Tom Reeve")


def letter() -> Document:
    return Document.objects.create(
        key=str(uuid7()), kind="letter", title="Your letter", subject="", content=b"%PDF-1.7 x",
        sha256="0" * 64,
    )  # fmt: skip


def state_of(message: Message) -> tuple[str, int]:
    message.refresh_from_db()
    return message.email_state, message.email_attempts


def test_the_same_message_is_left_once_for_each_person(ruth: User, tom: User):
    first = send_message(to=ruth, key="a", title="First", body="One.")
    again = send_message(to=ruth, key="a", title="Changed", body="Two.")
    assert again.pk == first.pk
    assert again.title == "First"
    send_to_all(to=[ruth, tom], key="a", title="First", body="One.")
    assert Message.objects.count() == 2


def test_the_email_has_the_words_the_link_and_the_document(ruth: User, settings: Any):
    message = send_message(
        to=ruth, key="a", title="Your budget is ready", body="It is £12,000.", href="/my-budget/",
        document=letter(),
    )  # fmt: skip
    assert mail.outbox == []
    assert deliver_waiting() == 1
    sent = mail.outbox[0]
    assert sent.subject == "Your budget is ready"
    assert sent.to == ["ruth@example.org"]
    assert sent.body.startswith("Hello Ruth Ashdown,\n\nIt is £12,000.")
    assert f"Open it here: {settings.SITE_URL}/my-budget/" in sent.body
    assert sent.attachments[0] == ("Your letter.pdf", b"%PDF-1.7 x", "application/pdf")
    assert state_of(message) == (EmailState.SENT, 1)
    assert deliver_waiting() == 0
    assert len(mail.outbox) == 1


def test_a_message_that_is_not_for_email_stays_in_the_app(ruth: User):
    message = send_message(to=ruth, key="a", title="Quiet", body="x", email=False)
    assert deliver_waiting() == 0
    assert state_of(message) == (EmailState.NOT_WANTED, 0)


def test_an_email_that_does_not_leave_is_tried_five_times_and_then_given_up(
    ruth: User, settings: Any
):
    message = send_message(to=ruth, key="a", title="First", body="One.")
    settings.EMAIL_BACKEND = f"{__name__}.Down"
    for attempt in range(1, messaging.EMAIL_ATTEMPTS_LIMIT):
        assert deliver_waiting(limit=1) == 0
        assert state_of(message) == (EmailState.WAITING, attempt)
    deliver_waiting(limit=1)
    assert state_of(message) == (EmailState.FAILED, messaging.EMAIL_ATTEMPTS_LIMIT)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert deliver_waiting() == 0


def test_one_that_fails_does_not_hold_up_the_others(ruth: User, tom: User, settings: Any):
    stuck = send_message(to=ruth, key="a", title="First", body="One.")
    settings.EMAIL_BACKEND = f"{__name__}.Down"
    deliver_waiting(limit=1)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    send_message(to=tom, key="b", title="Second", body="Two.")
    deliver_waiting(limit=1)
    assert [sent.subject for sent in mail.outbox] == ["Second"]
    deliver_waiting()
    assert state_of(stuck) == (EmailState.SENT, 2)


def test_only_so_many_leave_at_once(ruth: User):
    for n in range(5):
        send_message(to=ruth, key=str(n), title=f"Message {n}", body="x")
    assert deliver_waiting(limit=3) == 3
    assert deliver_waiting(limit=3) == 2


def test_reading_counts_the_first_time(ruth: User):
    message = send_message(to=ruth, key="a", title="First", body="One.")
    mark_read(message=message)
    message.refresh_from_db()
    first = message.read_at
    mark_read(message=message)
    message.refresh_from_db()
    assert first is not None
    assert message.read_at == first


def test_the_database_keeps_documents_as_they_were_given():
    kept = letter()
    for change in (
        lambda: Document.objects.filter(pk=kept.pk).update(content=b"other"),
        lambda: Document.objects.filter(pk=kept.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert bytes(Document.objects.get(pk=kept.pk).content) == b"%PDF-1.7 x"


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_email_once(ruth: User):
    for n in range(12):
        send_message(to=ruth, key=str(n), title=f"Message {n}", body="x")

    sent: list[int] = []

    def work() -> None:
        sent.append(deliver_waiting())
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    deliver_waiting()
    assert sorted(message.subject for message in mail.outbox) == sorted(
        f"Message {n}" for n in range(12)
    )
    assert set(Message.objects.values_list("email_state", "email_attempts")) == {
        (EmailState.SENT, 1)
    }

"""Proving the record: chains link by link, signed checkpoints, and the whole of it with the ledger."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from carebudget import clock
from carebudget.audit.models import AuditChain, AuditCheckpoint, AuditEvent
from carebudget.audit.services import erase_words, sign_checkpoint
from carebudget.desks import tasks
from carebudget.desks.services import proving
from carebudget.people.models import User
from tests.desks.audit_world import auditor, note, spaced, tamper
from tests.factories.worlds import InvoiceFactory
from tests.plans.page_world import queries_of, words

pytestmark = pytest.mark.django_db
CHAIN = "case:CAS-7K2QFA"
CHAIN_PAGE = f"/audit/chains/{CHAIN}/"


@pytest.fixture
def iris() -> User:
    return auditor()


@pytest.fixture
def client(client: Client, iris: User) -> Client:
    client.force_login(iris)
    return client


# -- one chain -------------------------------------------------------------------------------


def test_a_chain_is_shown_link_by_link_from_its_first_event(client: Client, iris: User):
    first = note("plan.started", by=iris)
    second = note("plan.agreed", by=iris, reason="It is her own.")
    page = client.get(CHAIN_PAGE)
    said = spaced(page)
    assert "Every link on this page holds." in said
    assert said.index("Event 1 Holds") < said.index("Event 2 Holds")
    assert "Of the one before none: this is the first" in said
    assert said.count(first.hash) == 2
    assert second.hash in said
    assert "It is her own." in said
    assert 'href="/cases/CAS-7K2QFA/"' in page.content.decode()


def test_erased_words_do_not_break_a_chain(client: Client, iris: User):
    erase_words(event=note(by=iris))
    assert "Every link on this page holds." in words(client.get(CHAIN_PAGE))


@pytest.mark.parametrize(
    ("sql", "breach"),
    [
        ("UPDATE audit_auditevent SET verb = 'plan.declined' WHERE sequence = 2", "Its content was changed after it was written."),
        ("UPDATE audit_auditevent SET changes = '{\"annual_pence\": 1}' WHERE sequence = 2", "Its content was changed after it was written."),
        ("UPDATE audit_auditevent SET previous_hash = repeat('0', 64) WHERE sequence = 2", "It does not follow the event before it."),
        ("DELETE FROM audit_auditwords w USING audit_auditevent e WHERE w.event_id = e.id AND e.sequence = 2; DELETE FROM audit_auditevent WHERE sequence = 2", "Event 2 is missing before this one."),
        ("UPDATE audit_auditwords SET words = '{\"actor\": \"Somebody else\"}'", "Its words were changed after they were written."),
        ("DELETE FROM audit_auditwords", "Its words are gone without an erasure."),
        ("UPDATE audit_auditchain SET head = repeat('0', 64)", "The chain says that it ends differently."),
        ("DELETE FROM audit_auditwords w USING audit_auditevent e WHERE w.event_id = e.id AND e.sequence = 3; DELETE FROM audit_auditevent WHERE sequence = 3", "The chain has 3 events, but only the first 2 are there: the last were taken away."),
        ("DELETE FROM audit_auditwords; DELETE FROM audit_auditevent", "The chain has 3 events, but only the first 0 are there: the last were taken away."),
    ],
)  # fmt: skip
def test_a_broken_link_is_named(client: Client, iris: User, sql: str, breach: str):
    for verb in ("plan.started", "plan.submitted", "plan.agreed"):
        note(verb, by=iris)
    tamper(sql)
    said = words(client.get(CHAIN_PAGE))
    assert breach in said
    assert "not hold" in said
    assert "Every link on this page holds." not in said


def test_the_first_link_of_a_later_page_is_held_against_the_page_before(client: Client, iris: User):
    for _ in range(30):
        note(by=iris)
    assert "Every link on this page holds." in words(client.get(CHAIN_PAGE, {"page": "2"}))
    tamper("UPDATE audit_auditevent SET previous_hash = repeat('0', 64) WHERE sequence = 26")
    said = words(client.get(CHAIN_PAGE, {"page": "2"}))
    assert "Event 26 Broken It does not follow the event before it." in said


def test_a_longer_chain_takes_no_more_queries(client: Client, iris: User):
    for _ in range(2):
        note(by=iris)
    before = queries_of(client, iris, "desks:audit_chain", CHAIN)
    for _ in range(60):
        note(by=iris)
    assert queries_of(client, iris, "desks:audit_chain", CHAIN) == before


def test_a_chain_that_is_not_there_does_not_exist(client: Client):
    assert client.get("/audit/chains/case:CAS-000000/").status_code == 404


# -- checkpoints -----------------------------------------------------------------------------


def test_checkpoints_are_listed_with_what_they_cover(client: Client, iris: User):
    assert "No checkpoint yet" in words(client.get("/audit/checkpoints/"))
    note(by=iris)
    note(chain="run:RUN-222222", by=iris)
    checkpoint = sign_checkpoint()
    note(by=iris)
    said = spaced(client.get("/audit/checkpoints/"))
    assert checkpoint is not None
    assert checkpoint.heads_digest in said
    assert checkpoint.signature in said
    assert "2 2 Holds" in said
    assert "1 event came after the last signature." in said


def test_a_checkpoint_signed_with_another_key_does_not_hold(
    client: Client, iris: User, settings: Any
):
    note(by=iris)
    sign_checkpoint()
    settings.AUDIT_SIGNING_KEY = "dGVzdHMtc2lnbi13aXRoLXRoaXMtc2VlZC0wMDAwMDI="
    assert "Does not hold" in words(client.get("/audit/checkpoints/"))
    settings.AUDIT_SIGNING_KEY = ""
    assert "No signing key is set here" in words(client.get("/audit/checkpoints/"))


def test_more_checkpoints_take_no_more_queries(client: Client, iris: User):
    note(by=iris)
    sign_checkpoint()
    before = queries_of(client, iris, "desks:audit_checkpoints")
    for _ in range(25):
        note(by=iris)
        sign_checkpoint()
    assert queries_of(client, iris, "desks:audit_checkpoints") == before
    assert "Page 1 of 2" in words(client.get("/audit/checkpoints/"))


# -- the whole of it -------------------------------------------------------------------------


def prove(client: Client) -> Any:
    return client.post("/audit/prove/", follow=True)


def test_record_and_ledger_are_proved_with_counts(client: Client, iris: User):
    InvoiceFactory(state="approved")
    sign_checkpoint()
    page = prove(client)
    said = words(page)
    assert "Record and ledger hold" in said
    events, chains = AuditEvent.objects.count(), AuditChain.objects.count()
    assert f"{events:,} events in {chains} chains" in said
    assert "1 signed checkpoint:" in said
    assert "each entry adds up to nothing" in said
    assert page.redirect_chain[0][0].startswith("/audit/proofs/")


def test_the_first_broken_link_is_named(client: Client, iris: User):
    note("plan.started", by=iris)
    note("plan.agreed", by=iris)
    tamper("UPDATE audit_auditevent SET role = 'panel' WHERE sequence = 2")
    said = words(prove(client))
    assert "Something does not hold" in said
    assert "The record: chain case:CAS-7K2QFA, event 2 (plan.agreed): its content was changed after it was written." in said  # fmt: skip
    assert "1 event held before the first breach was found." in said


def test_a_breach_of_the_ledger_is_named_beside_a_record_that_holds(client: Client, iris: User):
    InvoiceFactory(state="approved")
    tamper("UPDATE payments_account SET balance_pence = balance_pence + 1")
    said = words(prove(client))
    assert "The ledger: account" in said
    assert "The record Holds" in said
    assert "The ledger Broken" in said


def test_without_a_key_the_page_says_that_nothing_was_proved(
    client: Client, iris: User, settings: Any
):
    note(by=iris)
    sign_checkpoint()
    settings.AUDIT_SIGNING_KEY = ""
    said = words(prove(client))
    assert "It could not be proved" in said
    assert "No signing key is set for the record." in said


def test_proving_needs_the_button(client: Client):
    assert client.get("/audit/prove/").status_code == 405
    assert "nothing was changed" in words(client.get("/audit/prove/"))


def test_a_proof_can_be_read_again_for_a_day(client: Client):
    address = prove(client).redirect_chain[0][0]
    assert client.get(address).status_code == 200
    cache.clear()
    assert client.get(address).status_code == 404


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A record too large to prove at once, and a queue that only remembers."""
    waiting: list[str] = []
    monkeypatch.setattr(proving, "AT_ONCE", 0)
    monkeypatch.setattr(tasks.prove_record, "delay", waiting.append)
    return waiting


def test_a_large_record_is_proved_in_the_background(client: Client, iris: User, queued: list[str]):
    note(by=iris)
    page = prove(client)
    assert "Proving the record" in words(page)
    address = page.redirect_chain[0][0]
    assert f'hx-get="{address}"' in page.content.decode()
    part = client.get(address, headers={"hx-request": "true"})
    assert "<html" not in part.content.decode()
    assert "Going through 1 events" in words(part)
    tasks.prove_record(queued[0])
    done = client.get(address, headers={"hx-request": "true"})
    assert "Record and ledger hold" in words(done)
    assert len(queued) == 1


def test_a_proof_that_nobody_works_on_says_so(client: Client, iris: User, queued: list[str]):
    note(by=iris)
    address = prove(client).redirect_chain[0][0]
    with clock.travel(clock.now() + timedelta(hours=2)):
        assert "Nobody has finished this for an hour" in words(client.get(address))


def test_a_queue_that_is_down_is_said_in_words(
    client: Client, iris: User, queued: list[str], monkeypatch: pytest.MonkeyPatch
):
    def down(public_id: str) -> None:
        raise ConnectionError("refused")

    note(by=iris)
    monkeypatch.setattr(tasks.prove_record, "delay", down)
    page = prove(client)
    assert page.status_code == 422
    assert "the background work is not running" in words(page)


@pytest.mark.django_db(transaction=True)
def test_events_written_while_it_is_proved_do_not_look_like_a_breach(
    client: Client, iris: User, monkeypatch: pytest.MonkeyPatch
):
    """Everything is read as it stood at one moment."""
    import threading

    from django.db import connection

    note(by=iris)
    verify = proving.verify_audit

    def while_somebody_writes() -> Any:
        AuditChain.objects.count()

        def write() -> None:
            note("plan.submitted", by=iris)
            connection.close()

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        return verify()

    monkeypatch.setattr(proving, "verify_audit", while_somebody_writes)
    proof = proving.start_proof(by=iris)
    assert proof.holds
    assert proof.events == 1
    assert AuditEvent.objects.count() == 2
    assert AuditCheckpoint.objects.count() == 0
    assert reverse("desks:audit_proof", args=[proof.public_id])

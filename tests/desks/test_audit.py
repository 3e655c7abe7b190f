"""The auditor's desk: searching the record in plain words, and saving what was found."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from carebudget import clock
from carebudget.audit.models import AuditEvent
from carebudget.audit.services import erase_words, sign_checkpoint
from carebudget.desks.selectors import audit as selector
from carebudget.desks.selectors.audit import safe_cell
from carebudget.people.models import FamilyTie, Role, User
from tests.desks.audit_world import auditor, note, spaced
from tests.plans.page_world import queries_of, user, words, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def iris() -> User:
    return auditor()


@pytest.fixture
def samira() -> User:
    return user("Samira Okafor", Role.WORKER)


def look(client: Client, viewer: User, **query: str) -> Any:
    client.force_login(viewer)
    return client.get("/audit/", query)


def found(client: Client, viewer: User, **query: str) -> list[str]:
    """The verbs that the search shows, in order."""
    page = look(client, viewer, **query)
    return [line.event.verb for line in page.context["lines"]]


def test_the_desk_is_the_auditors_alone(client: Client, iris: User, samira: User):
    assert client.get("/audit/").url == "/accounts/login/?next=/audit/"
    for address in ("/audit/", "/audit/export/", "/audit/checkpoints/", "/audit/chains/x/"):
        client.force_login(samira)
        assert client.get(address).status_code == 404
    assert client.post("/audit/prove/").status_code == 404
    assert look(client, iris).status_code == 200


def test_an_empty_record_says_what_will_come(client: Client, iris: User):
    page = words(look(client, iris))
    assert "Nothing has happened yet" in page
    assert "No checkpoint has been signed yet." in page


def test_an_event_reads_as_a_sentence_with_reason_and_changes(
    client: Client, iris: User, samira: User
):
    note(by=samira, role="worker", reason="It is her own plan.",
         changes={"annual_pence": 1200000, "level": "worker", "agreed": True, "unmet": ["home_safety", "meals"], "worker": str(samira.public_id)})  # fmt: skip
    page = look(client, iris)
    said = spaced(page)
    assert "Samira Okafor (Social worker) agreed the plan: £12,000.00" in said
    assert "It is her own plan." in said
    assert "Plan PLN-7K2QFA" in said
    assert "A year £12,000.00" in said
    assert "home safety, meals" in said
    assert "Agreed yes" in said
    assert "Worker Samira Okafor" in said
    assert 'href="/cases/CAS-7K2QFA/"' in page.content.decode()
    assert 'href="/audit/chains/case:CAS-7K2QFA/"' in page.content.decode()


def test_somebody_who_acts_for_another_is_named_with_them(client: Client, iris: User, samira: User):
    ruth = user("Ruth Ashdown", Role.REPRESENTATIVE)
    margaret = user("Margaret Ashdown", Role.CLIENT)
    note("plan.submitted", by=ruth, on_behalf_of=margaret)
    note("run.sent", subject="run:RUN-222222", chain="run:RUN-222222")
    said = words(look(client, iris))
    assert "Ruth Ashdown, for Margaret Ashdown sent the plan" in said
    assert "carebudget finished sending a payment run" in said
    assert "Payment run RUN-222222" in said


def test_erased_words_stay_erased(client: Client, iris: User, samira: User):
    event = note(by=samira, reason="Something private.")
    erase_words(event=event)
    said = words(look(client, iris))
    assert "The personal words of this event were erased." in said
    assert "Something private." not in said
    assert "name erased agreed the plan" in said


def test_the_newest_event_comes_first(client: Client, iris: User):
    with clock.travel(clock.now() - timedelta(days=2)):
        note("plan.started")
    note("plan.agreed")
    with clock.travel(clock.now() - timedelta(days=1)):
        note("plan.submitted")
    assert found(client, iris) == ["plan.agreed", "plan.submitted", "plan.started"]


def test_the_record_is_searched_by_each_thing_asked(client: Client, iris: User, samira: User):
    david = user("David Pell", Role.MANAGER)
    note("plan.agreed", by=david)
    note("plan.returned", by=samira, subject="plan:PLN-999999", chain="case:CAS-999999")
    note("run.sent", subject="run:RUN-222222", chain="run:RUN-222222")
    assert found(client, iris, verb="plan.returned") == ["plan.returned"]
    assert found(client, iris, about="PLN-7K2QFA") == ["plan.agreed"]
    assert found(client, iris, about="cas-999999") == ["plan.returned"]
    assert found(client, iris, who="pell") == ["plan.agreed"]
    assert found(client, iris, who="samira.okafor@example.org") == ["plan.returned"]
    assert found(client, iris, who="carebudget") == ["run.sent"]
    assert found(client, iris, chain="run:") == ["run.sent"]
    assert found(client, iris, who="Okafor", verb="plan.agreed") == []
    assert found(client, iris, who="nobody of that name") == []


def test_days_count_from_their_first_moment_to_their_last(client: Client, iris: User):
    for day, hour, verb in ((1, 23, "plan.started"), (2, 0, "plan.changed"), (2, 23, "plan.submitted"), (3, 0, "plan.agreed")):  # fmt: skip
        with clock.travel(datetime(2026, 7, day, hour, 30, tzinfo=clock.LONDON)):
            note(verb)
    day = {"since": "2026-07-02", "until": "2026-07-02"}
    assert found(client, iris, **day) == ["plan.submitted", "plan.changed"]
    assert found(client, iris, since="2026-07-03") == ["plan.agreed"]
    assert found(client, iris, until="2026-07-01") == ["plan.started"]


def test_a_search_that_makes_no_sense_says_so_and_keeps_what_was_typed(client: Client, iris: User):
    note()
    page = look(client, iris, since="2026-07-02", until="2026-07-01", about="PLN-7K2QFA")
    assert "This day is before the first one." in words(page)
    assert "Error: The record" in words(page)
    assert 'value="PLN-7K2QFA"' in page.content.decode()
    assert page.context["lines"] == []
    assert "Enter a real day." in words(look(client, iris, since="soon"))
    assert look(client, iris, verb="plan.burnt").status_code == 200
    assert "There is a problem" in words(look(client, iris, verb="plan.burnt"))


def test_nothing_found_says_what_to_do(client: Client, iris: User):
    note()
    said = words(look(client, iris, about="PLN-000000"))
    assert "Nothing matches" in said
    assert "0 events found." in said


def test_a_long_record_is_paged_in_a_constant_number_of_queries(client: Client, iris: User):
    note(by=iris, changes={"worker": str(iris.public_id)})
    before = queries_of(client, iris, "desks:audit")
    for n in range(40):
        other = user(f"Person{n} Number{n}", Role.WORKER)
        note(by=other, chain=f"case:CAS-{n}", changes={"worker": str(other.public_id)})
    assert queries_of(client, iris, "desks:audit") == before
    page = look(client, iris, page="2", verb="plan.agreed")
    assert "Page 2 of 2" in words(page)
    assert "?verb=plan.agreed&amp;page=1" in page.content.decode()
    assert look(client, iris, page="no").status_code == 200


def test_how_much_came_after_the_last_signature_is_shown(client: Client, iris: User):
    note()
    note()
    checkpoint = sign_checkpoint()
    assert checkpoint is not None
    assert "covers 2 of them; none has happened since." in words(look(client, iris))
    note()
    said = words(look(client, iris))
    assert "3 events in 1 chain." in said
    assert "covers 2 of them; 1 has happened since." in said
    assert checkpoint.public_key in said


# -- export ----------------------------------------------------------------------------------


def export(client: Client, viewer: User, **query: str) -> list[dict[str, str]]:
    client.force_login(viewer)
    answer = client.get("/audit/export/", query)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].endswith('.csv"')
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_what_was_found_is_saved_as_a_spreadsheet(client: Client, iris: User, samira: User):
    note(by=samira, role="worker", reason="Line one\nand “two”.", changes={"annual_pence": 5})
    note("run.sent", subject="run:RUN-222222", chain="run:RUN-222222")
    rows = export(client, iris, verb="plan.agreed")
    assert len(rows) == 1
    assert rows[0]["who"] == "Samira Okafor"
    assert rows[0]["what"] == "agreed the plan: £0.05"
    assert rows[0]["reason"] == "Line one\nand “two”."
    assert rows[0]["changes"] == '{"annual_pence": 5}'
    assert rows[0]["hash"] == AuditEvent.objects.get(verb="plan.agreed").hash
    assert len(export(client, iris)) == 2


@pytest.mark.parametrize(
    "words_",
    ["=1+1", "+44 1632", "-5", "@SUM(A1)", "\t=1", "\r=1", " =1", "'=1", '"=1', "＝1", "|calc", "%0A", "\n=1"],
)  # fmt: skip
def test_no_cell_is_taken_for_a_formula(client: Client, iris: User, samira: User, words_: str):
    note(by=samira, reason=words_)
    assert export(client, iris)[0]["reason"].startswith("'")


@pytest.mark.parametrize("words_", ["plan:PLN-7K2QFA", "Samira", "", "it is - well - fine", "2026"])
def test_ordinary_words_stay_as_they_are(words_: str):
    assert safe_cell(words_) == words_


def test_a_file_ends_at_its_limit(client: Client, iris: User, monkeypatch: pytest.MonkeyPatch):
    for _ in range(5):
        note()
    monkeypatch.setattr(selector, "EXPORT_LIMIT", 3)
    assert len(export(client, iris)) == 3


def test_a_search_that_makes_no_sense_is_not_exported(client: Client, iris: User):
    client.force_login(iris)
    sent = client.get("/audit/export/", {"since": "soon"})
    assert sent.url == "/audit/?since=soon"


# -- what an auditor may not see -------------------------------------------------------------


def test_the_record_of_the_auditors_own_family_does_not_exist_for_them(client: Client):
    w = world()
    seen = found(client, w.auditor, about=w.case.reference)
    assert "case.referred" in seen
    assert client.get(f"/audit/chains/{w.case.chain}/").status_code == 200
    FamilyTie.objects.create(user=w.auditor, person=w.case.person, relationship="nephew")
    assert found(client, w.auditor, about=w.case.reference) == []
    assert found(client, w.auditor, about=w.case.person.reference) == []
    assert export(client, w.auditor, about=w.case.reference) == []
    assert client.get(f"/audit/chains/{w.case.chain}/").status_code == 404
    assert client.get(f"/audit/chains/person:{w.case.person.reference}/").status_code == 404
    other = auditor("Ada Ross")
    assert "case.referred" in found(client, other, about=w.case.reference)

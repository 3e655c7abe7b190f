"""Proposals for another table: drafted, handed in, adopted by another manager, and what adopting does."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import yaml
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from carebudget import clock
from carebudget.audit.models import AuditEvent
from carebudget.audit.services import verify_audit
from carebudget.errors import Conflict, NotAllowed, Refused
from carebudget.notify.models import Message
from carebudget.people.models import Role
from carebudget.people.services import give_role
from plans.models import PolicyProposal, ProgrammePack, ProposalState
from plans.rules.allocation import allocate
from plans.rules.pack import Pack
from plans.services import (
    adopt_proposal,
    change_proposal,
    current_pack,
    load_packs,
    propose_policy,
    refer_person,
    reject_proposal,
    submit_proposal,
    take_back_proposal,
)
from plans.services.pack_files import check_shape
from plans.services.policy_packs import next_version, pack_text
from tests.plans.page_world import do, queries_of, see, words
from tests.plans.policy_world import KEY, Council, another_table, council, crowd, proposal, typed


@pytest.fixture
def c(db: None) -> Council:
    return council()


def handed_in(c: Council, **changes: Any) -> PolicyProposal:
    """Joan's proposal, waiting for another manager."""
    return submit_proposal(proposal=proposal(c, **changes), by=c.joan)


def adopted(c: Council, *, on: date | None = None, **changes: Any) -> PolicyProposal:
    """Joan's proposal, adopted by David."""
    return adopt_proposal(
        proposal=handed_in(c, **changes),
        starts_on=on or clock.today(),
        reason="The figures hold.",
        by=c.david,
    )


def noon(day: date) -> Any:
    """Travel to the middle of a day."""
    return clock.travel(datetime(day.year, day.month, day.day, 12, tzinfo=clock.LONDON))


# -- drafts ------------------------------------------------------------------------------------


def test_a_table_is_kept_as_a_draft_and_changes_nothing(c: Council, client: Client) -> None:
    crowd(c, 12)
    client.force_login(c.joan)
    sent = client.post(
        reverse("plans:policy_workbench", args=c.where),
        typed(
            c.pack, act="keep", title="A lower limit", reason="The money does not reach.",
            maximum_pence="40000", envelope="500000", contingency="2.5", starts_on_day="1",
            starts_on_month="4", starts_on_year=str(clock.today().year + 1),
        ),
    )  # fmt: skip
    made = PolicyProposal.objects.get()
    assert sent.url == reverse("plans:policy_proposal", args=[made.reference])
    assert made.state == ProposalState.DRAFT
    assert made.table["maximum_pence"] == 4_000_000
    assert made.envelope_pence == 50_000_000
    assert str(made.contingency_percent) == "2.50"
    assert current_pack(KEY) == c.pack
    assert c.pack.rules.allocation.maximum_pence == 9_100_000
    said = words(client.get(sent.url))
    assert "Being written" in said
    assert "It changes nothing yet." in said


def test_sending_the_same_draft_twice_keeps_one(c: Council) -> None:
    assert proposal(c) == proposal(c)
    assert PolicyProposal.objects.count() == 1


@pytest.mark.parametrize(
    ("boxes", "sentence"),
    [
        ({"title": " "}, "Give the proposal a short name."),
        ({"reason": ""}, "Say why the table should change."),
        ({"starts_on_year": "2001"}, "The day must be today or later."),
        ({"starts_on_day": "31", "starts_on_month": "2"}, "Enter a real date"),
        ({"maximum_pence": "91000"}, "This is the table as it stands."),
    ],
)
def test_a_draft_that_is_not_whole_is_refused_beside_its_box(
    c: Council, client: Client, boxes: dict[str, str], sentence: str
) -> None:
    client.force_login(c.joan)
    whole = {
        "act": "keep", "title": "A name", "reason": "My long reason.", "starts_on_day": "1",
        "starts_on_month": "4", "starts_on_year": "2091", "maximum_pence": "40000",
    }  # fmt: skip
    page = client.post(
        reverse("plans:policy_workbench", args=c.where), typed(c.pack, **{**whole, **boxes})
    )
    assert sentence in words(page)
    assert "<title>Error: " in page.content.decode()
    if "reason" not in boxes:
        assert "My long reason." in page.content.decode()
    assert not PolicyProposal.objects.exists()


def test_the_author_changes_the_draft_on_the_workbench(c: Council, client: Client) -> None:
    draft = proposal(c, envelope_pence=12_345_600, contingency_percent=Decimal(10))
    page = see(client, c.joan, "plans:policy_proposal_change", draft.reference)
    assert 'value="40000.00"' in page.content.decode()
    assert 'value="123456.00"' in page.content.decode()
    assert 'name="contingency" class="govuk-input govuk-input--width-4" value="10"' in (
        page.content.decode()
    )
    assert "A lower limit" in page.content.decode()
    day = draft.starts_on
    sent = client.post(
        reverse("plans:policy_proposal_change", args=[draft.reference]),
        typed(
            c.pack, act="keep", title="A much lower limit", reason="Less money.",
            maximum_pence="30000", starts_on_day=str(day.day), starts_on_month=str(day.month),
            starts_on_year=str(day.year),
        ),
    )  # fmt: skip
    assert sent.status_code == 302
    draft.refresh_from_db()
    assert draft.title == "A much lower limit"
    assert draft.table["maximum_pence"] == 3_000_000
    assert PolicyProposal.objects.count() == 1


def test_nobody_else_changes_a_draft(c: Council, client: Client) -> None:
    draft = proposal(c)
    assert see(client, c.david, "plans:policy_proposal_change", draft.reference).status_code == 404
    with pytest.raises(NotAllowed):
        change_proposal(
            proposal=draft, title="Mine", reason="Mine", table=draft.table,
            starts_on=draft.starts_on, by=c.david,
        )  # fmt: skip
    with pytest.raises(NotAllowed):
        submit_proposal(proposal=draft, by=c.david)


def test_what_was_handed_in_is_not_changed(c: Council, client: Client) -> None:
    handed = handed_in(c)
    sent = see(client, c.joan, "plans:policy_proposal_change", handed.reference)
    assert sent.url == reverse("plans:policy_proposal", args=[handed.reference])
    with pytest.raises(Conflict, match="handed in"):
        change_proposal(
            proposal=handed, title="Other", reason="Other", table=handed.table,
            starts_on=handed.starts_on, by=c.joan,
        )  # fmt: skip


def test_it_can_be_taken_back_and_handed_in_again(c: Council) -> None:
    handed = handed_in(c)
    assert submit_proposal(proposal=handed, by=c.joan).state == ProposalState.SUBMITTED
    draft = take_back_proposal(proposal=handed, by=c.joan)
    assert draft.state == ProposalState.DRAFT
    assert take_back_proposal(proposal=draft, by=c.joan).state == ProposalState.DRAFT
    assert submit_proposal(proposal=draft, by=c.joan).state == ProposalState.SUBMITTED


@pytest.mark.parametrize(
    ("table", "words_of_it"),
    [
        ({"method": "linear", "knots": []}, "must not be empty|must have"),
        ({"method": "guess"}, "must be one of"),
        ({"method": "bands", "bands": [{"from_points": 1, "pence": -4}]}, "0 or more|negative"),
    ],
)
def test_a_table_that_is_none_is_refused(
    c: Council, table: dict[str, Any], words_of_it: str
) -> None:
    with pytest.raises(Refused, match=words_of_it):
        proposal(c, table=table)


# -- four eyes ---------------------------------------------------------------------------------


def test_the_other_managers_are_told_and_not_the_author(c: Council) -> None:
    handed = handed_in(c)
    told = Message.objects.filter(href__contains=handed.reference)
    assert [message.to for message in told] == [c.david]


def test_the_author_cannot_adopt_or_reject_their_own(c: Council, client: Client) -> None:
    handed = handed_in(c)
    for act in (
        lambda: adopt_proposal(proposal=handed, starts_on=clock.today(), reason="x", by=c.joan),
        lambda: reject_proposal(proposal=handed, reason="x", by=c.joan),
    ):
        with pytest.raises(NotAllowed):
            act()
    page = words(see(client, c.joan, "plans:policy_proposal", handed.reference))
    assert "You wrote it, so it cannot be you." in page
    assert "Your decision" not in page
    answer = do(
        client, c.joan, "plans:policy_proposal", handed.reference, act="reject", reason="No."
    )
    assert answer.status_code == 404
    handed.refresh_from_db()
    assert handed.state == ProposalState.SUBMITTED


@pytest.mark.parametrize("state", ["adopted", "rejected"])
def test_the_database_itself_refuses_one_pair_of_eyes(c: Council, state: str) -> None:
    decided = {"adopted_pack": c.pack} if state == "adopted" else {}
    with pytest.raises(IntegrityError, match="policy_four_eyes"), transaction.atomic():
        PolicyProposal.objects.create(
            base_pack=c.pack, title="x", reason="x", table={}, starts_on=clock.today(),
            author=c.joan, decided_by=c.joan, state=state, **decided,
        )  # fmt: skip
    handed = handed_in(c)
    with pytest.raises(IntegrityError, match="policy_four_eyes"), transaction.atomic():
        PolicyProposal.objects.filter(pk=handed.pk).update(state="rejected", decided_by=c.joan)


@pytest.mark.parametrize("state", ["adopted", "rejected"])
def test_a_decision_without_somebody_who_decides_is_refused_by_the_database(
    c: Council, state: str
) -> None:
    with pytest.raises(IntegrityError, match="policy_decided_by_somebody"), transaction.atomic():
        PolicyProposal.objects.create(
            base_pack=c.pack, title="x", reason="x", table={}, starts_on=clock.today(),
            author=c.joan, state=state,
        )  # fmt: skip


def test_a_worker_who_is_no_manager_decides_nothing(c: Council, client: Client) -> None:
    handed = handed_in(c)
    with pytest.raises(NotAllowed):
        adopt_proposal(proposal=handed, starts_on=clock.today(), reason="x", by=c.samira)
    with pytest.raises(NotAllowed):
        propose_policy(
            pack=c.pack, title="x", reason="x", table=handed.table, starts_on=clock.today(),
            by=c.samira,
        )  # fmt: skip
    assert see(client, c.samira, "plans:policy_proposal", handed.reference).status_code == 404
    for name in ("plans:policy_proposal_csv", "plans:policy_proposal_json"):
        assert see(client, c.client, name, handed.reference).status_code == 404
        assert see(client, None, name, handed.reference).status_code == 302
    assert see(client, c.joan, "plans:policy_proposal", "POL-NOSUCH").status_code == 404


def test_a_manager_who_once_wrote_it_still_cannot_adopt_it_in_another_role(c: Council) -> None:
    handed = handed_in(c)
    give_role(user=c.joan, role=Role.PANEL, team=None)
    with pytest.raises(NotAllowed):
        adopt_proposal(proposal=handed, starts_on=clock.today(), reason="x", by=c.joan)


def test_what_was_handed_in_or_decided_cannot_be_changed_by_sql(c: Council) -> None:
    handed = handed_in(c)
    for change in ({"table": {}}, {"title": "another"}, {"author": c.david}):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            PolicyProposal.objects.filter(pk=handed.pk).update(**change)
    adopt_proposal(proposal=handed, starts_on=clock.today(), reason="Good.", by=c.david)
    for change in ({"state": "rejected"}, {"decision_reason": "another"}, {"decided_by": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            PolicyProposal.objects.filter(pk=handed.pk).update(**change)


# -- adopting ----------------------------------------------------------------------------------


def test_a_second_manager_adopts_it_on_the_page(c: Council, client: Client) -> None:
    crowd(c, 15)
    handed = handed_in(c)
    page = words(see(client, c.david, "plans:policy_proposal", handed.reference))
    assert "Look at what it does, then adopt it or say why not." in page
    assert "Never more than – different£91,000.00£40,000.00" in page
    day = clock.today() + timedelta(days=10)
    sent = do(
        client, c.david, "plans:policy_proposal", handed.reference, act="adopt",
        reason="The figures hold.", starts_on_day=day.day, starts_on_month=day.month,
        starts_on_year=day.year,
    )  # fmt: skip
    assert sent.status_code == 302
    after = words(client.get(sent.url))
    assert "Adopted by David Pell" in after
    assert "Version 2026.3.1 counts for new cases from" in after
    assert "Cases that were open before keep the version they began with." in after
    assert "The figures hold." in after
    told = Message.objects.get(to=c.joan, href__contains=handed.reference)
    assert "is adopted" in told.title


@pytest.mark.parametrize(
    ("boxes", "sentence"),
    [
        ({"reason": ""}, "Give your reason."),
        ({"starts_on_year": "2001"}, "The day must be today or later."),
        ({"starts_on_day": "99"}, "Enter a real date"),
    ],
)
def test_an_adoption_that_is_not_whole_is_refused_and_loses_nothing(
    c: Council, client: Client, boxes: dict[str, str], sentence: str
) -> None:
    handed = handed_in(c)
    whole = {
        "act": "adopt", "reason": "My long reason.", "starts_on_day": "1", "starts_on_month": "4",
        "starts_on_year": "2091",
    }  # fmt: skip
    page = do(client, c.david, "plans:policy_proposal", handed.reference, **{**whole, **boxes})
    assert sentence in words(page)
    assert "<title>Error: " in page.content.decode()
    if "reason" not in boxes:
        assert "My long reason." in page.content.decode()
    handed.refresh_from_db()
    assert handed.state == ProposalState.SUBMITTED


def test_new_cases_use_the_new_version_and_old_ones_keep_theirs(c: Council) -> None:
    old = crowd(c, 3)[0]
    done = adopted(c)
    new = refer_person(
        full_name="Nora New", date_of_birth=date(1950, 1, 1), pack=current_pack(KEY),
        source="worker", reason="She fell.", by=c.samira,
    )  # fmt: skip
    old.refresh_from_db()
    assert old.pack == c.pack
    assert new.pack == done.adopted_pack
    assert new.pack.version == "2026.3.1"
    c.pack.refresh_from_db()
    assert c.pack.retired_at is not None
    answers = {q.key: q.options[-1].key for q in old.pack.rules.questions if q.role == "need"}
    assert allocate(old.pack.rules, answers).annual_pence > 4_000_000
    assert allocate(new.pack.rules, answers).annual_pence == 4_000_000


def test_until_its_day_the_version_before_is_used(c: Council, client: Client) -> None:
    day = clock.today() + timedelta(days=20)
    done = adopted(c, on=day)
    assert current_pack(KEY) == c.pack
    form = client.get(reverse("plans:ask_for_help")).content.decode()
    assert "Support for adults" in form
    with noon(day - timedelta(days=1)):
        assert current_pack(KEY) == c.pack
    with noon(day):
        assert current_pack(KEY) == done.adopted_pack
        assert "Support for adults" in client.get(reverse("plans:ask_for_help")).content.decode()
    page = words(see(client, c.joan, "plans:policy"))
    assert "Version 2026.3.1 follows on" in page


def test_the_new_version_is_a_whole_pack_with_its_file(c: Council) -> None:
    made = adopted(c).adopted_pack
    assert made is not None
    check_shape(made.content)
    content = yaml.safe_load(made.source_yaml)
    content.pop("x-shared", None)
    assert content == made.content
    assert Pack.from_mapping(content).allocation.maximum_pence == 4_000_000
    before = c.pack.source_yaml.splitlines()
    after = made.source_yaml.splitlines()
    assert [line for line in before if line.startswith("#")] == [
        line for line in after if line.startswith("#")
    ]
    assert {**made.content, "version": "", "allocation": ""} == {
        **c.pack.content,
        "version": "",
        "allocation": "",
    }


def test_loading_the_packs_again_changes_nothing_of_it(c: Council) -> None:
    done = adopted(c)
    assert not any(pack.new for pack in load_packs())
    assert current_pack(KEY) == done.adopted_pack


def test_everything_is_in_the_record(c: Council, client: Client) -> None:
    done = adopted(c)
    verbs = list(
        AuditEvent.objects.filter(chain__key=f"policy:{KEY}")
        .order_by("sequence")
        .values_list("verb", flat=True)
    )
    assert verbs == ["policy.drafted", "policy.submitted", "policy.adopted"]
    event = AuditEvent.objects.get(verb="policy.adopted")
    assert event.changes["version"] == "2026.3.1"
    assert event.changes["retired"] == ["2026.3"]
    assert event.changes["table"]["maximum_pence"] == 4_000_000
    assert event.actor == str(c.david.public_id)
    assert verify_audit().holds
    said = words(see(client, c.joan, "plans:policy_proposal", done.reference))
    assert "David Pell (Team manager) adopted the proposal" in said
    assert "Joan Whitlock (Team manager) handed the proposal in" in said


def test_a_proposal_for_an_older_version_cannot_be_adopted(c: Council, client: Client) -> None:
    late = handed_in(c, title="Too late", table=another_table(c.pack, maximum_pence=5_000_000))
    adopted(c)
    page = do(
        client, c.david, "plans:policy_proposal", late.reference, act="adopt", reason="Yes.",
        starts_on_day="1", starts_on_month="4", starts_on_year="2091",
    )  # fmt: skip
    assert "There is a newer version of this programme, 2026.3.1." in words(page)
    late.refresh_from_db()
    assert late.state == ProposalState.SUBMITTED
    with pytest.raises(Conflict, match="newer version"):
        proposal(c, title="From the old one", table=another_table(c.pack, maximum_pence=1))


def test_it_is_adopted_once_however_often_it_is_sent(c: Council) -> None:
    done = adopted(c)
    with pytest.raises(Conflict):
        adopt_proposal(proposal=done, starts_on=clock.today(), reason="Again.", by=c.david)
    assert ProgrammePack.objects.filter(key=KEY).count() == 2


def test_a_version_cannot_begin_before_the_one_it_follows(c: Council) -> None:
    first = adopted(c, on=clock.today() + timedelta(days=20)).adopted_pack
    assert first is not None
    c.pack = first
    again = handed_in(c, title="Next", table=another_table(first, maximum_pence=3_000_000))
    with pytest.raises(Refused, match="itself begins on"):
        adopt_proposal(
            proposal=again, starts_on=clock.today() + timedelta(days=5), reason="x", by=c.david
        )
    later = adopt_proposal(
        proposal=again, starts_on=clock.today() + timedelta(days=40), reason="x", by=c.david
    )
    assert later.adopted_pack is not None
    assert later.adopted_pack.version == "2026.3.2"
    with noon(clock.today() + timedelta(days=30)):
        assert current_pack(KEY) == first
    with noon(clock.today() + timedelta(days=50)):
        assert current_pack(KEY) == later.adopted_pack


def test_it_is_not_adopted_with_a_reason_that_the_author_reads(c: Council, client: Client) -> None:
    handed = handed_in(c)
    refused = do(
        client, c.david, "plans:policy_proposal", handed.reference, act="reject", reason=""
    )
    assert "Give your reason." in words(refused)
    do(
        client, c.david, "plans:policy_proposal", handed.reference, act="reject",
        reason="It takes most from those who need most.",
    )  # fmt: skip
    page = words(see(client, c.joan, "plans:policy_proposal", handed.reference))
    assert "Not adopted by David Pell" in page
    assert "It takes most from those who need most." in page
    assert "write another proposal" in page
    assert Message.objects.get(to=c.joan).body == "It takes most from those who need most."
    assert current_pack(KEY) == c.pack


# -- exports and comparing -----------------------------------------------------------------------


def test_the_figures_of_a_proposal_are_exported(c: Council, client: Client) -> None:
    crowd(c, 40)
    draft = proposal(c, title="+cmd|' /C calc'!A0", envelope_pence=50_000_000)
    table = see(client, c.david, "plans:policy_proposal_csv", draft.reference)
    assert "'+cmd" in table.content.decode()
    found = json.loads(see(client, c.david, "plans:policy_proposal_json", draft.reference).content)
    assert found["proposal"] == "+cmd|' /C calc'!A0"
    assert found["envelope"]["envelope_pence"] == 50_000_000
    assert {"figure": "Never more than", "before": "£91,000.00", "after": "£40,000.00"} in found[
        "table"
    ]


def test_two_versions_are_compared_side_by_side(c: Council, client: Client) -> None:
    crowd(c, 40)
    adopted(c, table=another_table(c.pack, maximum_pence=1_000_000))
    page = words(see(client, c.joan, "plans:policy_compare", KEY))
    assert "Never more than – different£91,000.00£10,000.00" in page
    assert "The total falls by" in page
    back = words(see(client, c.joan, "plans:policy_compare", KEY, one="2026.3.1", other="2026.3"))
    assert "The total rises by" in back


def test_a_version_is_compared_with_a_proposal(c: Council, client: Client) -> None:
    crowd(c, 40)
    draft = proposal(c, table=another_table(c.pack, maximum_pence=1_000_000))
    page = words(
        see(client, c.joan, "plans:policy_compare", KEY, one="2026.3", other=draft.reference)
    )
    assert "Proposal: A lower limit" in page
    assert "The total falls by" in page


def test_versions_with_other_questions_compare_those_whose_answers_fit_both(
    c: Council, client: Client
) -> None:
    crowd(c, 40)
    content = json.loads(json.dumps(c.pack.content))
    content["version"] = "2027.1"
    for section in content["sections"]:
        for question in section["questions"]:
            if question["key"] == "nutrition_need":
                question["options"][-2]["points"] = 90
            if question["key"] == "nights":
                question["options"][2]["key"] = "wide_awake"
    content["allocation"]["adjustments"][1]["option"] = "wide_awake"
    ProgrammePack.objects.create(
        key=KEY, version="2027.1", title=c.pack.title, content=content, source_yaml="", digest="z"
    )
    page = words(see(client, c.joan, "plans:policy_compare", KEY, one="2026.3", other="2027.1"))
    assert "asked other questions, so they are not in these figures." in page
    assert "The total rises by" in page


@pytest.mark.parametrize(
    ("base", "known", "version"),
    [
        ("2026.3", {"2026.3"}, "2026.3.1"),
        ("2026.3.1", {"2026.3", "2026.3.1"}, "2026.3.2"),
        ("2026.3.1", {"2026.3", "2026.3.1", "2026.3.2"}, "2026.3.3"),
        ("7", {"7"}, "7.0.1"),
    ],
)
def test_versions_are_numbered_on(base: str, known: set[str], version: str) -> None:
    assert next_version(base, known) == version


def test_a_file_that_cannot_be_patched_is_written_whole(c: Council) -> None:
    text = "{key: x, version: '1', allocation: {method: per_point}}"
    written = pack_text(text, {"key": "x", "version": "2", "allocation": {"method": "bands"}})
    assert yaml.safe_load(written) == {
        "key": "x",
        "version": "2",
        "allocation": {"method": "bands"},
    }


def test_many_proposals_are_listed_a_page_at_a_time_with_as_many_queries(
    c: Council, client: Client
) -> None:
    def several(first: int, last: int) -> None:
        for n in range(first, last):
            table = another_table(c.pack, maximum_pence=1_000_000 + n)
            proposal(c, title=f"Idea {n}", table=table)

    several(0, 3)
    few = queries_of(client, c.joan, "plans:policy")
    several(3, 23)
    assert queries_of(client, c.joan, "plans:policy") <= few + 1  # one more counts the pages
    assert "Page 1 of 2" in words(see(client, c.joan, "plans:policy"))
    assert "Idea 0" in words(see(client, c.joan, "plans:policy", page=2))


def test_what_waits_for_a_decision_comes_first(c: Council, client: Client) -> None:
    handed_in(c, title="An old one that waits")
    proposal(c, title="A new draft", table=another_table(c.pack, maximum_pence=1))
    said = words(see(client, c.david, "plans:policy"))
    assert said.index("An old one that waits") < said.index("A new draft")
    assert "It waits for you or another manager." in said
    assert "A proposal waits" in said

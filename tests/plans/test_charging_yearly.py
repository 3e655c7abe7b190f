"""Each April: everybody worked out again, told by letter; twice gives nothing new; what is missing is counted."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from carebudget import clock
from carebudget.audit.models import AuditEvent
from carebudget.audit.services import verify_audit
from carebudget.errors import NotAllowed, Refused
from carebudget.notify.models import Document, Message
from carebudget.people.models import Person, Role, User
from plans.models import (
    FinancialAssessment,
    FinancialState,
    Reassessment,
    ReassessmentLine,
)
from plans.rules.charging_result import Contribution
from plans.selectors import charge_on
from plans.services import current_pack, decide_lightly, refer_person
from plans.services.charging_deciding import keep_figures, worked_out
from plans.services.charging_files import SCHEMAS, figures_on
from plans.services.charging_yearly import LIGHTLY, LOWERED, Tally, reassess_all, tell_reassessed
from tests.plans.charging_pages import COST, PAYS, decided, in_2016, standing
from tests.plans.page_world import World, user

APRIL = date(2017, 4, 10)


@pytest.fixture
def w(db: None) -> Iterator[World]:
    with in_2016() as found:
        yield found


@pytest.fixture
def new_year(tmp_path: Path, settings: Any) -> Path:
    """The council's own directory: the table of 2015 ends in April 2017, when invented figures follow."""
    for path in SCHEMAS.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "policies").mkdir()
    for path in (SCHEMAS / "policies").glob("*.yaml"):
        (tmp_path / "policies" / path.name).write_text(path.read_text())
    text = (SCHEMAS / "2015-04.yaml").read_text()
    (tmp_path / "2015-04.yaml").write_text(text.replace("2022-04-05", "2017-04-05"))
    later = (
        text.replace('key: "2015-04"', 'key: "2017-04"')
        .replace('"2015-04-06"', '"2017-04-06"')
        .replace("pence: 18900", "pence: 19500")
        .replace("from April 2015", "from April 2017")
    )
    (tmp_path / "2017-04.yaml").write_text(later)
    settings.CHARGING_DIRECTORY = tmp_path
    return tmp_path


def another(w: World, n: int, finances: dict[str, Any], *, pays: int | None = None) -> Any:
    """Somebody else, decided on the figures of the day; ``pays`` is less than the rules where given."""
    case = refer_person(
        full_name=f"Person {n}", date_of_birth=date(1940, 1, 1), pack=current_pack("adult-social-care"),
        source="worker", reason="Stairs.", email=f"p{n}@example.org", by=w.samira,
    )  # fmt: skip
    someone = user(f"Person Number{n}", Role.CLIENT)
    Person.objects.filter(pk=case.person_id).update(user=someone)
    figures = figures_on(clock.today())
    table, policy = keep_figures(figures)
    said = {
        "date_of_birth": "1940-01-01",
        "support": [{"kind": "care", "pence_a_week": COST}],
    } | finances
    result = worked_out(said, figures)
    return FinancialAssessment.objects.create(
        person=case.person,
        case=case,
        origin="worker",
        state=FinancialState.DECIDED,
        finances=said,
        table=table,
        policy=policy,
        policy_version=figures.policy.version,
        effective_on=clock.today(),
        cost_pence=result.cost_pence,
        calculated_pence=result.pence_a_week,
        contribution_pence=result.pence_a_week if pays is None else pays,
        full_cost=result.full_cost,
        working=result.as_data(),
        reason="As the rules say.",
        decided_by=w.samira,
        decided_at=clock.now(),
    )


def pension(pence: int) -> dict[str, Any]:
    return {"income": {"state_pension": {"pence": pence, "every": "week"}}}


def test_everybody_is_worked_out_again_and_told(w: World, new_year: Path):
    first = decided(w)
    tally, run = reassess_all(effective_on=APRIL, from_table="2015-04")
    # The guarantee rises by 6.00, so she pays 6.00 less: 76.95 - 6.00 = 70.95.
    assert (tally.looked_at, tally.less, tally.more, tally.same) == (1, 1, 0, 0)
    assert (tally.before_pence, tally.after_pence) == (PAYS, PAYS - 600)
    new = standing(w)
    assert (new.contribution_pence, new.origin, new.replaces) == (PAYS - 600, "yearly", first)
    assert (new.table.key, new.effective_on) == ("2017-04", APRIL)
    assert sum(step.figure for step in Contribution.from_data(new.working).steps) == PAYS - 600
    assert charge_on(w.case.person, date(2017, 4, 9)) == first
    assert charge_on(w.case.person, APRIL) == new
    assert run is not None
    assert tell_reassessed(run=run) == 1
    told = Message.objects.filter(key__startswith=f"charge.decided:{new.reference}")
    assert {message.to for message in told} == {w.margaret, w.ruth}
    assert told[0].title == "What you pay for your support: £70.95 a week"
    event = AuditEvent.objects.get(verb="charge.reassessed")
    assert event.changes["from_pence"] == PAYS
    assert verify_audit().holds


def test_running_it_twice_gives_nothing_new(w: World, new_year: Path):
    decided(w)
    another(w, 1, pension(20000))
    _, run = reassess_all(effective_on=APRIL, from_table="2015-04")
    assert run is not None
    assert tell_reassessed(run=run) == 2
    before = (
        FinancialAssessment.objects.count(),
        Message.objects.count(),
        Document.objects.count(),
        AuditEvent.objects.count(),
        Reassessment.objects.count(),
    )
    tally, again = reassess_all(effective_on=APRIL, from_table="2015-04")
    assert again == run
    assert tally == Tally()
    assert tell_reassessed(run=run) == 0
    assert before == (
        FinancialAssessment.objects.count(),
        Message.objects.count(),
        Document.objects.count(),
        AuditEvent.objects.count(),
        Reassessment.objects.count(),
    )


def test_without_a_table_to_start_from_everybody_on_older_figures_is_looked_at(
    w: World, new_year: Path
):
    decided(w)
    tally, _ = reassess_all(effective_on=APRIL)
    assert tally.done == 1
    tally, _ = reassess_all(effective_on=date(2017, 5, 1))
    assert tally.looked_at == 0


def test_a_run_that_was_stopped_goes_on_where_it_stopped(
    w: World, new_year: Path, monkeypatch: pytest.MonkeyPatch
):
    from plans.services import charging_yearly

    monkeypatch.setattr(charging_yearly, "CHUNK", 2)
    for n in range(5):
        another(w, n, pension(20000 + n))

    def stop(done: int, total: int) -> None:
        assert total == 5
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reassess_all(effective_on=APRIL, from_table="2015-04", report=stop)
    assert ReassessmentLine.objects.count() == 2
    said: list[tuple[int, int]] = []
    tally, run = reassess_all(
        effective_on=APRIL, from_table="2015-04", report=lambda *at: said.append(at)
    )
    assert (tally.looked_at, ReassessmentLine.objects.count()) == (3, 5)
    assert said == [(2, 3), (3, 3)]
    assert run is not None
    assert tell_reassessed(run=run, limit=2) == 2
    assert tell_reassessed(run=run) == 3


def test_who_cannot_be_worked_out_keeps_what_stands_and_is_counted_by_reason(w: World):
    with clock.travel(datetime(2022, 4, 4, 10, tzinfo=UTC)):
        first = decided(w)
        young = {"date_of_birth": "2001-01-01", "income": {"esa": {"pence": 15000}}}
        another(w, 1, young)
        another(w, 2, {"household": "couple", "partner_date_of_birth": "1940-01-01"})
        another(w, 3, young, pays=100)
        case = refer_person(
            full_name="Rich Person", date_of_birth=date(1940, 1, 1), pack=current_pack("adult-social-care"),
            source="worker", reason="Stairs.", by=w.samira,
        )  # fmt: skip
        decide_lightly(
            case=case, ground="above", cost_pence=COST, effective_on=clock.today(), agreed=True,
            reason="Saw the statement.", by=w.samira,
        )  # fmt: skip
    with clock.travel(datetime(2025, 4, 7, 10, tzinfo=UTC)):
        tally, _ = reassess_all(effective_on=date(2025, 4, 7))
        assert tally.refused == {
            "The table for 2025-04 has no figure for a single person at pension age.": 1,
            "The table for 2025-04 has no figure for a couple at pension age.": 1,
            LOWERED: 1,
            LIGHTLY: 1,
        }
        assert tally.done == 1
        assert standing(w) == first
        assert ReassessmentLine.objects.filter(outcome="refused").count() == 4
        assert reassess_all(effective_on=date(2025, 4, 7))[0].looked_at == 0


def test_when_the_missing_line_is_there_who_was_refused_is_worked_out(w: World, new_year: Path):
    decided(w)
    whole = (new_year / "2017-04.yaml").read_text()
    gap = "".join(line for line in whole.splitlines(True) if "single_pension" not in line)
    gap = gap.replace("complete: true", "complete: false")
    gap = gap.replace("missing: []", "missing: [single_pension]")
    (new_year / "2017-04.yaml").write_text(gap)
    tally, _ = reassess_all(effective_on=APRIL, from_table="2015-04")
    assert sum(tally.refused.values()) == 1
    (new_year / "2017-04.yaml").write_text(whole.replace('version: "1"', 'version: "2"'))
    tally, _ = reassess_all(effective_on=APRIL, from_table="2015-04")
    assert (tally.done, sum(tally.refused.values())) == (1, 0)
    assert standing(w).table.version == "2"


def test_a_dry_run_says_the_same_and_writes_nothing(w: World, new_year: Path):
    decided(w)
    another(w, 1, pension(30000))
    with CaptureQueriesContext(connection) as queries:
        dry, run = reassess_all(effective_on=APRIL, from_table="2015-04", dry_run=True)
    assert run is None
    assert not [q for q in queries if not q["sql"].startswith("SELECT")]
    wet, _ = reassess_all(effective_on=APRIL, from_table="2015-04")
    assert dry == wet


def test_a_decision_that_begins_later_is_left_alone(w: World, new_year: Path):
    decided(w, on=date(2017, 4, 3))
    assert reassess_all(effective_on=date(2017, 4, 3), table="2017-04")[0].looked_at == 0
    assert reassess_all(effective_on=APRIL)[0].looked_at == 1


def test_more_people_take_no_more_queries_for_each(w: World, new_year: Path):
    def queries(people: int, day: date) -> int:
        for _ in range(people):
            another(w, FinancialAssessment.objects.count(), pension(20000))
        with CaptureQueriesContext(connection) as found:
            reassess_all(effective_on=day, from_table="2015-04")
        return len(found)

    one, eleven = queries(1, APRIL), queries(11, date(2017, 4, 11))
    each = (eleven - one) / 10
    assert each <= 6, f"{each} queries for one more person: the record, and nothing else"


def test_only_a_finance_manager_may_order_it(w: World, new_year: Path):
    boss = user("Frances Manager", Role.FINANCE_MANAGER)
    for who in (w.finance, w.samira, w.ruth):
        with pytest.raises(NotAllowed):
            reassess_all(effective_on=APRIL, by=who)
    decided(w)
    reassess_all(effective_on=APRIL, by=boss)
    assert standing(w).decided_by == boss


def test_a_table_that_is_unknown_or_a_day_without_one_is_refused(w: World):
    with pytest.raises(Refused, match="There is no table for 1999-04"):
        reassess_all(effective_on=APRIL, from_table="1999-04")
    with pytest.raises(Refused, match="There is no table of figures for 6 April 2024"):
        reassess_all(effective_on=date(2024, 4, 6))


def test_what_came_of_it_cannot_be_changed_by_sql(w: World, new_year: Path):
    decided(w)
    reassess_all(effective_on=APRIL)
    for sql in (
        "UPDATE plans_reassessmentline SET outcome = 'refused', reason = 'x', after_id = NULL",
        "DELETE FROM plans_reassessmentline",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


# ---- the command


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("reassess", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_what_it_does_and_what_came_of_it(w: World, new_year: Path):
    decided(w)
    another(w, 1, pension(30000))
    dry = run("--from-table", "2015-04", "--effective", "2017-04-10", "--dry-run")
    assert "2 people would be worked out again." in dry
    assert FinancialAssessment.objects.filter(origin="yearly").count() == 0
    said = run("--from-table", "2015-04", "--effective", "2017-04-10")
    assert "2 of 2 worked out" in said
    assert "2 people worked out again." in said
    assert "pay more: 0; less: 2; the same: 0" in said
    assert "together a week: £187.95 before, £175.95 after" in said
    assert "2 of 2 told" in said
    assert "Letters sent: 2." in said
    again = run("--from-table", "2015-04", "--effective", "2017-04-10")
    assert "0 people worked out again." in again
    assert "Letters sent: 0." in again


def test_letters_may_wait_for_the_next_call(w: World, new_year: Path):
    decided(w)
    assert "Letters" not in run("--effective", "2017-04-10", "--without-letters")
    assert not Document.objects.filter(title__contains=standing(w).reference).exists()
    assert "Letters sent: 1." in run("--effective", "2017-04-10")


def test_the_command_lists_refusals_by_reason(w: World):
    decided(w)
    said = run("--from-table", "2015-04", "--effective", "2025-04-07", "--dry-run")
    assert "Not worked out, and left as it was: 1." in said
    assert "  1: The table for 2025-04 has no figure for a single person at pension age." in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--effective", "soon"], "“soon” is not a day like 2026-04-06"),
        (["--effective", "2023-06-01"], "There is no table of figures for 1 June 2023"),
        (["--effective", "2017-04-10", "--from-table", "x"], "There is no table for x"),
        (["--effective", "2017-04-10", "--by", "no@body"], "nobody signs in as no@body"),
        (["--effective", "2017-04-10", "--by", "samira.okafor@example.org"], "You may not do this"),
    ],
)
def test_what_the_command_cannot_do_is_one_sentence(w: World, arguments: list[str], sentence: str):
    with pytest.raises(CommandError, match=sentence):
        run(*arguments)


def test_the_order_of_somebody_is_in_the_record(w: World, new_year: Path):
    boss = user("Frances Manager", Role.FINANCE_MANAGER)
    decided(w)
    run("--effective", "2017-04-10", "--by", boss.email.upper())
    event = AuditEvent.objects.get(verb="charge.reassessed")
    assert event.actor == str(boss.public_id)
    assert User.objects.get(pk=boss.pk).full_name == event.words.words["actor"]

"""Tables and policies as files: what ships is sound, and each fault is refused with file, line and reason."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from carebudget.errors import Refused
from plans.rules.charging_kinds import CAPITAL, INCOME, LINES, titles
from plans.rules.charging_table import (
    MissingLine,
    policy_on,
    read_pension_ages,
    read_policies,
    read_table,
    table_on,
)
from plans.services.charging_files import (
    SCHEMAS,
    all_tables,
    figures_on,
    own_authority,
    pension_ages,
    policy_file,
    read_file,
    table_file,
)
from tests.plans.rules.charging_world import ages, table

TEXT = (SCHEMAS / "2015-04.yaml").read_text(encoding="utf-8")
PARTIAL = (SCHEMAS / "2025-04.yaml").read_text(encoding="utf-8")
POLICY = (SCHEMAS / "policies" / "wrenbury.yaml").read_text(encoding="utf-8")


def refusal(tmp_path: Path, text: str, schema: str, build: Callable[[Any], Any]) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as refused:
        read_file(path, schema, build)
    return refused.value.sentence


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


def line_no(text: str, words: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), start=1) if words in line)


def test_the_shipped_tables_say_what_they_have_and_what_they_lack():
    found = {one.key: one for one in all_tables()}
    assert found["2015-04"].complete
    assert set(found["2015-04"].lines) == set(LINES)
    assert found["2015-04"].missing == ()
    for key in ("2025-04", "2026-04"):
        assert not found[key].complete
        assert set(found[key].missing) == set(LINES) - set(found[key].lines)


@pytest.mark.parametrize("key", ["2015-04", "2025-04", "2026-04"])
def test_every_line_names_its_source_and_every_kind_its_treatment(key: str):
    one = table(key)
    assert all(one.sources[line].strip() for line in one.lines)
    assert set(one.income) == set(titles(INCOME))
    assert all(treatment.source for treatment in one.income.values())
    assert set(one.capital.kinds) == set(titles(CAPITAL))


def test_asking_a_table_for_a_line_it_lacks_names_the_line():
    with pytest.raises(MissingLine, match="no figure for the carer premium"):
        table("2025-04").line("carer")


@pytest.mark.parametrize(
    ("day", "key"),
    [
        (date(2015, 4, 5), None),
        (date(2015, 4, 6), "2015-04"),
        (date(2022, 4, 5), "2015-04"),
        (date(2022, 4, 6), None),
        (date(2025, 4, 5), None),
        (date(2025, 4, 6), "2025-04"),
        (date(2026, 4, 5), "2025-04"),
        (date(2026, 4, 6), "2026-04"),
        (date(2027, 4, 6), None),
    ],
)
def test_a_day_has_the_figures_of_its_own_year_or_none(day: date, key: str | None):
    found = table_on(all_tables(), day)
    assert (found.key if found else None) == key


def test_a_day_without_a_table_is_refused_in_words():
    with pytest.raises(Refused, match=r"no table of figures for 1 June 2023\."):
        figures_on(date(2023, 6, 1))


@pytest.mark.parametrize(
    ("old", "new", "at", "reason"),
    [
        ("pence: 7240", "pence: -1", "single_18_24:", "lines.single_18_24.pence must be 0 or more"),
        ("pence: 7240", "pence: 72.40", "single_18_24:", "must be a whole number"),
        ('pence: 7240, source: "reg. 7(2)(a)"', "pence: 7240", "single_18_24:", "source is missing"),
        ("  single_25:", "  single_26:", "single_26:", "lines.single_26 is not a name that this file"),
        ("  child: {pence: 8365", "  carer: {pence: 8365", None, "“carer” stands twice"),
        ("complete: true", "complete: false", "complete:", "complete is false, but no line is missing"),
        ("missing: []", "missing: [carer]", "missing:", "lists “carer”, which has a figure"),
        ("upper_pence: 2325000", "upper_pence: 1425000", "upper_pence:", "must be above the lower"),
        ("step_pence: 25000", "step_pence: 0", "step_pence:", "capital.step_pence must be 1 or more"),
        ('to: "2022-04-05"', 'to: "2014-04-05"', "in_force_to:", "is before in_force_from"),
        ('to: "2022-04-05"', 'to: "2022-02-30"', "in_force_to:", "is not a day like 2026-04-06"),
        ("{treatment: ignored, source: \"reg. 14\"}", "{treatment: perhaps, source: x}", "earnings:", "must be one of counted, part, ignored"),
        ("{treatment: part, keeps: savings_credit,", "{treatment: part,", "savings_credit: {", "how much of it is not counted?"),
        ("    bonds: {treatment: counted}\n", "", "  kinds:", "capital.kinds.bonds is missing"),
        ("missing: []", "missing: []\nextra: 1", None, "extra is not a name that this file knows here"),
        ('key: "2015-04"', "key: 2015", "key:", "key must be words"),
        ("pence: 7240", "pence: 7240.0", "single_18_24:", "must be a whole number, without a point"),
        ("lines:", "lines: [", "reg. 7(2)(a)", ""),
    ],
)  # fmt: skip
def test_each_fault_of_a_table_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, at: str | None, reason: str
):
    text = changed(TEXT, old, new)
    sentence = refusal(tmp_path, text, "table", read_table)
    assert sentence.startswith("mine.yaml, line ")
    assert reason in sentence
    if at and reason:
        assert f"line {line_no(text, at)}:" in sentence, sentence


def test_a_table_with_gaps_must_list_them(tmp_path: Path):
    sentence = refusal(tmp_path, changed(PARTIAL, "  - carer\n", ""), "table", read_table)
    assert "missing does not list “carer”, which has no figure" in sentence
    sentence = refusal(
        tmp_path, changed(PARTIAL, "complete: false", "complete: true"), "table", read_table
    )
    assert "complete is true, but there is no figure for a single person at pension age" in sentence


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('from: "2026-04-06"', 'from: "2015-04-06"', "must be after the version before it"),
        ('version: "2026-04"', 'version: "2015-04"', "“2015-04” stands twice"),
        ('guarantee_percent: "0"', 'guarantee_percent: "-5"', "cannot be “-5”"),
        ("direct_payments: net", "direct_payments: later", "must be one of net, gross"),
        ("disability_standard_pence: 1700", "disability_standard_pence: 17.00", "whole number"),
    ],
)
def test_each_fault_of_a_policy_is_refused(tmp_path: Path, old: str, new: str, reason: str):
    assert reason in refusal(tmp_path, changed(POLICY, old, new), "policy", read_policies)


def test_the_bands_of_pension_age_must_follow_one_another(tmp_path: Path):
    text = (SCHEMAS / "pension-age.yaml").read_text(encoding="utf-8")
    spoilt = changed(text, 'born_from: "1950-05-06"', 'born_from: "1949-05-06"')
    sentence = refusal(tmp_path, spoilt, "pension-age", read_pension_ages)
    assert "bands[2].born_from must be after the band before it" in sentence


def test_pension_ages_never_fall_from_one_birthday_to_the_next():
    bands = ages().bands
    assert len(bands) == 68
    fixed = [band.reached_on for band in bands if band.reached_on]
    assert fixed == sorted(fixed)
    by_age = [12 * band.years + band.months for band in bands[1:] if not band.reached_on]
    assert by_age == sorted(by_age)


@pytest.mark.parametrize("junk", ["", "- a list", "just words", "\x00", "a: &a [*a]", "[" * 5000])
def test_what_is_no_table_at_all_is_one_sentence(tmp_path: Path, junk: str):
    assert refusal(tmp_path, junk, "table", read_table).startswith("mine.yaml")


def test_a_file_that_is_missing_not_text_or_too_large_is_one_sentence(tmp_path: Path):
    with pytest.raises(Refused, match="cannot be read"):
        read_file(tmp_path / "none.yaml", "table", read_table)
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(Refused, match="not UTF-8"):
        read_file(tmp_path / "bytes.yaml", "table", read_table)
    (tmp_path / "big.yaml").write_text("#" * 1_000_001)
    with pytest.raises(Refused, match="larger than"):
        read_file(tmp_path / "big.yaml", "table", read_table)


# ---- an authority's own directory


def test_an_authority_completes_a_table_in_its_own_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(settings, "CHARGING_DIRECTORY", tmp_path)
    (tmp_path / "2015-04.yaml").write_text(
        changed(changed(TEXT, 'version: "1"', 'version: "2"'), "pence: 7240", "pence: 7300")
    )
    assert [(one.key, one.version) for one in all_tables()] == [("2015-04", "2")]
    assert figures_on(date(2016, 1, 1)).table.line("single_18_24") == 7300
    assert pension_ages() == ages()


def test_a_table_under_another_name_than_its_key_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(settings, "CHARGING_DIRECTORY", tmp_path)
    (tmp_path / "2016-04.yaml").write_text(TEXT)
    with pytest.raises(Refused, match="its key is “2015-04”, not “2016-04”"):
        all_tables()


def test_an_unknown_table_names_those_that_there_are():
    with pytest.raises(Refused, match=r"no table for 1999-04\. Known: 2015-04, 2025-04, 2026-04"):
        table_file("1999-04")


def test_the_policy_of_this_council_is_found_by_its_short_name(monkeypatch: pytest.MonkeyPatch):
    assert own_authority() == "wrenbury"
    versions = policy_file()[0]
    assert [one.version for one in versions] == ["2015-04", "2026-04"]
    newest = policy_on(versions, date(2026, 11, 1))
    assert newest is not None
    assert (newest.guarantee_percent, newest.net) == (Fraction(5), True)
    monkeypatch.setattr(settings, "COUNCIL_SHORT_NAME", "Nowhere-on-Sea")
    lawful = policy_file()[0]
    assert (lawful[0].authority, lawful[0].guarantee_percent) == ("statutory", 0)


@pytest.mark.parametrize("name", ["nowhere", "../policies/wrenbury", "a/b", ""])
def test_a_policy_is_never_looked_for_outside_its_directory(name: str):
    if name:
        with pytest.raises(Refused, match="no charging policy"):
            policy_file(name)
    else:
        assert policy_file(name)[0][0].authority == "wrenbury"


def test_a_policy_that_begins_later_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "CHARGING_DIRECTORY", tmp_path)
    (tmp_path / "2015-04.yaml").write_text(TEXT)
    (tmp_path / "policies").mkdir()
    text = changed(POLICY, 'from: "2015-04-06"', 'from: "2020-04-06"')
    (tmp_path / "policies" / "wrenbury.yaml").write_text(text)
    with pytest.raises(Refused, match="begins on 6 April 2020, after 1 January 2016"):
        figures_on(date(2016, 1, 1))

"""Packs in the database and on the command line: loaded once, never changed, refused with the line."""

import ast
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from carebudget import clock
from carebudget.audit.models import AuditEvent
from carebudget.errors import Refused
from plans.models import ProgrammePack
from plans.rules.pack import Pack
from plans.services.pack_files import (
    DIRECTORY,
    LARGEST_FILE,
    bundled_pack,
    check_shape,
    read_pack_file,
)
from plans.services.packs import current_pack, load_packs
from tests.plans.rules.rule_world import KEYS, answers, pack

ADULTS = (DIRECTORY / "adult-social-care.yaml").read_text(encoding="utf-8")


def folder(tmp_path: Path, text: str, name: str = "mine.yaml") -> Path:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.django_db
def test_the_shipped_packs_load_once_and_are_recorded():
    first = load_packs()
    assert [(p.key, p.version, p.new) for p in first] == [
        (key, pack(key).version, True) for key in KEYS
    ]
    assert [p.new for p in load_packs()] == [False] * len(KEYS)
    assert ProgrammePack.objects.count() == len(KEYS)
    assert AuditEvent.objects.filter(verb="pack.loaded").count() == len(KEYS)


@pytest.mark.django_db
def test_a_stored_pack_gives_the_same_rules_as_its_file():
    load_packs()
    for key in KEYS:
        stored = current_pack(key)
        assert stored.rules == pack(key)
        assert stored.rules is stored.rules
        assert "x-shared" not in stored.content
        assert stored.source_yaml == (DIRECTORY / f"{key}.yaml").read_text(encoding="utf-8")


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["content = '{}'", "version = '9'", "source_yaml = ''"])
def test_the_database_itself_refuses_to_change_or_remove_a_loaded_pack(change):
    load_packs()
    with (
        pytest.raises(DatabaseError, match="never"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE plans_programmepack SET {change} WHERE key = 'carers'")
    with (
        pytest.raises(DatabaseError, match="never"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM plans_programmepack WHERE key = 'carers'")
    assert current_pack("carers").rules == pack("carers")


@pytest.mark.parametrize("key", KEYS)
def test_the_data_that_a_pack_is_written_to_fits_the_schema_of_pack_files(key):
    check_shape(pack(key).as_mapping())


def test_what_is_done_with_the_content_of_a_file_does_not_change_the_next_reading():
    path = DIRECTORY / "carers.yaml"
    read_pack_file(path)[1]["title"] = "Spoilt"
    assert read_pack_file(path)[1]["title"] == pack("carers").title


@pytest.mark.django_db
def test_a_version_that_is_known_is_never_replaced_by_other_content(tmp_path):
    load_packs()
    changed = folder(tmp_path, ADULTS.replace("pence: 208000", "pence: 308000"))
    with pytest.raises(Refused) as refused:
        load_packs(directory=changed)
    assert refused.value.code == "pack_version_used"
    assert refused.value.next_step == "Give the changed pack a new version."
    assert current_pack("adult-social-care").rules == pack()


@pytest.mark.django_db
def test_a_new_version_is_what_new_cases_use_until_it_is_retired(tmp_path):
    with clock.travel(datetime(2026, 4, 1, 9, tzinfo=UTC)):
        load_packs()
    newer = folder(tmp_path, ADULTS.replace(pack().version, "2027.1"))
    with clock.travel(datetime(2027, 4, 1, 9, tzinfo=UTC)):
        load_packs(directory=newer)
        assert current_pack("adult-social-care").version == "2027.1"
        ProgrammePack.objects.filter(version="2027.1").update(retired_at=clock.now())
        assert current_pack("adult-social-care").version == pack().version


@pytest.mark.django_db
def test_one_broken_file_and_nothing_is_loaded(tmp_path):
    folder(tmp_path, ADULTS, "a.yaml")
    folder(tmp_path, "key: b\n", "b.yaml")
    with pytest.raises(Refused, match=r"b\.yaml, line 1: pack\.version is missing"):
        load_packs(directory=tmp_path)
    assert not ProgrammePack.objects.exists()


@pytest.mark.django_db
def test_an_empty_folder_and_an_unknown_programme_are_said_so(tmp_path):
    with pytest.raises(Refused, match="There is no programme pack"):
        load_packs(directory=tmp_path)
    with pytest.raises(Refused, match="There is no programme called gardening"):
        current_pack("gardening")


@pytest.mark.parametrize(
    ("before", "after", "line_holds", "words"),
    [
        ("charged: true", "charged: sometimes", "charged:", "pack.charged must be true or false"),
        ("charged: true", "charged: true\ncolour: red", "colour:", "pack.colour is not a name"),
        ("charged: true", "charged: true\ncharged: no", "charged: no", "“charged” stands twice"),
        ("kind: single", "kind: essay", "essay", ".kind must be one of single, multi, text"),
        ("points: 14", "points: x", "points: x", ".points must be a whole number"),
        ("points: 14", "point: 14", "point: 14", ".point is not a name"),
        ('share: "1/4"', "share: 0.25", "share: 0.25", ".share must be words (put figures"),
        ('share: "1/4"', 'share: "1/0"', 'share: "1/0"', ".share cannot be “1/0”"),
        ("method: linear", "method: per_point", "\nallocation:", "pack.allocation lacks the table"),
        ("pence: 832000", "pence: 8320", "pence: 8320}", "less for more need"),
        ("outcomes_needed: 2", "outcomes_needed: 0", "outcomes_needed:", "must be 1 or more"),
        ("stage: referred", "stage: waiting", "waiting", ".stage must be one of referred"),
        ("every_weeks: 52", "every_weeks: 53", "every_weeks: 53", "must be at most 52"),
        ('key: children\n    title: "C', 'key: children\n    titel: "C', "titel", "not a name"),
        ('title: "Eating and drinking", ', "", "- {key: nutrition, s", "[0].title is missing"),
        ("key: toilet_need", "key: hygiene_need # 2", "hygiene_need # 2", "stands twice"),
        ("{key: slow, title", "{key: pain, title", '{key: pain, title: "T', "stands twice"),
        (
            "need\n        outcome: toilet",
            "need\n        outcome: hygiene",
            "key: toilet_need",
            "more than once",
        ),
        ("question: place", "question: space", "{key: rural", "names no option of a question"),
        ("role: cause", "role: need", "key: cause\n", ".outcome must name the outcome"),
        ("option: two,", "option: some,", "{key: two_carers", "which is more need than"),
        ("cause_question: cause", "cause_question: nights", "cause_question:", "cannot be met"),
        (
            "level: worker, pence: 800000",
            "level: worker, pence: 8000000",
            "{level: manager",
            "worker’s limit",
        ),
    ],
)
def test_a_broken_pack_is_refused_with_file_line_and_fault(
    tmp_path, before, after, line_holds, words
):
    text = ADULTS.replace(before, after, 1)
    with pytest.raises(Refused) as refused:
        read_pack_file(folder(tmp_path, text) / "mine.yaml")
    start = text.index(line_holds) + len(line_holds) - len(line_holds.lstrip())
    line = text[:start].count("\n") + 1
    assert refused.value.sentence.startswith(f"mine.yaml, line {line}: ")
    assert words in refused.value.sentence


@pytest.mark.parametrize("key", KEYS)
def test_a_figure_spoilt_anywhere_in_any_pack_is_refused_with_its_very_line(tmp_path, key):
    lines = (DIRECTORY / f"{key}.yaml").read_text(encoding="utf-8").splitlines()
    figures = [n for n, line in enumerate(lines) if re.search(r"(points|pence): \d", line)]
    for n in (figures[0], figures[len(figures) // 2], figures[-1]):
        spoilt = [*lines]
        spoilt[n] = re.sub(r"(points|pence): \d+", r"\1: lots", lines[n], count=1)
        with pytest.raises(Refused) as refused:
            read_pack_file(folder(tmp_path, "\n".join(spoilt)) / "mine.yaml")
        assert refused.value.sentence.startswith(f"mine.yaml, line {n + 1}: pack.")
        assert "must be a whole number" in refused.value.sentence


def test_a_fault_in_what_was_merged_in_is_found_where_it_was_written(tmp_path):
    merged = ADULTS.replace("x-shared:\n", "x-shared:\n  times: &times {first_from_weeks: 9}\n")
    merged = merged.replace("  first_from_weeks: 6\n", "  <<: *times\n")
    with pytest.raises(Refused) as refused:
        read_pack_file(folder(tmp_path, merged) / "mine.yaml")
    line = merged[: merged.index("first_to_weeks: 8")].count("\n") + 1
    assert refused.value.sentence.startswith(f"mine.yaml, line {line}: ")
    spoilt = merged.replace("first_from_weeks: 9", "first_from_weeks: soon")
    with pytest.raises(Refused) as refused:
        read_pack_file(folder(tmp_path, spoilt) / "mine.yaml")
    line = spoilt[: spoilt.index("first_from_weeks: soon")].count("\n") + 1
    assert refused.value.sentence.startswith(f"mine.yaml, line {line}: ")


LAUGHS = b"a0: &a0 [ha, ha]\n" + b"".join(
    b"a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n" % (n, n, *[n - 1] * 4) for n in range(1, 40)
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "must be a group of named values"),
        (b"- just\n- a list\n", "must be a group of named values"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"? [a, b]\n: c\n", "unhashable"),
        (b"key: !!python/object/apply:os.getcwd []\n", "could not determine a constructor"),
        (b"1: one\nnull: none\n", "is not a name that a pack knows here"),
        (b"title: [", "line 1: expected the node content"),
        (b"[" * 5000, "nested too deeply"),
        (b"key: &k [*k]\n", "nested too deeply"),
        (LAUGHS, "line 1: larger than a pack can be, once its anchors are filled in"),
        (b"#" * (LARGEST_FILE + 1), "larger than a pack can be"),
    ],
)
def test_whatever_the_file_holds_it_is_refused_in_one_sentence(tmp_path, content, words):
    path = tmp_path / "odd.yaml"
    path.write_bytes(content)
    with pytest.raises(Refused) as refused:
        read_pack_file(path)
    assert refused.value.sentence.startswith("odd.yaml")
    assert words in refused.value.sentence


def test_a_pack_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Refused, match=r"none\.yaml: cannot be read"):
        read_pack_file(tmp_path / "none.yaml")
    with pytest.raises(Refused, match=f"Known: {', '.join(KEYS)}"):
        bundled_pack("../programmes/carers")


def run(*words: object) -> str:
    out = io.StringIO()
    call_command(*[str(word) for word in words], stdout=out)
    return out.getvalue()


def file_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "answers.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_allocate_prints_eligibility_and_budget_with_the_working(tmp_path):
    given_ = answers(
        pack(), nutrition_need="most", nutrition_unpaid="half", hygiene_need="some",
        wellbeing=["dignity"],
    )  # fmt: skip
    printed = json.loads(
        run("allocate", "adult-social-care", file_of(tmp_path, json.dumps(given_)))
    )
    assert (printed["pack"], printed["version"]) == ("adult-social-care", pack().version)
    assert printed["eligibility"]["eligible"] is True
    assert printed["budget"]["annual_pence"] == 364_000
    assert [step["running"] for step in printed["budget"]["steps"]][-1] == "364000"


def test_allocate_works_for_carers_and_reads_a_file_with_a_byte_order_mark(tmp_path):
    carers: Pack = pack("carers")
    text = "\ufeff" + json.dumps(answers(carers, home_need="some", wellbeing=["home"]))
    printed = json.loads(run("allocate", "carers", file_of(tmp_path, text)))
    assert printed["eligibility"]["eligible"] is True
    assert printed["budget"]["annual_pence"] == 12_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "this is not JSON"),
        ("", "this is not JSON"),
        ("[" * 100_000, "this is not JSON"),
        ('{"cause": ' + "9" * 5_000 + "}", "this is not JSON"),
        ("[]", "answers: must be a group of question: answer"),
        ('{"shoe_size": 9}', "answers.shoe_size: there is no such question"),
        ('{"cause": "maybe"}', "answers.cause: choose one of: yes, no"),
        ('{"cause": "yes", "cause": "no"}', "answers.cause: this question is answered twice"),
        ('{"cause": "yes"}', "answers.nights: this question must be answered"),
        ('{"nutrition_ways": NaN}', "answers.nutrition_ways: choose from"),
    ],
)
def test_allocate_names_what_is_wrong_with_the_answers(tmp_path, text, words):
    path = file_of(tmp_path, text)
    with pytest.raises(CommandError) as refused:
        run("allocate", "adult-social-care", path)
    assert words in str(refused.value)
    assert str(path) in str(refused.value)


def test_allocate_names_an_unknown_programme_and_a_missing_file(tmp_path):
    with pytest.raises(CommandError, match="There is no programme called gardening"):
        run("allocate", "gardening", file_of(tmp_path, "{}"))
    with pytest.raises(CommandError, match="cannot be read"):
        run("allocate", "carers", tmp_path / "nowhere.json")


@pytest.mark.django_db
def test_load_packs_says_what_is_new_and_what_was_known(tmp_path):
    version = pack().version
    assert run("load_packs").splitlines() == [f"{k} {pack(k).version}: loaded" for k in KEYS]
    assert run("load_packs").splitlines()[0] == f"adult-social-care {version}: known already"
    changed = folder(tmp_path, ADULTS.replace("usual_days: 20", "usual_days: 25", 1))
    with pytest.raises(CommandError, match="Give the changed pack a new version"):
        run("load_packs", "--directory", changed)


APPS = ("carebudget", "providers", "plans", "payments")
INVENTED_PEOPLE = Path("carebudget/desks/seeding")


def strings_in(path: Path) -> Iterator[str]:
    """Every string in a Python file that is not a docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in docstrings:
            yield text


def test_nothing_in_python_or_a_template_knows_a_programme_by_name():
    """Only the invented people of the demo are put into programmes by name."""
    root = DIRECTORY.parents[1]
    seen = 0
    for app in APPS:
        for path in (root / app).rglob("*.py"):
            if INVENTED_PEOPLE in path.relative_to(root).parents:
                continue
            for text in strings_in(path):
                seen += 1
                named = [k for k in KEYS if text == k or ("-" in k and k in text)]
                assert not named, f"{path.relative_to(root)} names {named}"
    for path in (root / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        named = [
            k for k in KEYS if re.search(rf"""["']{k}["']""", text) or ("-" in k and k in text)
        ]
        assert not named, f"{path.relative_to(root)} names {named}"
    assert seen > 1_000

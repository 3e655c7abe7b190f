"""manage.py brings its own servers, and says what went wrong in one sentence."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from carebudget.embedded.postgres import Postgres

from .servers import ROOT, redis_runs, run_manage


def only_line(words: str) -> str:
    lines = words.strip().splitlines()
    assert len(lines) == 1, words
    assert "Traceback" not in words
    return lines[0]


@pytest.fixture
def manage() -> ModuleType:
    spec = importlib.util.spec_from_file_location("manage_under_test", ROOT / "manage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_command_starts_the_servers_it_needs_and_stops_them(tmp_path: Path) -> None:
    done = run_manage(tmp_path, "makemigrations", "--check", "--dry-run")
    assert done.stdout == "No changes detected\n", done.stderr
    assert (tmp_path / "postgres" / "PG_VERSION").exists()
    assert Postgres(tmp_path).address() is None
    assert not redis_runs(tmp_path)


def test_the_first_command_in_a_fresh_checkout_makes_the_tables(tmp_path: Path) -> None:
    done = run_manage(tmp_path, "verify_ledger")
    assert done.returncode == 0, done.stderr
    assert only_line(done.stderr) == "The database is empty: its tables are made first."
    assert only_line(done.stdout).startswith("The ledger holds")


@pytest.mark.parametrize("arguments", [["help"], ["help", "seed"], ["seed", "--help"], ["version"]])
def test_help_starts_no_server(tmp_path: Path, arguments: list[str]) -> None:
    done = run_manage(tmp_path, *arguments)
    assert done.returncode == 0
    assert not (tmp_path / "postgres").exists()


def test_a_refused_command_says_one_sentence_without_the_name_of_a_class(tmp_path: Path) -> None:
    done = run_manage(tmp_path, "allocate", "no-such-programme", "answers.json")
    assert done.returncode == 1
    assert only_line(done.stderr).startswith("There is no programme called no-such-programme.")
    assert done.stdout == ""


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    nowhere = f"postgresql://postgres:@/carebudget?host={tmp_path}"
    done = run_manage(tmp_path, "verify_ledger", DATABASE_URL=nowhere)
    assert done.returncode == 1
    assert "connection" in only_line(done.stderr)


def test_a_secrets_file_that_is_broken_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    done = run_manage(tmp_path, "check")
    assert done.returncode == 1
    assert "Move it away and start again." in only_line(done.stderr)


def test_a_state_directory_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run_manage(tmp_path / "file", "check")
    assert done.returncode == 1
    assert "cannot be used" in only_line(done.stderr)


def test_a_mistake_of_ours_is_one_sentence_with_the_details_in_a_log(
    tmp_path: Path,
    manage: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CAREBUDGET_STATE", str(tmp_path))
    with pytest.raises(ZeroDivisionError) as mistake:
        raise ZeroDivisionError("two\nlines")
    assert manage.say_unexpected(mistake.value) == 1
    said = only_line(capsys.readouterr().err)
    assert said.startswith("ZeroDivisionError: two lines (the details are in ")
    assert "Traceback" in (tmp_path / "log" / "manage.log").read_text()

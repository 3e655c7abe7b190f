"""bin/demo, bin/test and bench/run on a machine that lacks something."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import psycopg
import pytest

from bench import running as bench
from carebudget.embedded import for_tests, progress

from .servers import ROOT, ask


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(ROOT / "bin"))
    yield
    for name in ("_setup", "_test"):
        sys.modules.pop(name, None)


@pytest.fixture
def set_up(scripts: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    import _setup

    monkeypatch.setattr(_setup, "ROOT", tmp_path)
    monkeypatch.setattr(_setup, "LOCAL", tmp_path / ".local")
    return _setup


def test_without_root_a_missing_library_is_one_sentence_with_the_command(
    set_up: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_up, "LIBRARIES", {"libnothing.so.0": "libnothing0"})
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(set_up.shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(set_up.SetUpFailed) as refused:
        set_up.system_packages(browser=False)
    assert str(refused.value) == (
        "Some system packages are missing. Install them with: "
        "sudo apt-get install -y libnothing0 fonts-dejavu-core"
    )


def test_without_apt_a_missing_browser_is_named(
    set_up: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_up, "LIBRARIES", {})
    monkeypatch.setattr(set_up.shutil, "which", lambda name: None)
    with pytest.raises(set_up.SetUpFailed, match="on Debian and Ubuntu: chromium"):
        set_up.system_packages(browser=True)


def test_as_root_what_is_missing_is_installed_after_the_lists_are_read(
    set_up: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(set_up, "LIBRARIES", {"libnothing.so.0": "libnothing0"})
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(set_up.shutil, "which", lambda name: name)
    monkeypatch.setattr(set_up, "run_step", lambda title, command, **rest: asked.append(command))
    set_up.system_packages(browser=False)
    assert [command[1] for command in asked] == ["update", "install"]
    assert asked[1][-2:] == ["libnothing0", "fonts-dejavu-core"]


def test_a_step_that_fails_shows_the_end_of_its_log(
    set_up: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    script = "for number in range(99): print('line', number)\nraise SystemExit(3)"
    with pytest.raises(set_up.SetUpFailed, match=r"Cooking did not work \(status 3\)"):
        set_up.run_step("Cooking", [sys.executable, "-c", script], log="cooking")
    shown = capsys.readouterr().out.splitlines()
    assert shown == [f"line {number}" for number in range(69, 99)]


def test_a_step_done_for_the_same_contents_is_not_done_again(set_up: ModuleType) -> None:
    assert not set_up._is_done("npm", b"lock")
    set_up._mark_done("npm", b"lock")
    assert set_up._is_done("npm", b"lock")
    assert not set_up._is_done("npm", b"another lock")


def test_every_check_runs_even_when_one_fails(
    scripts: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import _test

    jobs = [
        _test.Job("first", [sys.executable, "-c", "raise SystemExit(4)"]),
        _test.Job("second", [sys.executable, "-c", "import os; print(os.environ['SAID'])"], {"SAID": "hello"}),
    ]  # fmt: skip
    monkeypatch.setattr(_test, "jobs", lambda: jobs)
    assert _test.run_all() == 1
    shown = capfd.readouterr().out.splitlines()
    assert shown[:2] == ["== first", "-- first: FAILED (status 4), 0 s"]
    assert "hello" in shown
    assert shown[-1].endswith("FAILED: first.")


def test_without_a_new_enough_python_the_scripts_say_so(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "bin" / "demo")],
        env={"PATH": f"{tmp_path}:{only_tools(tmp_path)}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "Python 3.11 or newer is needed, and none is on the PATH.\n"


def only_tools(directory: Path) -> Path:
    """A directory with nothing but what the small shell scripts call."""
    tools = directory / "tools"
    tools.mkdir()
    (tools / "dirname").symlink_to("/usr/bin/dirname")
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)
    return tools


def test_long_work_shows_that_it_still_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "FIRST_WORD_SECONDS", 0.02)
    with progress.progress("Cooking"):
        time.sleep(0.2)
    assert capsys.readouterr().out == "  Cooking … 0 s\n  Cooking: 0 s\n"


def test_quick_work_is_done_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.progress("Cooking"):
        pass
    assert capsys.readouterr().out == ""


def test_databases_left_by_dead_test_runs_are_dropped_and_others_kept() -> None:
    url = os.environ["DATABASE_URL"]
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left, alive = f"test_carebudget_{dead.pid}_gw1", f"test_carebudget_{os.getpid()}_gw99"
    with psycopg.connect(url, autocommit=True) as connection:
        for name in (left, alive):
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        try:
            for_tests.drop_left_behind(url)
            known = (
                f"SELECT array_agg(datname) FROM pg_database WHERE datname IN ('{left}', '{alive}')"
            )
            assert ask(url, known) == [alive]
        finally:
            connection.execute(f"DROP DATABASE IF EXISTS {alive}")  # type: ignore[call-overload]


def test_a_benchmark_that_does_not_exist_is_answered_with_those_that_do() -> None:
    assert bench.chosen([], ["ledger", "matching"]) == ["ledger", "matching"]
    with pytest.raises(bench.NoSuchBenchmark, match=r"called lodger\. There are: ledger, matching"):
        bench.chosen(["lodger"], ["ledger", "matching"])


def test_the_table_of_benchmarks_says_whether_each_goal_holds() -> None:
    row = {
        "name": "post", "ours": 12.5, "other": 1056, "other_is": "hordak", "unit": "µs",
        "ratio": 0.0118371, "goal": "< 1", "holds": False,
    }  # fmt: skip
    heading, line = bench.as_table([row]).splitlines()
    assert heading.split() == [word for title in bench.HEADINGS for word in title.split()]
    assert line.split() == ["post", "12.5", "1056", "hordak", "µs", "0.01184", "<", "1", "NO"]

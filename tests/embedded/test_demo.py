"""The demo refuses to start where it cannot, in one sentence, and leaves nothing behind."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from carebudget.embedded import demo, processes
from carebudget.embedded.errors import CannotStart
from carebudget.embedded.keeping import shared
from carebudget.embedded.redis import Redis

from .servers import has_ended, run_python


def test_a_busy_port_is_one_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        done = run_python(tmp_path, "-m", "carebudget.embedded.demo", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"Something else listens on port {port}. Stop it, or choose another port with --port.\n"
    )
    assert not (tmp_path / "postgres").exists()


def test_a_second_demo_is_told_where_the_first_one_is(tmp_path: Path) -> None:
    first = demo.only_one(tmp_path, "http://127.0.0.1:8000")
    second = demo.only_one(tmp_path, "http://127.0.0.1:8001")
    with (
        first,
        pytest.raises(CannotStart, match=r"already runs .* http://127\.0\.0\.1:8000"),
        second,
    ):
        pass
    with demo.only_one(tmp_path, "http://127.0.0.1:8001"):
        assert (tmp_path / "locks" / "demo").read_text() == "http://127.0.0.1:8001"


def test_starting_over_forgets_the_data_but_keeps_the_secrets(tmp_path: Path) -> None:
    for name in demo.KEPT_DIRECTORIES:
        (tmp_path / name).mkdir()
    (tmp_path / "beat-schedule.dat").write_text("")
    demo.start_over(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"locks", "secrets.json"}


def test_starting_over_is_refused_while_somebody_uses_the_servers(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    with shared(Redis(tmp_path)), pytest.raises(CannotStart, match="in use"):
        demo.start_over(tmp_path)
    assert (tmp_path / "mail").exists()


def test_a_child_that_dies_is_named_after_the_end_of_its_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = demo_with_children(tmp_path, worker="import sys; sys.exit('no broker')")
    process = processes.process_of(running.record("worker"))
    if process is not None:
        process.wait(10)
    with pytest.raises(CannotStart, match="worker process ended by itself"):
        running.all_alive()
    assert capsys.readouterr().out == "-- worker.log\nno broker\n"


def test_stopping_ends_every_child_beat_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = "import time; time.sleep(60)"
    running = demo_with_children(tmp_path, web=wait, worker=wait, beat=wait)
    children = {name: processes.process_of(running.record(name)) for name in running.children}
    ended: list[str] = []
    end = processes.end

    def note(record: Path) -> None:
        ended.append(record.stem)
        end(record)

    monkeypatch.setattr(processes, "end", note)
    running.stop()
    assert ended == ["beat", "worker", "web"]
    assert all(child is not None and has_ended(child) for child in children.values())


def test_a_command_that_is_interrupted_ends_with_all_it_started() -> None:
    script = (
        "import subprocess, time\n"
        "print(subprocess.Popen(['sleep', '60']).pid, flush=True)\n"
        "time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    child = psutil.Process(int(process.stdout.readline()))
    demo.end(process)
    assert process.returncode == -signal.SIGTERM
    assert has_ended(child)


def demo_with_children(state: Path, **scripts: str) -> demo.Demo:
    """A demo whose children are small Python scripts."""
    made = demo.Demo(state=state, port=1, people=1)
    for directory in (made.log, made.record("web").parent):
        directory.mkdir(parents=True, exist_ok=True)
    for name, script in scripts.items():
        made.child(name, [sys.executable, "-c", script])
    return made

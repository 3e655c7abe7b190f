"""Servers start once, are shared, and stop with their last user, whatever happened before."""

import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from carebudget import embedded
from carebudget.embedded import processes
from carebudget.embedded.errors import CannotStart
from carebudget.embedded.keeping import nobody_using, shared
from carebudget.embedded.postgres import Postgres
from carebudget.embedded.redis import Redis

from .servers import ROOT, another_user, ask, has_ended, redis_runs, tell


def test_all_three_servers_answer_and_stop_afterwards(tmp_path: Path) -> None:
    with embedded.running(root=ROOT, state=tmp_path, with_sandbox=True, throwaway=True) as found:
        assert ask(found.database_url, "SELECT current_database()") == "carebudget"
        assert Redis(tmp_path).address() == found.redis_url
        with urllib.request.urlopen(f"{found.stripe_api_base}/_sandbox/summary") as answer:
            assert answer.status == 200
        started = [
            processes.process_of(tmp_path / name / f"{name}.json") for name in ("redis", "sandbox")
        ]
        number = int((tmp_path / "postgres" / "postmaster.pid").read_text().split()[0])
        started.append(psutil.Process(number))
    assert [process is not None and has_ended(process) for process in started] == [True] * 3


def test_the_environment_names_the_servers_and_the_secrets(tmp_path: Path) -> None:
    with embedded.running(root=ROOT, state=tmp_path, throwaway=True) as found:
        named = found.environment()
    assert named["DATABASE_URL"].startswith("postgresql://")
    assert named["CELERY_BROKER_URL"].startswith("redis+socket://")
    assert named["SECRET_KEY"] == found.secrets.secret_key
    assert "STRIPE_API_BASE" not in named


def test_what_is_written_is_there_at_the_next_start(tmp_path: Path) -> None:
    with embedded.running(root=ROOT, state=tmp_path, with_redis=False) as found:
        tell(found.database_url, "CREATE TABLE kept AS SELECT 7 AS number")
    with embedded.running(root=ROOT, state=tmp_path, with_redis=False) as found:
        assert ask(found.database_url, "SELECT number FROM kept") == 7


def test_the_first_to_leave_stops_nothing_that_another_uses(tmp_path: Path) -> None:
    other = another_user(tmp_path)
    with embedded.running(root=ROOT, state=tmp_path, throwaway=True) as found:
        other.communicate("leave\n", timeout=30)
        assert ask(found.database_url, "SELECT 1") == 1
        assert Redis(tmp_path).address() == found.redis_url
    assert Postgres(tmp_path).address() is None
    assert not redis_runs(tmp_path)


def test_servers_left_by_a_killed_process_are_used_and_then_stopped(tmp_path: Path) -> None:
    killed = another_user(tmp_path)
    killed.kill()
    killed.communicate(timeout=30)
    left = (tmp_path / "postgres" / "postmaster.pid").read_text()
    assert redis_runs(tmp_path)
    with embedded.running(root=ROOT, state=tmp_path, throwaway=True) as found:
        assert (tmp_path / "postgres" / "postmaster.pid").read_text() == left
        assert ask(found.database_url, "SELECT 1") == 1
    assert Postgres(tmp_path).address() is None
    assert not redis_runs(tmp_path)


def test_a_killed_postgresql_starts_again_with_its_data_beside_a_stranger_with_its_number(
    tmp_path: Path,
) -> None:
    server = Postgres(tmp_path)
    with shared(server) as url:
        tell(url, "CREATE TABLE kept AS SELECT 7 AS number")
        record = server.data / "postmaster.pid"
        lines = record.read_text().splitlines()
        postmaster = psutil.Process(int(lines[0]))
        children = postmaster.children()
        os.kill(postmaster.pid, signal.SIGKILL)
        psutil.wait_procs([postmaster, *children], timeout=20)
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        record.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        with shared(server) as url:
            assert ask(url, "SELECT number FROM kept") == 7
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_data_left_half_made_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres.new" / "base").mkdir(parents=True)
    (tmp_path / "postgres" / "base").mkdir(parents=True)
    with shared(Postgres(tmp_path, throwaway=True)) as url:
        assert ask(url, "SELECT 1") == 1


def test_data_of_another_postgresql_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(CannotStart, match="made by PostgreSQL 16"), shared(Postgres(tmp_path)):
        pass
    assert (tmp_path / "postgres" / "PG_VERSION").read_text() == "16\n"


def test_the_socket_of_a_killed_redis_is_no_obstacle(tmp_path: Path) -> None:
    server = Redis(tmp_path)
    with shared(server):
        process = processes.process_of(server.record)
        assert process is not None
        process.kill()
        process.wait(10)
    assert server.socket.exists()
    with shared(server) as url:
        assert server.address() == url


def test_a_record_with_a_strangers_number_ends_nobody(tmp_path: Path) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        record = tmp_path / "record.json"
        record.write_text(f'{{"pid": {stranger.pid}, "created": 1000000.0}}')
        processes.end(record)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_what_a_dead_process_started_in_its_session_is_ended_too(tmp_path: Path) -> None:
    record, log = tmp_path / "record.json", tmp_path / "log"
    script = "import subprocess, sys; print(subprocess.Popen(['sleep', '60']).pid, flush=True)"
    processes.launch([sys.executable, "-c", script], record=record, log=log)
    first = psutil.Process(processes.kept_in(record)["pid"])
    first.wait(10)
    left = psutil.Process(int(log.read_text()))
    assert left.is_running()
    processes.end(record)
    assert has_ended(left)


def test_a_long_or_unusual_path_keeps_its_sockets_in_a_private_directory(tmp_path: Path) -> None:
    state = tmp_path / "with a space" / ("long" * 25)
    with embedded.running(root=ROOT, state=state, throwaway=True) as found:
        assert ask(found.database_url, "SELECT 1") == 1
        place = Redis(state).socket.parent
        assert place != state / "redis"
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert len(str(Redis(state).socket)) < 108
        assert Redis(state).address() == found.redis_url
    assert not place.exists()


def test_a_sandbox_that_tells_nobody_is_started_again_for_a_listener(tmp_path: Path) -> None:
    with ExitStack() as users:
        first = users.enter_context(
            embedded.running(root=ROOT, state=tmp_path, with_redis=False, with_sandbox=True)
        )
        told = users.enter_context(
            embedded.running(
                root=ROOT,
                state=tmp_path,
                with_redis=False,
                with_sandbox=True,
                webhook_url="http://127.0.0.1:9/webhooks/stripe/",
            )
        )
        process = processes.process_of(tmp_path / "sandbox" / "sandbox.json")
        assert process is not None
        assert "http://127.0.0.1:9/webhooks/stripe/" in process.cmdline()
        assert told.stripe_api_base == first.stripe_api_base


def test_a_sandbox_whose_port_was_taken_finds_another(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        (tmp_path / "sandbox").mkdir()
        (tmp_path / "sandbox" / "sandbox.json").write_text(f'{{"port": {port}}}')
        with embedded.running(
            root=ROOT, state=tmp_path, with_redis=False, with_sandbox=True
        ) as found:
            assert not found.stripe_api_base.endswith(f":{port}")


def test_data_is_not_forgotten_while_somebody_uses_it(tmp_path: Path) -> None:
    server = Redis(tmp_path)
    with shared(server) as url:
        with pytest.raises(CannotStart, match="Redis is in use"), nobody_using(server):
            pass
        assert server.address() == url
    with nobody_using(server):
        assert server.address() is None

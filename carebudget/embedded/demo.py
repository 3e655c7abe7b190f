"""Runs the demo: the servers, the seeded data, web, worker and beat, until told to stop.

Called by ``bin/demo`` once everything is installed. Stops everything it started, in order.
"""

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType

from carebudget import embedded
from carebudget.embedded import processes, secrets
from carebudget.embedded.errors import CannotStart
from carebudget.embedded.keeping import nobody_using
from carebudget.embedded.postgres import Postgres
from carebudget.embedded.progress import progress, say
from carebudget.embedded.redis import Redis
from carebudget.embedded.sandbox import Sandbox, free_port, is_free

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90.0
SHOWN_LINES = 20
CHECK_PEOPLE = 8
DEMO_PEOPLE = 60
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_ORDER = ("beat", "worker", "web")
KEPT_DIRECTORIES = ("postgres", "redis", "sandbox", "mail", "media", "staticfiles")


class Stopped(Exception):
    """Somebody pressed Ctrl-C or asked us to stop."""


class Demo:
    """One running demo in one state directory."""

    def __init__(self, *, state: Path, port: int, people: int) -> None:
        self.state, self.port, self.people = state, port, people
        self.url = f"http://127.0.0.1:{port}"
        self.log = state / "log"
        self.children: list[str] = []
        self.env = dict(os.environ)

    def start(self, servers: ExitStack) -> None:
        """Everything, in order; raises ``CannotStart`` with one sentence."""
        for name in STOP_ORDER:  # what a killed demo may have left
            processes.end(self.record(name))
        if not is_free(self.port):
            raise CannotStart(
                f"Something else listens on port {self.port}. "
                "Stop it, or choose another port with --port."
            )
        with progress("Starting PostgreSQL, Redis and the Stripe sandbox"):
            found = servers.enter_context(
                embedded.running(
                    root=ROOT,
                    state=self.state,
                    with_sandbox=True,
                    webhook_url=f"{self.url}/webhooks/stripe/",
                )
            )
        say("PostgreSQL, Redis and the Stripe sandbox are running.")
        self.env |= found.environment()
        self.env |= {
            "DJANGO_SETTINGS_MODULE": "carebudget.settings.local",
            "CAREBUDGET_STATE": str(self.state),
            "SITE_URL": self.url,
            "EMAIL_FILE_PATH": str(self.state / "mail"),
            "MEDIA_ROOT": str(self.state / "media"),
            "STATIC_ROOT": str(self.state / "staticfiles"),
        }
        self.manage_quietly("Making the tables", "migrate")
        self.manage_quietly("Loading the programme packs", "load_packs")
        self.manage("seed", "--if-empty", "--people", str(self.people))
        self.manage_quietly("Collecting styles and scripts", "collectstatic", "--noinput")
        with progress("Starting web, worker and beat"):
            self.serve()

    def manage(self, *command: str) -> None:
        """One of Django's commands; its own words are shown."""
        done = self._run(command, output=None)
        if done:
            raise CannotStart(f"manage.py {command[0]} did not work (status {done}).")

    def manage_quietly(self, title: str, *command: str) -> None:
        """One of Django's commands; its words are shown only when it fails."""
        self.log.mkdir(parents=True, exist_ok=True)
        log = self.log / f"{command[0]}.log"
        with log.open("wb") as file, progress(title):
            done = self._run(command, output=file.fileno())
        if done:
            say(last_lines(log))
            raise CannotStart(f"{title} did not work (manage.py {command[0]}, status {done}).")

    def _run(self, command: tuple[str, ...], *, output: int | None) -> int:
        """A command in a session of its own, so that Ctrl-C reaches us first and we end it."""
        process = subprocess.Popen(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.env,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            start_new_session=True,
        )
        try:
            return process.wait()
        except BaseException:
            end(process)
            raise

    def serve(self) -> None:
        """Web, worker and beat as children, each with a log; returns when the web server answers."""
        celery = [sys.executable, "-m", "celery", "-A", "carebudget"]
        self.child("web", [
            sys.executable, "-m", "gunicorn", "carebudget.wsgi", "--bind", f"127.0.0.1:{self.port}",
            "--workers", "2", "--threads", "4", "--timeout", "120", "--graceful-timeout", "5",
            "--no-control-socket",
        ])  # fmt: skip
        self.child("worker", [
            *celery, "worker", "--concurrency", "2", "--loglevel", "INFO",
            "--without-gossip", "--without-mingle",
        ])  # fmt: skip
        self.child("beat", [
            *celery, "beat", "--loglevel", "WARNING",
            "--schedule", str(self.state / "beat-schedule"), "--pidfile", "",
        ])  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            self.all_alive()
            if time.monotonic() > deadline:
                self.show_logs("web")
                raise CannotStart(f"The web server did not answer in {START_SECONDS:.0f} seconds.")
            time.sleep(0.1)

    def child(self, name: str, command: list[str]) -> None:
        """Start one child, with a log."""
        processes.launch(
            command,
            record=self.record(name),
            log=self.log / f"{name}.log",
            cwd=ROOT,
            env=self.env,
        )
        self.children.append(name)

    def record(self, name: str) -> Path:
        """Where it is written down who this child is."""
        return self.state / "locks" / f"{name}.json"

    def answers(self) -> bool:
        """Whether the web server answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/accounts/login/", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def all_alive(self) -> None:
        """Raises ``CannotStart`` when a child has died, after showing the end of its log."""
        for name in self.children:
            if processes.process_of(self.record(name)) is None:
                self.show_logs(name)
                raise CannotStart(
                    f"The {name} process ended by itself. The end of its log is above."
                )

    def show_logs(self, *names: str) -> None:
        """The end of these children's logs."""
        for name in names:
            say(f"-- {name}.log\n{last_lines(self.log / f'{name}.log')}")

    def stop(self) -> None:
        """Beat first, so that nothing new begins; then worker and web."""
        for name in STOP_ORDER:
            processes.end(self.record(name))


def end(process: subprocess.Popen[bytes]) -> None:
    """End a command that was interrupted, with whatever it started in its session."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(processes.STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def last_lines(log: Path) -> str:
    """The end of a log."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(lines[-SHOWN_LINES:])


@contextmanager
def only_one(state: Path, url: str) -> Iterator[None]:
    """One demo at a time in one state directory: two beats would do everything twice."""
    path = state / "locks" / "demo"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            where = lock.read().strip()
            raise CannotStart(
                f"The demo already runs from this checkout, on {where}. Stop it first."
            ) from None
        lock.seek(0)
        lock.truncate()
        lock.write(url)
        lock.flush()
        yield


def start_over(state: Path) -> None:
    """Forget all data of this state directory. Raises ``CannotStart`` while somebody uses it."""
    sandbox = Sandbox(state, secrets=secrets.load(state), root=ROOT)
    with nobody_using(Postgres(state)), nobody_using(Redis(state)), nobody_using(sandbox):
        for name in KEPT_DIRECTORIES:
            shutil.rmtree(state / name, ignore_errors=True)
        for schedule in state.glob("beat-schedule*"):
            schedule.unlink()


def serve(arguments: argparse.Namespace) -> int:
    """The demo, until somebody stops it."""
    state = embedded.state_directory(ROOT)
    demo = Demo(state=state, port=arguments.port, people=arguments.people or DEMO_PEOPLE)
    with ExitStack() as servers:
        servers.enter_context(only_one(state, demo.url))
        if arguments.fresh:
            start_over(state)
        try:
            demo.start(servers)
            say("")
            demo.manage("demo_people")
            say(f"\nThe demo is on {demo.url}/ (Ctrl-C stops it).")
            while True:
                time.sleep(1)
                demo.all_alive()
        except Stopped:
            say("\nStopping …")
            return 0
        finally:
            ignore_signals()
            demo.stop()


def check(arguments: argparse.Namespace) -> int:
    """A demo of its own on free ports, the main journey over HTTP, and out."""
    state = embedded.state_directory(ROOT) / "check"
    demo = Demo(state=state, port=free_port(), people=arguments.people or CHECK_PEOPLE)
    with ExitStack() as servers:
        servers.enter_context(only_one(state, demo.url))
        start_over(state)
        try:
            demo.start(servers)
            demo.manage("check_journey", "--url", demo.url)
            demo.all_alive()
            say("The demo works: the whole journey went through.")
            return 0
        except CannotStart:
            demo.show_logs(*demo.children)
            raise
        finally:
            ignore_signals()
            demo.stop()


def main() -> int:
    """Serve or check; an error is one sentence."""
    parser = argparse.ArgumentParser(prog="bin/demo")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--people", type=int, default=None)
    arguments = parser.parse_args()
    for number in STOP_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            signal.signal(number, _stop)
    try:
        return check(arguments) if arguments.check else serve(arguments)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    except Stopped:
        return 130


def ignore_signals() -> None:
    """While stopping, a second Ctrl-C must not leave anything half stopped."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())

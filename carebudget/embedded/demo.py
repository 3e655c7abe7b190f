"""Runs the demo: the servers, the seeded data, web, worker and beat, until told to stop.

Called by ``bin/demo`` once everything is installed. Stops everything it started, in order.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from carebudget import embedded
from carebudget.embedded.errors import CannotStart
from carebudget.embedded.sandbox import free_port, is_free

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
SHOWN_LINES = 20
CHECK_PEOPLE = 8
DEMO_PEOPLE = 60


class Stopped(Exception):
    """Somebody pressed Ctrl-C or asked us to stop."""


def say(words: str) -> None:
    """One line, now."""
    print(words, flush=True)


class Demo:
    """One running demo in one state directory."""

    def __init__(self, *, state: Path, port: int, people: int) -> None:
        self.state, self.port, self.people = state, port, people
        self.url = f"http://127.0.0.1:{port}"
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.env = dict(os.environ)

    def start(self, servers: ExitStack) -> None:
        """Everything, in order; raises ``CannotStart`` with one sentence."""
        if not is_free(self.port):
            raise CannotStart(
                f"Something else listens on port {self.port}. Stop it, or choose another with --port."
            )
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
            "STATIC_ROOT": str(self.state / "staticfiles"),
        }
        self.manage("migrate", "--verbosity", "0")
        self.manage("load_packs", quiet=True)
        self.manage("seed", "--if-empty", "--people", str(self.people))
        self.manage("collectstatic", "--noinput", "--verbosity", "0")
        self.serve()

    def manage(self, *command: str, quiet: bool = False) -> None:
        """One of Django's commands; its own words are shown."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE if quiet else None,
            check=False,
        )
        if done.returncode:
            raise CannotStart(f"manage.py {command[0]} did not work (status {done.returncode}).")

    def serve(self) -> None:
        """Web, worker and beat as children, each with a log."""
        log = self.state / "log"
        log.mkdir(parents=True, exist_ok=True)
        celery = [sys.executable, "-m", "celery", "-A", "carebudget"]
        self.child("web", [
            sys.executable, "-m", "gunicorn", "carebudget.wsgi", "--bind", f"127.0.0.1:{self.port}",
            "--workers", "2", "--threads", "4", "--timeout", "120", "--graceful-timeout", "5",
        ])  # fmt: skip
        self.child(
            "worker",
            [
                *celery,
                "worker",
                "--concurrency",
                "2",
                "--loglevel",
                "INFO",
                "--without-gossip",
                "--without-mingle",
            ],
        )
        self.child(
            "beat",
            [
                *celery,
                "beat",
                "--loglevel",
                "WARNING",
                "--schedule",
                str(self.state / "beat-schedule"),
                "--pidfile",
                "",
            ],
        )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            self.all_alive()
            if time.monotonic() > deadline:
                raise CannotStart(f"The web server did not answer. Its log is {log / 'web.log'}.")
            time.sleep(0.1)

    def child(self, name: str, command: list[str]) -> None:
        """Start one child in a session of its own, so that Ctrl-C reaches us first."""
        file = (self.state / "log" / f"{name}.log").open("ab")
        self.children[name] = subprocess.Popen(
            command, cwd=ROOT, env=self.env, stdout=file, stderr=file, start_new_session=True
        )

    def answers(self) -> bool:
        """Whether the web server answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/accounts/login/", timeout=3) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def all_alive(self) -> None:
        """Raises ``CannotStart`` with the end of the log of a child that has died."""
        for name, process in self.children.items():
            if process.poll() is not None:
                lines = (
                    (self.state / "log" / f"{name}.log").read_text(errors="replace").splitlines()
                )
                say("\n".join(lines[-SHOWN_LINES:]))
                raise CannotStart(
                    f"The {name} process ended by itself (status {process.returncode}). The end of its log is above."
                )

    def stop(self) -> None:
        """Beat first, so that nothing new begins; then worker and web."""
        for name in ("beat", "worker", "web"):
            process = self.children.pop(name, None)
            if process is not None:
                embedded.stop(process)


def serve(arguments: argparse.Namespace) -> int:
    """The demo, until somebody stops it."""
    state = embedded.state_directory(ROOT)
    if arguments.fresh:
        for name in ("postgres", "redis", "sandbox", "mail", "log"):
            shutil.rmtree(state / name, ignore_errors=True)
    demo = Demo(state=state, port=arguments.port, people=arguments.people or DEMO_PEOPLE)
    with ExitStack() as servers:
        try:
            demo.start(servers)
            say(f"\nThe demo is on {demo.url}  (Ctrl-C stops it)\n")
            demo.manage("demo_people")
            while True:
                time.sleep(1)
                demo.all_alive()
        except Stopped:
            say("\nStopping …")
            return 0
        finally:
            demo.stop()


def check(arguments: argparse.Namespace) -> int:
    """A demo of its own on free ports, the main journey over HTTP, and out."""
    state = embedded.state_directory(ROOT) / "check"
    shutil.rmtree(state, ignore_errors=True)
    demo = Demo(state=state, port=free_port(), people=arguments.people or CHECK_PEOPLE)
    with ExitStack() as servers:
        try:
            demo.start(servers)
            demo.manage("check_journey", "--url", demo.url)
            say("The demo works.")
            return 0
        finally:
            demo.stop()


def main() -> int:
    """Serve or check; an error is one sentence."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--people", type=int, default=None)
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        return check(arguments) if arguments.check else serve(arguments)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    except Stopped:
        return 130


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())

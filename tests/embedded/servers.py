"""What the tests of the embedded servers share: one process that uses servers, and how to ask them."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg

from carebudget.embedded.processes import process_of
from carebudget.embedded.redis import Redis

ROOT = Path(__file__).resolve().parents[2]
USE_AND_WAIT = """
import sys
from pathlib import Path
from carebudget import embedded
with embedded.running(root=Path(sys.argv[1]), state=Path(sys.argv[2]), throwaway=True):
    print("ready", flush=True)
    sys.stdin.readline()
"""


def another_user(state: Path) -> subprocess.Popen[str]:
    """Another process that uses PostgreSQL and Redis in ``state`` until it reads a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", USE_AND_WAIT, str(ROOT), str(state)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def ask(database_url: str, question: str) -> object:
    """The first value of the answer."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        row = connection.execute(question).fetchone()  # type: ignore[call-overload]
        return row[0] if row else None


def tell(database_url: str, statement: str) -> None:
    """Run a statement that answers nothing."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def redis_runs(state: Path) -> bool:
    """Whether the Redis of this state directory has a process."""
    return process_of(Redis(state).record) is not None


def has_ended(process: psutil.Process) -> bool:
    """Whether a process ends within a moment; one that only waits to be buried has ended."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


def run_manage(state: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """``manage.py`` as somebody types it, with servers of its own in ``state``."""
    return run_python(state, "manage.py", *arguments, **env)


def run_python(state: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Python in the checkout, without what this test session has put in the environment."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "CELERY_BROKER_URL")
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**clean, "CAREBUDGET_STATE": str(state), **env},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

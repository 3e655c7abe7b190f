"""Background processes that outlive whoever started them: launch, recognise, end.

A record file keeps the process id with its start time, so that a stranger who later gets the same id
is never taken for ours.
"""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

STOP_SECONDS = 15.0
SHOWN_LINES = 5

_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


def launch(
    command: Sequence[str],
    *,
    record: Path,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    **kept: Any,
) -> None:
    """Start ``command`` in a session of its own and write down who it is, with what else to keep."""
    with log.open("wb") as file:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=cwd,
            env=env,
            start_new_session=True,
        )
    _CHILDREN[child.pid] = child
    try:
        created = psutil.Process(child.pid).create_time()
    except psutil.NoSuchProcess:
        created = 0.0
    record.write_text(json.dumps({"pid": child.pid, "created": created, **kept}))


def kept_in(record: Path) -> dict[str, Any]:
    """What was written down; nothing when the record is missing or was cut short by a crash."""
    try:
        found = json.loads(record.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def process_of(record: Path) -> psutil.Process | None:
    """The running process that the record names, or nothing."""
    known = kept_in(record)
    try:
        process = psutil.Process(int(known["pid"]))
        ours = abs(process.create_time() - float(known["created"])) < 1.0
        return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (KeyError, TypeError, ValueError, psutil.Error):
        return None


def end(record: Path) -> None:
    """End the process that the record names, politely, then for certain, with all its session."""
    known = kept_in(record)
    pid = known.pop("pid", None)
    if not isinstance(pid, int):
        return
    child = _CHILDREN.pop(pid, None)
    if child is not None:
        child.poll()
    process = process_of(record)
    if process is not None:
        with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            process.terminate()
            process.wait(STOP_SECONDS)
    if process is not None or _left_its_session(pid, known.pop("created", 0.0)):
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    if child is not None:
        child.wait()
    known.pop("created", None)
    record.write_text(json.dumps(known))


def _left_its_session(pid: int, created: object) -> bool:
    """Whether a session that we began since the machine started may live on without its first process.

    While any of it lives, the system gives its number to nobody else.
    """
    since_boot = isinstance(created, float) and created > psutil.boot_time()
    return since_boot and not psutil.pid_exists(pid)


def last_words(log: Path) -> str:
    """The end of a log in one line, to say why something did not start."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return "it left no log"
    return " / ".join(line.strip() for line in lines[-SHOWN_LINES:]) or "its log is empty"

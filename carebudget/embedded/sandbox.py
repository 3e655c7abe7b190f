"""The Stripe sandbox as a process of its own, on a local port that it keeps between starts."""

import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from . import processes
from .errors import CannotStart
from .secrets import LocalSecrets

HOST = "127.0.0.1"
START_SECONDS = 30.0
ANSWER_SECONDS = 2.0


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether somebody could listen on this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


class Sandbox:
    """One sandbox in one state directory; it tells ``webhook_url`` what happens, when one is given."""

    title = "The Stripe sandbox"

    def __init__(
        self, state: Path, *, secrets: LocalSecrets, root: Path, webhook_url: str = ""
    ) -> None:
        self.state = state
        self.secrets, self.root, self.webhook_url = secrets, root, webhook_url
        self.directory = state / "sandbox"
        self.record = self.directory / "sandbox.json"
        self.log = self.directory / "sandbox.log"

    def address(self) -> str | None:
        """Its base URL while it answers, and tells the right listener."""
        known = processes.kept_in(self.record)
        if processes.process_of(self.record) is None:
            return None
        if self.webhook_url and known.get("webhook_url") != self.webhook_url:
            return None
        url = f"http://{HOST}:{known.get('port')}"
        return url if _answers(url) else None

    def start(self) -> str:
        """Start it on the port it had before, when that is free. Raises ``CannotStart``."""
        self.directory.mkdir(parents=True, exist_ok=True)
        processes.end(self.record)
        port = processes.kept_in(self.record).get("port")
        if not isinstance(port, int) or not is_free(port):
            port = free_port()
        command = [
            sys.executable, "-m", "payments.rails.sandbox",
            "--host", HOST,
            "--port", str(port),
            "--state", str(self.directory / "sandbox.sqlite"),
            "--api-key", self.secrets.stripe_api_key,
            "--webhook-secret", self.secrets.stripe_webhook_secret,
        ]  # fmt: skip
        if self.webhook_url:
            command += ["--webhook-url", self.webhook_url]
        processes.launch(
            command, record=self.record, log=self.log, cwd=self.root,
            port=port, webhook_url=self.webhook_url,
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while (address := self.address()) is None:
            if processes.process_of(self.record) is None or time.monotonic() > deadline:
                raise CannotStart(
                    f"The Stripe sandbox did not start: {processes.last_words(self.log)}."
                )
            time.sleep(0.05)
        return address

    def stop(self) -> None:
        """End it; its state stays in its file."""
        processes.end(self.record)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_sandbox/summary", timeout=ANSWER_SECONDS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False

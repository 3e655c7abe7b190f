"""The Stripe sandbox as a process of its own, on a local port that it keeps between starts."""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from .errors import CannotStart
from .secrets import LocalSecrets

START_SECONDS = 15.0


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether somebody could listen on this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def is_alive(url: str) -> bool:
    """Whether a sandbox answers there."""
    try:
        with urllib.request.urlopen(f"{url}/", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def start(
    state: Path, secrets: LocalSecrets, *, webhook_url: str = "", root: Path
) -> tuple[str, subprocess.Popen[bytes] | None]:
    """Find or start the sandbox; returns its base URL, and the process when it was started here."""
    state.mkdir(parents=True, exist_ok=True)
    kept = state / "sandbox.json"
    port = json.loads(kept.read_text())["port"] if kept.exists() else free_port()
    url = f"http://127.0.0.1:{port}"
    if is_alive(url):
        return url, None
    if not is_free(port):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
    kept.write_text(json.dumps({"port": port}))
    log = (state / "sandbox.log").open("ab")
    command = [
        sys.executable, "-m", "payments.rails.sandbox",
        "--host", "127.0.0.1",
        "--port", str(port),
        "--state", str(state / "sandbox.sqlite"),
        "--api-key", secrets.stripe_api_key,
        "--webhook-secret", secrets.stripe_webhook_secret,
    ]  # fmt: skip
    if webhook_url:
        command += ["--webhook-url", webhook_url]
    process = subprocess.Popen(command, stdout=log, stderr=log, cwd=root, start_new_session=True)
    deadline = time.monotonic() + START_SECONDS
    while not is_alive(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise CannotStart(
                f"The Stripe sandbox did not start. Its log is {state / 'sandbox.log'}."
            )
        time.sleep(0.05)
    return url, process

"""``python -m payments.rails.sandbox``: one sandbox in its own process, until it is told to stop."""

import argparse
import signal
import sqlite3
import sys
import threading
from pathlib import Path

from .config import Config
from .server import PortBusy, SandboxServer

_DELAYS = {
    "topup_delay": "seconds before a top-up's money is there",
    "payout_delay": "seconds before an automatic payout starts; below 0 for none",
    "payout_arrival_delay": "seconds before a payout reaches the bank",
    "idempotency_window": "seconds an idempotency key is remembered",
    "webhook_retry_first": "seconds before the first new try of a webhook",
    "webhook_timeout": "seconds to wait for the webhook's answer",
}


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C. Exit code 1, with one sentence, when it cannot start."""
    given = _parser().parse_args(arguments)
    try:
        server = SandboxServer(
            host=given.host,
            port=given.port,
            state=given.state,
            api_key=given.api_key,
            webhook_url=given.webhook_url,
            webhook_secret=given.webhook_secret,
            public_url=given.public_url,
            **{name: getattr(given, name) for name in _DELAYS},
        )
    except PortBusy as error:
        print(error, file=sys.stderr)
        return 1
    except (OSError, sqlite3.Error) as error:
        print(f"The state {given.state} cannot be used: {error}.", file=sys.stderr)
        return 1
    asked_to_stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: asked_to_stop.set())
    server.start()
    print(f"Stripe sandbox ready at {server.url}", flush=True)
    asked_to_stop.wait()
    server.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    usual = Config()
    parser = argparse.ArgumentParser(
        prog="python -m payments.rails.sandbox",
        description="A stand-in for Stripe that the real SDK talks to.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8421, help="0 picks a free one")
    parser.add_argument("--state", type=Path, required=True, help="the file that remembers all")
    parser.add_argument("--api-key", default=usual.api_key)
    parser.add_argument("--webhook-url", default=None)
    parser.add_argument("--webhook-secret", default=usual.webhook_secret)
    parser.add_argument("--public-url", default="", help="how a browser reaches the hosted pages")
    for name, words in _DELAYS.items():
        parser.add_argument(
            "--" + name.replace("_", "-"), type=float, default=getattr(usual, name), help=words
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())

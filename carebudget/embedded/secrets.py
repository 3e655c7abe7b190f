"""Secrets of one machine, made once and kept in its state directory, readable by its owner alone."""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "secrets.json"


@dataclass(frozen=True)
class LocalSecrets:
    """What a local run needs; none of it ever leaves the machine."""

    secret_key: str
    stripe_api_key: str
    stripe_webhook_secret: str
    audit_signing_key: str


def load(state: Path) -> LocalSecrets:
    """The secrets kept in ``state``, made when there are none."""
    path = state / FILE
    if path.exists():
        return LocalSecrets(**json.loads(path.read_text()))
    made = LocalSecrets(
        secret_key=secrets.token_urlsafe(50),
        stripe_api_key=f"sk_test_{secrets.token_hex(16)}",
        stripe_webhook_secret=f"whsec_{secrets.token_hex(16)}",
        audit_signing_key=base64.b64encode(secrets.token_bytes(32)).decode(),
    )
    state.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(made), file)
    return made

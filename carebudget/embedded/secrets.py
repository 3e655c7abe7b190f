"""Secrets of one machine, made once and kept in its state directory, readable by its owner alone."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import CannotStart

FILE = "secrets.json"


@dataclass(frozen=True)
class LocalSecrets:
    """What a local run needs; none of it ever leaves the machine."""

    secret_key: str
    stripe_api_key: str
    stripe_webhook_secret: str
    audit_signing_key: str
    payee_details_key: str


def load(state: Path) -> LocalSecrets:
    """The secrets kept in ``state``, made when there are none. Raises ``CannotStart``.

    Of two processes that make them at once, the first wins and both get the same.
    """
    path = state / FILE
    try:
        if not path.exists():
            _keep(_new(), path)
        return LocalSecrets(**_with_later_ones(json.loads(path.read_text())))
    except OSError as error:
        raise CannotStart(f"{path} cannot be used ({error.strerror}).") from error
    except (ValueError, TypeError) as error:
        raise CannotStart(
            f"{path} is not what was written there. Move it away and start again."
        ) from error


def _new() -> LocalSecrets:
    return LocalSecrets(
        secret_key=secrets.token_urlsafe(50),
        stripe_api_key=f"sk_test_{secrets.token_hex(16)}",
        stripe_webhook_secret=f"whsec_{secrets.token_hex(16)}",
        audit_signing_key=base64.b64encode(secrets.token_bytes(32)).decode(),
        payee_details_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    )


def _with_later_ones(kept: dict[str, str]) -> dict[str, str]:
    """What a file from before a secret was needed lacks, made from what it has: the same for everybody
    who reads it, and no need to write the file again while others use it."""
    if "payee_details_key" in kept or "secret_key" not in kept:
        return kept
    made = hmac.new(kept["secret_key"].encode(), b"payee_details_key", hashlib.sha256).digest()
    return {**kept, "payee_details_key": base64.urlsafe_b64encode(made).decode()}


def _keep(made: LocalSecrets, path: Path) -> None:
    """Write the whole file under another name first, so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(asdict(made), file)
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)

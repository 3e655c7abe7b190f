"""Sealing account numbers and bank files with keys that are not in the database.

``settings.PAYEE_DETAILS_KEYS`` are Fernet keys (AES-128-CBC with HMAC-SHA256, by ``cryptography``): the first
seals, every one opens. Small things are sealed with them directly. A file is sealed with a key of its own,
and only that key with ours: so keys can be changed while the file's bytes are never touched. Nothing that
was opened is ever logged.
"""

import hashlib
import hmac
import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from ..rules.payee_details import PayeeDetails, as_data, from_data

KEY_BYTES = 32


class CannotOpen(Exception):
    """A key is missing, or what was sealed has been changed or put in another place."""


def seal_details(details: PayeeDetails, *, reference: str) -> bytes:
    """The details sealed for one row, named by its reference: in another row they do not open."""
    content = json.dumps({"payee": reference, **as_data(details)}, sort_keys=True)
    return _ours().encrypt(content.encode())


def open_details(sealed: bytes, *, reference: str) -> PayeeDetails:
    """The details of that row. Raises ``CannotOpen``."""
    found = json.loads(_open(sealed))
    if found.pop("payee", "") != reference:
        raise CannotOpen(f"The details of {reference} were taken from another payee.")
    return from_data(found)


def reseal(sealed: bytes) -> bytes:
    """The same content, sealed with the first key. Raises ``CannotOpen``."""
    try:
        return _ours().rotate(bytes(sealed))
    except InvalidToken as error:
        raise CannotOpen("None of the keys opens it.") from error


def fingerprints(details: PayeeDetails) -> list[str]:
    """What equal details have in common without telling what they are: one for each key, the first first."""
    content = json.dumps(as_data(details), sort_keys=True).encode()
    return [
        hmac.new(b"payee-fingerprint:" + key.encode(), content, hashlib.sha256).hexdigest()
        for key in _keys()
    ]


def new_file_key() -> bytes:
    """A key for one file, sealed with ours."""
    return _ours().encrypt(Fernet.generate_key())


def seal_file(content: bytes, *, sealed_key: bytes) -> bytes:
    """The file sealed with its own key. Raises ``CannotOpen`` when ours do not open that."""
    return Fernet(_open(sealed_key)).encrypt(content)


def open_file(sealed: bytes, *, sealed_key: bytes) -> bytes:
    """The file's bytes. Raises ``CannotOpen``."""
    try:
        return Fernet(_open(sealed_key)).decrypt(bytes(sealed))
    except InvalidToken as error:
        raise CannotOpen("The file was changed after it was kept.") from error


def _open(sealed: bytes) -> bytes:
    try:
        return _ours().decrypt(bytes(sealed))
    except InvalidToken as error:
        raise CannotOpen(
            "None of the keys opens it, or it was changed after it was sealed."
        ) from error


def _ours() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in _keys()])


def _keys() -> list[str]:
    keys = list(settings.PAYEE_DETAILS_KEYS)
    if not keys:
        raise CannotOpen("PAYEE_DETAILS_KEYS is not set.")
    return keys

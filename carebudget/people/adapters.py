"""How django-allauth behaves here: nobody signs up by themselves; invitations are the only way in.

Its sentences are ours, and having just signed in counts as having just given the password.
"""

import base64
import time
from functools import lru_cache
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest

from .models import User

SIGN_IN_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SEALED = "sealed:"
WAIT = "There were too many tries. Wait five minutes, then try again."


class InvitedOnlyAdapter(DefaultAccountAdapter):
    """Sign-up is closed; a person comes in through an invitation."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "This sign-in is switched off. Call us, and we look into it.",
        "email_password_mismatch": "This e-mail address and password do not go together. Check both and try again.",
        "enter_current_password": "This is not the password you have now. Try again.",
        "incorrect_password": "This is not your password. Try again.",
        "invalid_password_reset": "This link does not work any more. Ask for a new one.",
        "too_many_login_attempts": WAIT,
        "rate_limited": WAIT,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """There are no user names."""

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not within five minutes of signing in: the password has only just been typed."""
        required: bool = super().is_reauthentication_required(app=app, **kwargs)
        return required and not self._signed_in_just_now()

    def _signed_in_just_now(self) -> bool:
        user = self.request.user
        records = get_authentication_records(self.request, user if user.is_authenticated else None)
        last = max((record["at"] for record in records), default=0.0)
        return bool(time.time() - last < app_settings.REAUTHENTICATION_TIMEOUT)


class SecondFactorAdapter(DefaultMFAAdapter):
    """The second step of signing in, in our words. Secrets are sealed before they reach the database.

    The key is drawn from ``SECRET_KEY``; those of ``SECRET_KEY_FALLBACKS`` still open what they sealed.
    """

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_generate_recovery_codes": "Set up an authenticator app first. Then you get recovery codes.",
        "incorrect_code": "This is not the right code. Type the one that the app shows now.",
    }

    def encrypt(self, text: str) -> str:
        """The secret of an app or the seed of recovery codes, as it is stored."""
        return SEALED + _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What was stored, opened; what was stored before it was sealed comes back as it is.

        Raises ``cryptography.fernet.InvalidToken`` when no key opens it.
        """
        if not encrypted_text.startswith(SEALED):
            return encrypted_text
        return _keys().decrypt(encrypted_text.removeprefix(SEALED).encode()).decode()


def _keys() -> MultiFernet:
    return MultiFernet(
        [_key_from(secret) for secret in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]]
    )


@lru_cache(maxsize=8)
def _key_from(secret: str) -> Fernet:
    drawn = HKDF(hashes.SHA256(), length=32, salt=None, info=b"carebudget second factor")
    return Fernet(base64.urlsafe_b64encode(drawn.derive(secret.encode())))


def come_in(request: HttpRequest, user: User, *how: str) -> None:
    """Sign ``user`` in without the library's pages; ``how`` is what stands for password and code.

    The session keeps it, so that nobody is asked again for what they have only just shown.
    """
    login(request, user, backend=SIGN_IN_BACKEND)
    for method in how:
        record_authentication(request, user, method)


__all__ = ["InvitedOnlyAdapter", "SecondFactorAdapter", "come_in"]

"""Settings for a council's servers. Refuses to start with a missing, short or well-known secret."""

import base64
import binascii

from django.core.exceptions import ImproperlyConfigured

from .base import *  # noqa: F403
from .base import env

DEBUG = False
DEMO = False


def required_secret(name: str, *, at_least: int, prefixes: tuple[str, ...] = ("",)) -> str:
    """The secret from the environment; anything missing, short or well known stops the start."""
    value: str = env(name, default="")
    known = (
        "changeme",
        "secret",
        "password",
        "insecure",
        "default",
        "example",
        "for-tests",
        "for_tests",
    )
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment and start again.")
    if len(value) < at_least or any(word in value.lower() for word in known):
        raise ImproperlyConfigured(
            f"{name} is too short or a well-known value. Set a new one of {at_least} characters or more."
        )
    if not value.startswith(prefixes):
        raise ImproperlyConfigured(f"{name} must start with {' or '.join(prefixes)}.")
    return value


def required_setting(name: str) -> str:
    """A setting that is no secret but has no safe default."""
    value: str = env(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment and start again.")
    return value


SECRET_KEY = required_secret("SECRET_KEY", at_least=50)
STRIPE_API_KEY = required_secret(
    "STRIPE_API_KEY", at_least=20, prefixes=("sk_live_", "rk_live_", "sk_test_", "rk_test_")
)
STRIPE_WEBHOOK_SECRET = required_secret("STRIPE_WEBHOOK_SECRET", at_least=16, prefixes=("whsec_",))
AUDIT_SIGNING_KEY = required_secret("AUDIT_SIGNING_KEY", at_least=43)
try:
    if len(base64.b64decode(AUDIT_SIGNING_KEY, validate=True)) != 32:
        raise ImproperlyConfigured("AUDIT_SIGNING_KEY must be the base64 of 32 bytes.")
except binascii.Error as error:
    raise ImproperlyConfigured("AUDIT_SIGNING_KEY must be the base64 of 32 bytes.") from error
PAYEE_DETAILS_KEYS = [
    key.strip() for key in required_secret("PAYEE_DETAILS_KEYS", at_least=44).split(",")
]
try:
    if {len(base64.urlsafe_b64decode(key)) for key in PAYEE_DETAILS_KEYS} != {32}:
        raise ValueError("not 32 bytes")
except ValueError as error:
    raise ImproperlyConfigured(
        "PAYEE_DETAILS_KEYS must be keys of 32 bytes in URL-safe base64, with commas between."
    ) from error
required_setting("DATABASE_URL")
CELERY_BROKER_URL = required_setting("CELERY_BROKER_URL")
SITE_URL = required_setting("SITE_URL")
ALLOWED_HOSTS = [
    host.strip() for host in required_setting("ALLOWED_HOSTS").split(",") if host.strip()
]
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must name the hosts. An asterisk would answer to any."
    )
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]

SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=1)
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
EMAIL_CONFIG = env.email("EMAIL_URL", default="smtp://localhost:25")
vars().update(EMAIL_CONFIG)

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

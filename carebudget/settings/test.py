"""Settings for the tests: the local ones, with quick password hashing and mail kept in memory."""

from .local import *  # noqa: F403
from .local import env

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STRIPE_API_KEY = env("STRIPE_API_KEY", default="sk_test_for_tests_only")
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET", default="whsec_for_tests_only")
AUDIT_SIGNING_KEY = env(
    "AUDIT_SIGNING_KEY", default="dGVzdHMtc2lnbi13aXRoLXRoaXMtc2VlZC0wMDAwMDE="
)
SECOND_FACTOR_REQUIRED_FOR_STAFF = False
CONN_MAX_AGE = 0

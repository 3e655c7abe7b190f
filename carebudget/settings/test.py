"""Settings for the tests: the local ones, with quick password hashing and mail kept in memory."""

from carebudget.embedded import for_tests

for_tests.start()

import os  # noqa: E402

from .local import *  # noqa: E402, F403
from .local import DATABASES, env  # noqa: E402

os.environ.setdefault("CAREBUDGET_TEST_DATABASE", f"test_carebudget_{os.getpid()}")
DATABASES["default"]["TEST"] = {"NAME": os.environ["CAREBUDGET_TEST_DATABASE"]}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STRIPE_API_KEY = env("STRIPE_API_KEY", default="sk_test_for_tests_only")
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET", default="whsec_for_tests_only")
AUDIT_SIGNING_KEY = env("AUDIT_SIGNING_KEY", default="dGVzdHMtc2lnbi13aXRoLXRoaXMtc2VlZC0wMDAwMDE=")
PAYEE_DETAILS_KEYS = env.list(
    "PAYEE_DETAILS_KEYS", default=["dGVzdHMtc2VhbC1kZXRhaWxzLXdpdGgtdGhpcy0wMDE="]
)
SECOND_FACTOR_REQUIRED_FOR_STAFF = False
DATABASES["default"]["CONN_MAX_AGE"] = 0

"""Settings shared by every environment. Everything that differs comes from the environment (12-factor)."""

from pathlib import Path

import environ

ROOT = Path(__file__).resolve().parents[2]
env = environ.Env()

COUNCIL_NAME = env("COUNCIL_NAME", default="Wrenbury Council")
COUNCIL_SHORT_NAME = env("COUNCIL_SHORT_NAME", default="Wrenbury")
COUNCIL_PHONE = env("COUNCIL_PHONE", default="01632 960 100")
COUNCIL_EMAIL = env("COUNCIL_EMAIL", default="support@wrenbury.example")
SITE_URL = env("SITE_URL", default="http://127.0.0.1:8000")
DEMO = False

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "django_fsm",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rules",
    "carebudget.audit",
    "carebudget.people",
    "carebudget.notify",
    "providers",
    "plans",
    "payments",
    "carebudget.desks",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "carebudget.people.middleware.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "carebudget.people.middleware.SecondFactorMiddleware",
    "carebudget.people.middleware.DefaultDenyMiddleware",
    "carebudget.people.middleware.PlainErrorsMiddleware",
]

ROOT_URLCONF = "carebudget.urls"
WSGI_APPLICATION = "carebudget.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "carebudget.desks.context.page",
            ],
        },
    }
]
FORM_RENDERER = "carebudget.desks.forms_renderer.GovukRenderer"

DATABASES = {"default": env.db("DATABASE_URL", default="postgresql:///carebudget")}
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["ATOMIC_REQUESTS"] = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
"""In the database, so that tries to sign in are counted once for all workers, and survive a restart."""

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "carebudget.people.adapters.InvitedOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "login": "carebudget.people.forms.signing_in.SignInForm",
    "reauthenticate": "carebudget.people.forms.signing_in.PasswordAgainForm",
    "reset_password": "carebudget.people.forms.signing_in.ForgottenPasswordForm",
    "reset_password_from_key": "carebudget.people.forms.signing_in.ResetPasswordForm",
    "change_password": "carebudget.people.forms.signing_in.ChangePasswordForm",
    "set_password": "carebudget.people.forms.signing_in.SetPasswordForm",
}
MFA_ADAPTER = "carebudget.people.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "carebudget.people.forms.signing_in.CodeForm",
    "reauthenticate": "carebudget.people.forms.signing_in.CodeAgainForm",
    "activate_totp": "carebudget.people.forms.signing_in.SetUpAppForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = COUNCIL_NAME
MFA_TOTP_TOLERANCE = 1
"""A code works half a minute longer than it is shown: people type slowly, and clocks differ."""
MFA_ALLOW_UNVERIFIED_EMAIL = True
"""An invitation reaches people by e-mail, so whoever is in has shown that the address is theirs."""
SECOND_FACTOR_REQUIRED_FOR_STAFF = True
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
"""How many proxies stand before us, so that tries to sign in are counted by the caller's own address."""

SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = False

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=ROOT / "staticfiles")
STATICFILES_DIRS = [ROOT / "static"]
MEDIA_ROOT = env.path("MEDIA_ROOT", default=ROOT / "media")
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
STATEMENT_FILE_LIMIT_BYTES = 50 * 1024 * 1024

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=f"{COUNCIL_NAME} <{COUNCIL_EMAIL}>")

CELERY_BROKER_URL = env("CELERY_BROKER_URL", default="redis://127.0.0.1:6379/0")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "send what is owed": {"task": "payments.tasks.send_due", "schedule": 10.0},
    "ask the rail about unknown payments": {
        "task": "payments.tasks.recover_unknown",
        "schedule": 20.0,
    },
    "work through stored webhooks": {"task": "payments.tasks.work_webhooks", "schedule": 10.0},
    "fetch what the rail moved": {"task": "payments.tasks.fetch_rail_lines", "schedule": 300.0},
    "start agreements": {"task": "payments.tasks.start_agreements", "schedule": 3600.0},
    "collect what people pay": {
        "task": "payments.tasks.collect_contributions",
        "schedule": 3600.0,
    },
    "deliver waiting messages": {"task": "notify.tasks.deliver_waiting", "schedule": 15.0},
    "sign the record": {"task": "audit.tasks.sign_checkpoint", "schedule": 3600.0},
}

STRIPE_API_KEY = env("STRIPE_API_KEY", default="")
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_BASE = env("STRIPE_API_BASE", default="https://api.stripe.com")
STRIPE_TIMEOUT_SECONDS = env.float("STRIPE_TIMEOUT_SECONDS", default=20.0)
STRIPE_IDEMPOTENCY_WINDOW_HOURS = 23
"""Stripe keeps idempotency keys for at least 24 hours; an hour is kept in hand."""

AUDIT_SIGNING_KEY = env("AUDIT_SIGNING_KEY", default="")
"""Base64 of the 32-byte Ed25519 seed that signs checkpoints. Never stored in the database."""
AUDIT_KEY_DIRECTORY = env("AUDIT_KEY_DIRECTORY", default="")

CHARGING_DIRECTORY = env("CHARGING_DIRECTORY", default="")
"""The authority's own tables and charging policy (see docs/charging.md); empty for this release's."""
CHARGING_AUTHORITY = env("CHARGING_AUTHORITY", default="")
"""Whose policy file is used; empty for the council's short name."""

LEDGER_CURRENCY = "GBP"
PAYMENT_RAILS = {
    "stripe": "payments.rails.stripe_connect.StripeConnectRail",
    "bacs": "payments.rails.bacs.BacsRail",
    "iso20022": "payments.rails.iso20022.Pain001Rail",
    "prepaid": "payments.rails.prepaid.PrepaidRail",
}
"""A new way of paying is one line here and one file: see docs/rails.md."""
PAYMENT_CLAIM_BATCH = 50
PAYMENT_APPROVAL_RUN_LIMIT_PENCE = env.int(
    "PAYMENT_APPROVAL_RUN_LIMIT_PENCE", default=1_000_000_000
)
PAYMENT_APPROVAL_DAY_LIMIT_PENCE = env.int(
    "PAYMENT_APPROVAL_DAY_LIMIT_PENCE", default=2_000_000_000
)
"""What a finance manager may approve in one run and in one day until it is decided otherwise for them."""

PAYMENT_LEASE_SECONDS = env.float("PAYMENT_LEASE_SECONDS", default=90.0)
"""How long a sender may be silent about a payment it has claimed. Longer than STRIPE_TIMEOUT_SECONDS."""

BACS = {
    "service_user": env("BACS_SERVICE_USER", default=""),
    "name": env("BACS_NAME", default=COUNCIL_NAME),
    "sort_code": env("BACS_SORT_CODE", default=""),
    "account_number": env("BACS_ACCOUNT_NUMBER", default=""),
    "cut_off": env("BACS_CUT_OFF", default="17:00"),
    "payment_limit_pence": env.int("BACS_PAYMENT_LIMIT_PENCE", default=2_000_000_000),
    "file_limit_pence": env.int("BACS_FILE_LIMIT_PENCE", default=99_999_999_999),
    "file_limit_count": env.int("BACS_FILE_LIMIT_COUNT", default=50_000),
}
ISO20022 = {
    "name": env("ISO20022_NAME", default=COUNCIL_NAME),
    "sort_code": env("ISO20022_SORT_CODE", default=""),
    "account_number": env("ISO20022_ACCOUNT_NUMBER", default=""),
    "iban": env("ISO20022_IBAN", default=""),
    "bic": env("ISO20022_BIC", default=""),
    "service": env("ISO20022_SERVICE_LEVEL", default="NURG"),
    "cut_off": env("ISO20022_CUT_OFF", default="15:00"),
    "payment_limit_pence": env.int("ISO20022_PAYMENT_LIMIT_PENCE", default=2_000_000_000),
    "file_limit_pence": env.int("ISO20022_FILE_LIMIT_PENCE", default=99_999_999_999),
    "file_limit_count": env.int("ISO20022_FILE_LIMIT_COUNT", default=25_000),
}
PREPAID = {
    "cut_off": env("PREPAID_CUT_OFF", default="16:00"),
    "payment_limit_pence": env.int("PREPAID_LOAD_LIMIT_PENCE", default=500_000),
    "file_limit_pence": env.int("PREPAID_FILE_LIMIT_PENCE", default=99_999_999_999),
    "file_limit_count": env.int("PREPAID_FILE_LIMIT_COUNT", default=10_000),
    "file": env.json("PREPAID_FILE", default={}),
}
"""``file`` names the card provider's columns where they differ from the usual: see docs/rails.md."""

CONTRIBUTIONS = {
    "first_period_on": env("CONTRIBUTIONS_FIRST_PERIOD_ON", default="2024-04-08"),
    "wait_days": env.int("CONTRIBUTIONS_WAIT_DAYS", default=14),
    "pay_within_days": env.int("CONTRIBUTIONS_PAY_WITHIN_DAYS", default=28),
    "reminder_days": env.list("CONTRIBUTIONS_REMINDER_DAYS", cast=int, default=[7, 21, 42]),
    "rework_days": env.int("CONTRIBUTIONS_REWORK_DAYS", default=182),
    "plan_grace_days": env.int("CONTRIBUTIONS_PLAN_GRACE_DAYS", default=7),
    "pay_to": {
        "name": env("CONTRIBUTIONS_PAY_TO_NAME", default=COUNCIL_NAME),
        "sort_code": env("CONTRIBUTIONS_PAY_TO_SORT_CODE", default=""),
        "account_number": env("CONTRIBUTIONS_PAY_TO_ACCOUNT_NUMBER", default=""),
    },
}
"""Collecting what people pay. Every period of four weeks is a multiple of 28 days from the first. A bill
is made ``wait_days`` after its period, so that invoices can come; it is worked out again for
``rework_days``. Reminders are days after it was due. Local policy: see docs/collecting.md."""

SURPLUS = {
    "contingency_weeks": env.int("SURPLUS_CONTINGENCY_WEEKS", default=8),
    "notice_days": env.int("SURPLUS_NOTICE_DAYS", default=28),
    "return_days": env.int("SURPLUS_RETURN_DAYS", default=28),
    "least_pence": env.int("SURPLUS_LEAST_PENCE", default=10_000),
    "by_programme": env.json("SURPLUS_BY_PROGRAMME", default={}),
}
"""When money on a held budget is more than enough, and how long people have to answer and to give it
back. ``by_programme`` names what differs: ``{"carers": {"contingency_weeks": 4}}``."""

PAYEE_DETAILS_KEYS = env.list("PAYEE_DETAILS_KEYS", default=[])
"""Fernet keys that seal payees' account numbers. The first seals; the others still open. Never stored
in the database."""
PAYEE_CHECKER = env("PAYEE_CHECKER", default="payments.rules.payee_check.NobodyToAsk")
"""Who answers Confirmation of Payee: the dotted name of a ``PayeeChecker``."""
MODULUS_WEIGHTS = env("MODULUS_WEIGHTS", default="")
MODULUS_SUBSTITUTES = env("MODULUS_SUBSTITUTES", default="")
"""Files of the licensed modulus table. Without them only the form of an account is checked."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "stripe": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
    },
}

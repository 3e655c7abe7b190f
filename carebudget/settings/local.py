"""Settings for a developer's machine and the demo: embedded servers, invented people, no real money."""

import warnings

from .base import *  # noqa: F403
from .base import BACS, ISO20022, ROOT, env

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=True)
SECRET_KEY = env("SECRET_KEY", default="only-for-commands-that-need-no-secret")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver"]

OUR_ACCOUNT = {"sort_code": "200000", "account_number": "12345678"}
BACS |= {"service_user": "123456", **OUR_ACCOUNT} if not BACS["service_user"] else {}
ISO20022 |= OUR_ACCOUNT if not ISO20022["sort_code"] else {}
PAYEE_CHECKER = env("PAYEE_CHECKER", default="payments.rules.payee_check.AnswersByRule")

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = env("EMAIL_FILE_PATH", default=str(ROOT / ".local" / "mail"))
MEDIA_ROOT = env.path("MEDIA_ROOT", default=ROOT / ".local" / "media")
STATIC_ROOT = env.path("STATIC_ROOT", default=ROOT / ".local" / "staticfiles")

WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
warnings.filterwarnings("ignore", message="No directory at", module="whitenoise.base")

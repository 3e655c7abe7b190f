"""django-hordak by itself, in a database of its own beside ours on the same server."""

import environ

env = environ.Env()
_url = env("HORDAK_DATABASE_URL")

SECRET_KEY = "for-the-benchmark-only"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"]
DATABASES = {"default": env.db_url_config(_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DEFAULT_CURRENCY = "GBP"
CURRENCIES = ["GBP"]

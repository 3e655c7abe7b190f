"""The laws are searched for counter-examples however busy the machine is: no time limit for one try.

Run without pytest-django (mutation testing does), the apps are made ready here; no test needs a database.
"""

import os

import django
from django.apps import apps
from hypothesis import settings

settings.register_profile("rules", deadline=None)
settings.load_profile("rules")

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carebudget.settings.test")
    django.setup()

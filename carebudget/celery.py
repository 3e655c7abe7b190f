"""The Celery application. Tasks live in each app's ``tasks.py``; none holds the truth: the database does."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carebudget.settings.local")

app = Celery("carebudget")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

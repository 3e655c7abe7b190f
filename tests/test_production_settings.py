"""A council's server starts with everything set and nothing well known, or says in one sentence why not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WHOLE = {
    "DJANGO_SETTINGS_MODULE": "carebudget.settings.production",
    "SECRET_KEY": "Zq7-mV3x" * 8,
    "STRIPE_API_KEY": "sk_test_" + "4eC39H" * 4,
    "STRIPE_WEBHOOK_SECRET": "whsec_" + "9fA2" * 6,
    "AUDIT_SIGNING_KEY": "T2" * 21 + "8=",
    "PAYEE_DETAILS_KEYS": "S9" * 21 + "8=",
    "DATABASE_URL": "postgresql:///carebudget",
    "CELERY_BROKER_URL": "redis://127.0.0.1:6379/0",
    "SITE_URL": "https://care.wrenbury.test",
    "ALLOWED_HOSTS": "care.wrenbury.test",
}


def start(**changes: str | None) -> subprocess.CompletedProcess[str]:
    """Ask Django to check a production system with these variables; ``None`` takes one away."""
    variables = {name: value for name, value in {**WHOLE, **changes}.items() if value is not None}
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**inherited, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_system_with_everything_set_passes_djangos_check_without_a_warning() -> None:
    done = start()

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize("name", [name for name in WHOLE if name != "DJANGO_SETTINGS_MODULE"])
def test_a_missing_setting_stops_the_start_in_one_sentence(name: str) -> None:
    done = start(**{name: None})

    assert done.returncode != 0
    assert done.stderr.strip() == f"{name} is not set. Set it in the environment and start again."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "tiny-one"),
        ("SECRET_KEY", "changeme" * 10),
        ("SECRET_KEY", "only-for-commands-that-need-no-secret-" + "insecure" * 3),
        ("STRIPE_API_KEY", "sk_test_for_tests_only"),
        ("STRIPE_API_KEY", "pk_live_" + "4eC39H" * 4),
        ("STRIPE_WEBHOOK_SECRET", "whsec_for_tests_only"),
        ("AUDIT_SIGNING_KEY", "T2" * 40),
        ("AUDIT_SIGNING_KEY", "not base64 at all, though it is long enough"),
        ("PAYEE_DETAILS_KEYS", "S9" * 21 + "8=,short"),
        ("PAYEE_DETAILS_KEYS", "S9" * 40),
        ("PAYEE_DETAILS_KEYS", "not base64 at all, though it is long enough for it"),
        ("ALLOWED_HOSTS", "*"),
    ],
)
def test_a_default_or_unfit_value_stops_the_start_in_one_sentence(name: str, value: str) -> None:
    done = start(**{name: value})

    assert done.returncode != 0
    assert done.stderr.startswith(name)
    assert len(done.stderr.strip().splitlines()) == 1
    assert value not in done.stderr.removeprefix(name) or value == "*"

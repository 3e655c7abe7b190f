"""Sets up everything and runs all checks and tests. With arguments, runs pytest with just those."""

import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import _setup  # noqa: E402

PYTHON = str(_setup.PYTHON)
PACKAGES = ("carebudget", "providers", "plans", "payments")
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as run; run()"
PRODUCTION = {
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
"""Settings of the right shape, so that Django's own check of a production system can be asked."""


@dataclass(frozen=True)
class Job:
    """One check: its name, its command, and what its environment has besides."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)


def jobs() -> list[Job]:
    """All that is checked, quick things first."""
    manage = [PYTHON, "manage.py"]
    return [
        Job("ruff", [PYTHON, "-m", "ruff", "check", "."]),
        Job("formatting", [PYTHON, "-m", "ruff", "format", "--check", "."]),
        Job("types", [PYTHON, "-m", "mypy", *PACKAGES]),
        Job("floors", [PYTHON, "-c", LINT_IMPORTS]),
        Job("migrations", [*manage, "makemigrations", "--check", "--dry-run"]),
        Job(
            "production settings",
            [*manage, "check", "--deploy", "--fail-level", "WARNING"],
            PRODUCTION,
        ),
        Job("tests", pytest("-n", "2", "--dist", "loadgroup", "-m", "not browser and not faults")),
        Job("fault tests", pytest("-m", "faults")),
        Job("browser tests", pytest("-m", "browser")),
    ]


def pytest(*arguments: str) -> list[str]:
    """A pytest command."""
    return [PYTHON, "-m", "pytest", *arguments]


def main() -> int:
    """Run every check even when one fails, so that all problems show at once."""
    try:
        _setup.set_up(tests=True)
        if len(sys.argv) > 1:
            return run(pytest(*sys.argv[1:]))
        return run_all()
    except _setup.SetUpFailed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def run(command: list[str], env: dict[str, str] | None = None) -> int:
    """Run a command in the checkout; its words are shown as they come."""
    return subprocess.call(command, cwd=_setup.ROOT, env={**_setup.environment(), **(env or {})})


def run_all() -> int:
    """Every job, and one line that says how it went."""
    began = time.monotonic()
    failed = []
    for job in jobs():
        _setup.say(f"== {job.name}")
        started = time.monotonic()
        code = run(job.command, job.env)
        if code:
            failed.append(job.name)
        seconds = time.monotonic() - started
        _setup.say(
            f"-- {job.name}: {f'FAILED (status {code})' if code else 'fine'}, {seconds:.0f} s"
        )
    minutes = (time.monotonic() - began) / 60
    outcome = f"FAILED: {', '.join(failed)}." if failed else "Everything holds."
    _setup.say(f"All checks and tests, {minutes:.1f} minutes. {outcome}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

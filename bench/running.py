"""Runs the benchmarks and prints what they found. The measuring itself is in ``bench_*.py``.

A module ``bench_NAME`` has ``run() -> list[dict]``; each dict has the keys of ``KEYS``. Benchmarks have a
PostgreSQL server with durable settings and a migrated database to themselves, never the demo's.
"""

import argparse
import importlib
import json
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from carebudget import embedded

ROOT = Path(__file__).resolve().parents[1]
BENCHES = Path(__file__).resolve().parent
KEYS = ("name", "ours", "other", "other_is", "unit", "ratio", "goal", "holds")
HEADINGS = ("what", "ours", "other", "the other is", "unit", "ratio", "goal", "holds")


class NoSuchBenchmark(Exception):
    """A name that no benchmark has; the message lists those there are."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named benchmarks, or all; exit code 1 when a goal is missed, 2 when nothing could run."""
    parser = argparse.ArgumentParser(prog="bench/run", description="Run the benchmarks.")
    parser.add_argument("name", nargs="*", help="which ones; all when none is named")
    parser.add_argument("--json", action="store_true", help="print a list of JSON objects")
    given = parser.parse_args(arguments)
    try:
        modules = chosen(given.name, available())
        with embedded.running(
            root=ROOT, state=ROOT / ".local" / "bench", with_redis=False
        ) as services:
            os.environ.update(services.environment())
            prepare_django()
            found = [row for module in modules for row in measure(module)]
    except (NoSuchBenchmark, embedded.CannotStart) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    print(json.dumps(found, indent=2, ensure_ascii=False) if given.json else as_table(found))
    return 0 if all(row["holds"] for row in found) else 1


def available(directory: Path = BENCHES) -> list[str]:
    """The names of all benchmarks, in order."""
    return sorted(path.stem.removeprefix("bench_") for path in directory.glob("bench_*.py"))


def chosen(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """The named benchmarks, or all of them. Raises ``NoSuchBenchmark``."""
    if not known:
        raise NoSuchBenchmark("There is no benchmark yet: bench/ has no bench_NAME.py.")
    wrong = [name for name in names if name not in known]
    if wrong:
        raise NoSuchBenchmark(
            f"There is no benchmark called {wrong[0]}. There are: {', '.join(known)}."
        )
    return list(names or known)


def prepare_django() -> None:
    """The local settings, and the tables as they should be now."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "carebudget.settings.local"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def measure(name: str) -> list[dict[str, Any]]:
    """One benchmark's rows, in the order of ``KEYS``. What it prints goes to standard error."""
    print(f"{name} …", file=sys.stderr, flush=True)
    with redirect_stdout(sys.stderr):
        rows = importlib.import_module(f"bench.bench_{name}").run()
    return [{key: row[key] for key in KEYS} for row in rows]


def as_table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows below each other, numbers to the right."""
    lines = [list(HEADINGS)] + [[_cell(row[key]) for key in KEYS] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(KEYS))]
    numbers = {KEYS.index(key) for key in ("ours", "other", "ratio")}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, float):
        return f"{value:.4g}"
    return "-" if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main())

"""Reading the tables, policies and pension ages of charging: spelling, shape, then sense, with the line.

Nothing here touches the database, so that a contribution can be worked out from files alone.
"""

import json
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from django.conf import settings
from django.utils.text import slugify
from jsonschema import Draft202012Validator

from carebudget.errors import Refused

from ..rules.charging import Figures
from ..rules.charging_table import (
    ChargingTable,
    FiguresError,
    LocalPolicy,
    PensionAges,
    policy_on,
    read_pension_ages,
    read_policies,
    read_table,
    table_on,
)
from .pack_files import LARGEST_FILE, _in_plain_words, _OnceLoader, line_of

SCHEMAS = Path(__file__).resolve().parents[1] / "charging"
STATUTORY = "statutory"
Read = TypeVar("Read")


def directory() -> Path:
    """Where the files are: this release's own, or the authority's (``CHARGING_DIRECTORY``)."""
    return Path(settings.CHARGING_DIRECTORY or SCHEMAS)


def own_authority() -> str:
    """The name of this authority's policy file; by default the council's short name."""
    return str(settings.CHARGING_AUTHORITY or slugify(settings.COUNCIL_SHORT_NAME))


def read_file(path: Path, schema: str, build: Callable[[Any], Read]) -> tuple[Read, Any, str]:
    """What a YAML file says, its content and its text. Raises ``Refused`` with file, line and fault."""
    text = _text_of(path)
    try:
        content = yaml.load(text, Loader=_OnceLoader)  # noqa: S506 (a SafeLoader, and stricter)
        _check_shape(content, schema)
        return build(content), content, text
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise Refused(
            "figures_unreadable", f"{path.name}{line}: {getattr(error, 'problem', error)}."
        ) from error
    except RecursionError as error:
        raise Refused("figures_unreadable", f"{path.name}: nested too deeply.") from error
    except FiguresError as error:
        line_no = line_of(text, f"file.{error.path}")
        line = f", line {line_no}" if line_no else ""
        raise Refused(
            "figures_broken", f"{path.name}{line}: {error.path} {error.message}."
        ) from error


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Refused("figures_unreadable", f"{path.name}: larger than a table can be.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Refused(
            "figures_unreadable", f"{path.name}: cannot be read ({error.strerror})."
        ) from error
    except UnicodeDecodeError as error:
        raise Refused("figures_unreadable", f"{path.name}: is not UTF-8 text.") from error


def _check_shape(content: Any, schema: str) -> None:
    faults = sorted(_validator(schema).iter_errors(content), key=lambda one: str(list(one.path)))
    for fault in faults:
        path, message = _in_plain_words(fault)
        path = path.removeprefix("pack").removeprefix(".") or "the file"
        message = message.replace("a pack", "this file")
        raise FiguresError(path, message)
    _refuse_floats(content, "")


def _refuse_floats(content: Any, path: str) -> None:
    """To a schema 17.00 is a whole number; to us it is no sum of money."""
    if isinstance(content, float):
        raise FiguresError(path, "must be a whole number, without a point")
    parts: list[tuple[str, Any]] = []
    if isinstance(content, dict):
        parts = [(f"{path}.{key}".lstrip("."), value) for key, value in content.items()]
    elif isinstance(content, list):
        parts = [(f"{path}[{n}]", value) for n, value in enumerate(content)]
    for at, value in parts:
        _refuse_floats(value, at)


@lru_cache(maxsize=4)
def _validator(schema: str) -> Draft202012Validator:
    text = (SCHEMAS / f"{schema}.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


# ---- what is there, read once while the files stay as they are


def all_tables() -> tuple[ChargingTable, ...]:
    """Every year's table, oldest first. Raises ``Refused`` when one is broken."""
    files = sorted(directory().glob("[0-9]*.yaml"))
    return tuple(_table_of(path, path.stat().st_mtime_ns)[0] for path in files)


@lru_cache(maxsize=64)
def _table_of(path: Path, changed: int) -> tuple[ChargingTable, Any, str]:
    table, content, text = read_file(path, "table", read_table)
    if table.key != path.stem:
        raise Refused(
            "figures_broken", f"{path.name}: its key is “{table.key}”, not “{path.stem}”."
        )
    return table, content, text


def table_file(key: str) -> tuple[ChargingTable, Any, str]:
    """One table with its content and text. Raises ``Refused`` when there is none."""
    known = [table.key for table in all_tables()]
    if key not in known:
        raise Refused(
            "table_unknown",
            f"There is no table for {key}. Known: {', '.join(known)}.",
            field="table",
        )
    path = directory() / f"{key}.yaml"
    return _table_of(path, path.stat().st_mtime_ns)


def policy_file(authority: str = "") -> tuple[tuple[LocalPolicy, ...], Any, str]:
    """An authority's policy, all its versions; the law's minimum when it has written none down."""
    wanted = authority or own_authority()
    path = directory() / "policies" / f"{wanted}.yaml"
    if slugify(wanted) != wanted or not path.exists():
        if authority not in ("", STATUTORY):
            raise Refused("policy_unknown", f"There is no charging policy of {authority}.")
        path = directory() / "policies" / f"{STATUTORY}.yaml"
    if not path.exists():
        path = SCHEMAS / "policies" / f"{STATUTORY}.yaml"
    return _policy_of(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _policy_of(path: Path, changed: int) -> tuple[tuple[LocalPolicy, ...], Any, str]:
    return read_file(path, "policy", read_policies)


def pension_ages() -> PensionAges:
    """When people reach pension age."""
    path = directory() / "pension-age.yaml"
    if not path.exists():
        path = SCHEMAS / "pension-age.yaml"
    return _ages_of(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _ages_of(path: Path, changed: int) -> PensionAges:
    return read_file(path, "pension-age", read_pension_ages)[0]


def figures_on(day: date, *, table: str = "", authority: str = "") -> Figures:
    """What the rules go by on a day. ``table`` names another year's figures instead of that day's.

    Raises ``Refused`` when there is no table or no policy for the day.
    """
    found = table_file(table)[0] if table else table_on(all_tables(), day)
    if found is None:
        raise Refused(
            "table_missing",
            f"There is no table of figures for {day:%-d %B %Y}.",
            "Call us, and we work it out with you.",
        )
    versions = policy_file(authority)[0]
    policy = policy_on(versions, day)
    if policy is None:
        raise Refused(
            "policy_missing",
            f"The charging policy of {versions[0].authority} begins on "
            f"{versions[0].in_force_from:%-d %B %Y}, after {day:%-d %B %Y}.",
        )
    return Figures(table=found, policy=policy, ages=pension_ages(), on=day)

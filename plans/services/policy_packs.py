"""The new version of a programme that an adopted proposal makes: its content, its file, its number."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import yaml

from carebudget import clock
from carebudget.errors import Refused

from ..models import PolicyProposal, ProgrammePack
from ..rules.pack import PackError
from ..rules.policy_tables import with_table
from .pack_files import check_shape


def newest_version(versions: Sequence[ProgrammePack]) -> ProgrammePack:
    """The version that begins last."""
    return max(versions, key=lambda pack: (pack.starts_at or pack.loaded_at, pack.pk))


def adopted_pack(
    proposal: PolicyProposal, versions: Sequence[ProgrammePack], starts_at: datetime
) -> ProgrammePack:
    """Make the new version. Raises ``Refused`` when its content is no pack."""
    base = proposal.base_pack
    version = next_version(base.version, {pack.version for pack in versions})
    content = {**base.content, "version": version, "allocation": proposal.table}
    try:
        check_shape(content)
        with_table(content, proposal.table)
    except PackError as error:
        raise Refused("table_broken", f"The table cannot be used: {error.message}.") from error
    text = pack_text(base.source_yaml, content)
    return ProgrammePack.objects.create(
        key=base.key,
        version=version,
        title=base.title,
        content=content,
        source_yaml=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        loaded_at=clock.now(),
        starts_at=starts_at,
    )


def next_version(base: str, known: set[str]) -> str:
    """``2026.2`` → ``2026.2.1`` → ``2026.2.2``: the year and number of the file, then ours."""
    year, number, *_ = [*base.split("."), "0"]
    last = 1
    while (found := f"{year}.{number}.{last}") in known:
        last += 1
    return found


def pack_text(text: str, content: dict[str, Any]) -> str:
    """The pack's file with another version and table; every other line, comments too, as it was."""
    try:
        changed = text
        for name in ("allocation", "version"):
            start, end = _place_of(changed, name)
            written = yaml.safe_dump({name: content[name]}, sort_keys=False, allow_unicode=True)
            changed = changed[:start] + written + changed[end:]
        if _read(changed) == content:
            return changed
    except yaml.YAMLError:
        pass  # a file in another style: it is written whole
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def _place_of(text: str, name: str) -> tuple[int, int]:
    """Where a part of the file begins and ends, without the blank lines and comments that follow it."""
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(document, yaml.MappingNode)
    key, value = next((k, v) for k, v in document.value if k.value == name)
    end = value.end_mark.index
    if end and text[end - 1] != "\n":
        end = text.find("\n", end) + 1 or len(text)
    lines = text[:end].splitlines(keepends=True)
    while not lines[-1].strip() or lines[-1].startswith("#"):
        end -= len(lines.pop())
    return key.start_mark.index, end


def _read(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text)
    found.pop("x-shared", None)
    return found

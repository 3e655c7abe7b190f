"""Loading programme packs: read, checked, kept for good. A changed pack needs a new version."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Refused

from ..models import ProgrammePack
from ..rules.pack import Pack, PackError

DIRECTORY = Path(__file__).resolve().parents[1] / "programmes"


@dataclass(frozen=True)
class LoadedPack:
    """What happened to one file."""

    key: str
    version: str
    new: bool


def read_pack_file(path: Path) -> tuple[Pack, dict[str, Any], str]:
    """The pack in a YAML file, its content and its text. Raises ``Refused`` with file, line and fault."""
    text = path.read_text(encoding="utf-8")
    try:
        content = yaml.safe_load(text)
        pack = Pack.from_mapping(content)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise Refused(
            "pack_unreadable", f"{path.name}{line}: {getattr(error, 'problem', error)}."
        ) from error
    except PackError as error:
        line_no = _line_of(text, error.path)
        line = f", line {line_no}" if line_no else ""
        raise Refused("pack_broken", f"{path.name}{line}: {error.path} {error.message}.") from error
    content.pop("x-shared", None)
    return pack, content, text


def _line_of(text: str, path: str) -> int | None:
    """The line where the last part of ``path`` that exists begins."""
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    line = None
    for part in path.replace("[", ".[").split(".")[1:]:
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next((v for k, v in node.value if k.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and part.startswith("["):
            index = int(part.strip("[]"))
            found = node.value[index] if index < len(node.value) else None
        if found is None:
            break
        node, line = found, found.start_mark.line + 1
    return line


@transaction.atomic
def load_packs(*, directory: Path | None = None) -> list[LoadedPack]:
    """Load every pack in a directory. The same content again changes nothing.

    Raises ``Refused`` when a file is broken, or when a version that is known has other content.
    """
    return [_load(path) for path in sorted((directory or DIRECTORY).glob("*.yaml"))]


def _load(path: Path) -> LoadedPack:
    pack, content, text = read_pack_file(path)
    digest = hashlib.sha256(text.encode()).hexdigest()
    standing = ProgrammePack.objects.filter(key=pack.key, version=pack.version).first()
    if standing:
        if standing.digest != digest:
            raise Refused(
                "pack_version_used",
                f"{path.name}: version {pack.version} was loaded before with other content.",
                "Give the changed pack a new version.",
            )
        return LoadedPack(pack.key, pack.version, new=False)
    ProgrammePack.objects.create(
        key=pack.key,
        version=pack.version,
        title=pack.title,
        content=content,
        source_yaml=text,
        digest=digest,
        loaded_at=clock.now(),
    )
    record(
        chain=f"setting:pack:{pack.key}",
        verb="pack.loaded",
        subject=f"pack:{pack.key}",
        by=None,
        changes={"version": pack.version, "digest": digest},
    )
    return LoadedPack(pack.key, pack.version, new=True)


def current_pack(key: str) -> ProgrammePack:
    """The pack that new cases use: the newest that is not retired. Raises ``Refused`` when there is none."""
    pack = (
        ProgrammePack.objects.filter(key=key, retired_at=None).order_by("-loaded_at", "-id").first()
    )
    if pack is None:
        raise Refused(
            "pack_unknown", f"There is no programme called {key}.", "Load it with load_packs."
        )
    return pack


@lru_cache(maxsize=16)
def bundled_pack(key: str) -> Pack:
    """The pack as it stands in this release's own files, without a database. Raises ``Refused``."""
    path = DIRECTORY / f"{key}.yaml"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in DIRECTORY.glob("*.yaml")))
        raise Refused("pack_unknown", f"There is no programme called {key}. Known: {known}.")
    return read_pack_file(path)[0]

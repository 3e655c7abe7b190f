"""Loading programme packs: read, checked, kept for good. A changed pack needs a new version.

What a pack file may look like is ``pack_files``' business; what its rules mean is ``plans.rules``'.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Refused

from ..models import ProgrammePack
from .pack_files import DIRECTORY, bundled_keys, bundled_pack, read_pack_file

__all__ = [
    "DIRECTORY",
    "LoadedPack",
    "bundled_keys",
    "bundled_pack",
    "current_pack",
    "load_packs",
    "read_pack_file",
]

_ONE_LOADER_AT_A_TIME = 0x7061636B


@dataclass(frozen=True)
class LoadedPack:
    """What happened to one file."""

    key: str
    version: str
    new: bool


@transaction.atomic
def load_packs(*, directory: Path | None = None) -> list[LoadedPack]:
    """Load every pack in a directory. The same content again changes nothing; it is all or nothing.

    Raises ``Refused`` when there is no pack, when a file is broken, or when a version that is known
    has other content.
    """
    folder = directory or DIRECTORY
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise Refused("packs_missing", f"There is no programme pack (a .yaml file) in {folder}.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_LOADER_AT_A_TIME])
    return [_load(path) for path in files]


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
    """The pack that new cases use: the newest in force. Raises ``Refused`` when there is none."""
    pack = ProgrammePack.objects.in_force().filter(key=key).first()
    if pack is None:
        raise Refused(
            "pack_unknown", f"There is no programme called {key}.", "Load it with load_packs."
        )
    return pack

"""Where the servers' sockets are: beside their data, or in a short private directory.

A Unix socket's path may have about 107 bytes, and an address is written into a URL, so a checkout with
a long or unusual path keeps its sockets elsewhere.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path

LONGEST_PATH = 100
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
NOTE = "socket-directory"


def socket_directory(beside: Path, *, longest_name: str, owner: int | None = None) -> Path:
    """A directory for a socket called ``longest_name``: ``beside`` itself, when its path is fit.

    Otherwise a private temporary one, noted in a file next to ``beside`` so that it is found again.
    """
    path = str(beside / longest_name)
    if len(os.fsencode(path)) <= LONGEST_PATH and PLAIN_PATH.fullmatch(path):
        return beside
    note = beside.with_name(f"{beside.name}-{NOTE}")
    if note.exists():
        known = Path(note.read_text())
        if _is_private(known, os.geteuid() if owner is None else owner):
            return known
    made = Path(tempfile.mkdtemp(prefix="carebudget-"))
    if owner is not None:
        os.chown(made, owner, -1)
    note.write_text(str(made))
    return made


def forget_socket_directory(beside: Path) -> None:
    """Remove the temporary directory, once its server has stopped; ``beside`` itself stays."""
    note = beside.with_name(f"{beside.name}-{NOTE}")
    if note.exists():
        shutil.rmtree(note.read_text(), ignore_errors=True)
        note.unlink()


def _is_private(directory: Path, owner: int) -> bool:
    try:
        found = directory.lstat()
    except OSError:
        return False
    is_real = directory.is_dir() and not directory.is_symlink()
    return is_real and found.st_uid == owner and not found.st_mode & 0o077

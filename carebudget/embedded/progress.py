"""Shows that something still works. Standard library only: the set-up uses it before anything is installed."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

FIRST_WORD_SECONDS = 2.0
NEXT_WORD_SECONDS = 10.0
LIVE_SECONDS = 0.5


def say(words: str) -> None:
    """One line, now."""
    print(words, flush=True)


@contextmanager
def progress(title: str) -> Iterator[None]:
    """While the work inside takes longer than two seconds, show its time: a live line on a terminal."""
    done = threading.Event()
    ticker = threading.Thread(target=_tick, args=(title, done), daemon=True)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()


def _tick(title: str, done: threading.Event) -> None:
    began = time.monotonic()
    live = sys.stdout.isatty()
    start, end = ("\r", " ") if live else ("", "\n")
    wait = FIRST_WORD_SECONDS
    shown = False
    while not done.wait(wait):
        print(f"{start}  {title} … {int(time.monotonic() - began)} s", end=end, flush=True)
        shown, wait = True, LIVE_SECONDS if live else NEXT_WORD_SECONDS
    if shown:
        say(f"{start}  {title}: {time.monotonic() - began:.0f} s   ".rstrip())

"""The sandbox's own clock, so that demo months can be lived in seconds. The only use of real time."""

import threading
import time


class Clock:
    """Real time plus an offset. Seconds since 1970, as Stripe counts."""

    def __init__(self, offset: float = 0.0) -> None:
        self._offset = offset
        self._lock = threading.Lock()

    @property
    def offset(self) -> float:
        """How far ahead of real time the sandbox is."""
        return self._offset

    def now(self) -> float:
        """The sandbox's time."""
        return real_time() + self._offset

    def set(self, moment: float) -> None:
        """Make it this moment now; time then goes on."""
        with self._lock:
            self._offset = moment - real_time()

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        with self._lock:
            self._offset += seconds

    def restore(self, offset: float = 0.0) -> None:
        """Back to real time, or to an offset kept from before."""
        with self._lock:
            self._offset = offset


def real_time() -> float:
    """Time outside. Signatures and webhook retries use it, because the receiver does."""
    return time.time()

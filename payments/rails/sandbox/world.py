"""One running sandbox: its state, clock, faults and threads in one hand. No HTTP here."""

from pathlib import Path
from typing import Any

from . import idempotency, jobs
from .clock import Clock
from .config import Config
from .errors import ApiError
from .faults import BadFault, Faults
from .moment import Moment
from .routes import WORKS
from .store import Store
from .webhooks import Dispatcher


class World:
    """Everything that a request meets. Opens the state, and goes on where the last run stopped."""

    def __init__(self, config: Config, state: Path | str = ":memory:") -> None:
        self.config = config
        self.store = Store(state)
        self.clock = Clock(float(self.store.setting("clock_offset") or 0.0))
        self.faults = Faults()
        self.dispatcher = Dispatcher(self.store, config, self.faults)
        self.ticker = jobs.Ticker(self.store, self.clock, self.run_due)
        idempotency.release_all(self.store)
        try:
            self.faults.set(self.store.setting("faults") or {})
        except BadFault:
            self.store.keep_setting("faults", {})

    def start(self) -> None:
        """Begin to deliver and to let time pass."""
        self.dispatcher.start()
        self.ticker.start()

    def stop(self) -> None:
        """Stop the threads and close the state."""
        self.ticker.stop()
        self.dispatcher.stop()
        self.store.close()

    def wake(self) -> None:
        """Something changed: look for deliveries and jobs."""
        self.dispatcher.wake()
        self.ticker.wake()

    def run_due(self) -> int:
        """Do all that is due by now."""
        ran = jobs.run_due(self.store, self.config, self.faults, self.clock, WORKS)
        if ran:
            self.dispatcher.wake()
        return ran

    def moment(self, backdated: str | None = None, quiet: str | None = None) -> Moment:
        """This instant, or the one asked for. Raises ``ApiError`` (400) when it is not a past time."""
        now = self.clock.now()
        instant = now
        if backdated:
            if not backdated.isascii() or not backdated.isdecimal() or len(backdated) > 12:
                raise ApiError(400, "Sandbox-Now is a whole number of seconds since 1970.")
            instant = float(backdated)
            if instant > now + 1:
                raise ApiError(400, "Sandbox-Now may not be in the future.")
        return Moment(
            self.store,
            self.config,
            self.faults,
            instant=instant,
            quiet=(quiet or "").lower() in ("1", "true", "yes"),
        )

    def keep_faults(self, config: dict[str, Any]) -> None:
        """Switch faults on, also after a restart. Raises ``BadFault``."""
        self.faults.set(config)
        self.store.keep_setting("faults", self.faults.show())

    def keep_clock(self) -> None:
        """Remember the clock, and do what has become due."""
        self.store.keep_setting("clock_offset", self.clock.offset)
        self.run_due()
        self.wake()

    def reset(self) -> None:
        """Forget everything, faults and clock included."""
        with self.store.transaction():
            self.store.wipe()
            self.faults.clear()
            self.clock.restore()

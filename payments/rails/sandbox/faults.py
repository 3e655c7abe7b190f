"""Faults that can be switched on: which request they hit, and what they do to it. No HTTP here."""

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# What each fault does is worked out in api.py; their order here is the order of an exchange.
KINDS = (
    "lose_request",  # the connection drops before anything is done
    "error_429",  # refused before anything is done
    "error_500",  # fails before anything is done
    "error_409",  # refused with lock_timeout before anything is done
    "delay",  # waits, then does the work
    "error_500_after",  # does the work, keeps and answers 500
    "delay_answer",  # does the work, waits, then answers
    "lose_answer",  # does the work, then drops the connection
)
_DELAYS = ("delay", "delay_answer")
LONGEST_DELAY = 120.0
_RULE_FIELDS = {"every", "rate", "times", "seed", "methods", "paths", "seconds"}
_WEBHOOK_FIELDS = {"duplicate_every", "drop_every", "reorder", "reorder_seconds"}


class BadFault(ValueError):
    """A fault that cannot be understood; the message says which and why."""


@dataclass
class Rule:
    """When a fault strikes: every Nth matching request, or with a chance; ``times`` is a limit."""

    every: int = 1
    rate: float | None = None
    times: int | None = None
    seed: int = 1
    methods: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    seconds: float = 1.0
    seen: int = 0
    struck: int = 0
    chance: random.Random = field(default_factory=random.Random)

    def strikes(self, method: str, path: str) -> bool:
        """Count this request, and say whether the fault hits it."""
        if self.methods and method not in self.methods:
            return False
        if self.paths and not any(path.startswith(start) for start in self.paths):
            return False
        if self.times is not None and self.struck >= self.times:
            return False
        self.seen += 1
        hit = (
            self.chance.random() < self.rate
            if self.rate is not None
            else self.every > 0 and self.seen % self.every == 0
        )
        self.struck += hit
        return hit


class Faults:
    """The faults of one server. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._config: dict[str, Any] = {}
        self._rules: dict[str, Rule] = {}
        self._events = 0
        self._struck: dict[str, int] = {}

    def set(self, config: Mapping[str, Any]) -> None:
        """Replace all faults. Raises ``BadFault`` and changes nothing when one is not understood."""
        if not isinstance(config, Mapping):
            raise BadFault("Faults are a JSON object, one entry for each kind.")
        rules = {name: _rule(name, spec) for name, spec in config.items() if name != "webhooks"}
        _check_webhooks(config.get("webhooks", {}))
        with self._lock:
            self._config = {name: dict(spec) for name, spec in config.items()}
            self._rules = rules
            self._events = 0
            self._struck = {}

    def clear(self) -> None:
        """Everything works again."""
        self.set({})

    def show(self) -> dict[str, Any]:
        """What is switched on."""
        with self._lock:
            return {name: dict(spec) for name, spec in self._config.items()}

    def struck(self) -> dict[str, int]:
        """How often each kind has hit since it was switched on."""
        with self._lock:
            return dict(self._struck)

    def pick(self, method: str, path: str, header: str | None = None) -> dict[str, float]:
        """The faults for one request: kind to seconds. ``header`` asks for some by name.

        Raises ``BadFault`` for a header that is not understood.
        """
        picked = _from_header(header) if header else {}
        with self._lock:
            for name, rule in self._rules.items():
                if rule.strikes(method, path):
                    picked.setdefault(name, rule.seconds)
            for name in picked:
                self._struck[name] = self._struck.get(name, 0) + 1
        return picked

    def webhook_copies(self) -> int:
        """How often the next event is delivered: usually once; 0 when dropped, 2 when doubled."""
        with self._lock:
            spec = self._config.get("webhooks")
            if not spec:
                return 1
            self._events += 1
            drop, double = spec.get("drop_every", 0), spec.get("duplicate_every", 0)
            if drop and self._events % drop == 0:
                return 0
            return 2 if double and self._events % double == 0 else 1

    def reorder_seconds(self) -> float:
        """How long deliveries are gathered before they go out newest first; 0 keeps their order."""
        with self._lock:
            spec = self._config.get("webhooks", {})
            return float(spec.get("reorder_seconds", 0.3)) if spec.get("reorder") else 0.0


def _rule(name: str, spec: Any) -> Rule:
    if name not in KINDS:
        raise BadFault(f"{name} is not a fault. Use one of: {', '.join(KINDS)}, webhooks.")
    if not isinstance(spec, Mapping):
        raise BadFault(f'{name} needs a JSON object, such as {{"every": 3}}.')
    unknown = set(spec) - _RULE_FIELDS
    if unknown:
        raise BadFault(f"{name} does not know {', '.join(sorted(unknown))}.")
    rate = spec.get("rate")
    if rate is not None and not (_is_number(rate) and 0 <= rate <= 1):
        raise BadFault(f"{name}: rate is a number from 0 to 1.")
    seconds = spec.get("seconds", 1.0)
    if not (_is_number(seconds) and 0 <= seconds <= LONGEST_DELAY):
        raise BadFault(f"{name}: seconds is a number from 0 to {LONGEST_DELAY:.0f}.")
    seed = _count(name, spec, "seed", 1)
    return Rule(
        every=_count(name, spec, "every", 1),
        rate=None if rate is None else float(rate),
        times=_count(name, spec, "times", 0) if spec.get("times") is not None else None,
        seed=seed,
        methods=tuple(word.upper() for word in _words(name, spec, "methods")),
        paths=_words(name, spec, "paths"),
        seconds=float(seconds),
        chance=random.Random(seed),  # noqa: S311 - repeatable on purpose
    )


def _check_webhooks(spec: Any) -> None:
    if not isinstance(spec, Mapping):
        raise BadFault("webhooks needs a JSON object.")
    unknown = set(spec) - _WEBHOOK_FIELDS
    if unknown:
        raise BadFault(f"webhooks does not know {', '.join(sorted(unknown))}.")
    _count("webhooks", spec, "duplicate_every", 0)
    _count("webhooks", spec, "drop_every", 0)
    if not isinstance(spec.get("reorder", False), bool):
        raise BadFault("webhooks: reorder is true or false.")
    wait = spec.get("reorder_seconds", 0.3)
    if not (_is_number(wait) and 0 < wait <= LONGEST_DELAY):
        raise BadFault("webhooks: reorder_seconds is a number above 0.")


def _count(name: str, spec: Mapping[str, Any], key: str, usual: int) -> int:
    value = spec.get(key, usual)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadFault(f"{name}: {key} is a whole number, 0 or more.")
    return value


def _words(name: str, spec: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = spec.get(key, [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise BadFault(f"{name}: {key} is a list of words.")
    return tuple(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _from_header(header: str) -> dict[str, float]:
    picked: dict[str, float] = {}
    for part in header.split(","):
        name, _, seconds = part.strip().partition(":")
        if name not in KINDS:
            raise BadFault(f"{name} is not a fault. Use one of: {', '.join(KINDS)}.")
        try:
            wait = float(seconds) if name in _DELAYS and seconds else 1.0
        except ValueError as error:
            raise BadFault(f"{name}: {seconds} is not a number of seconds.") from error
        if not 0 <= wait <= LONGEST_DELAY:
            raise BadFault(f"{name}: at most {LONGEST_DELAY:.0f} seconds.")
        picked[name] = wait
    return picked

"""Reading Stripe's form-encoded parameters: ``a[b]=1``, ``list[]=x``, ``list[0]=x``.

Here live the parser and the typed reader that refuses what is missing, malformed or unknown. What a
parameter means lives with each resource.
"""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from .errors import ApiError, bad_parameter, missing_parameter, unknown_parameter

MAX_FIELDS = 2_000
MAX_DEPTH = 6
MAX_AMOUNT = 99_999_999_999
CURRENCIES = ("gbp",)
_NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")


def parse_form(text: str) -> dict[str, Any]:
    """Nested parameters from a query string or body. Raises ``ApiError`` (400) when they clash."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise ApiError(400, f"Too many parameters: at most {MAX_FIELDS}.") from error
    return nest(pairs)


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Bracketed names as nested dictionaries; a dictionary of numbers becomes a list."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        match = _NAME.match(name)
        if match is None:
            raise bad_parameter(f"Invalid parameter name: {name}", name)
        keys = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        if len(keys) > MAX_DEPTH:
            raise bad_parameter("Parameters are nested too deeply.", match[1])
        _place(root, keys, value, name)
    return {key: _lists(value) for key, value in root.items()}


def _place(node: dict[str, Any], keys: list[str], value: str, name: str) -> None:
    for key in keys[:-1]:
        child = node.setdefault(key or str(len(node)), {})
        if not isinstance(child, dict):
            raise bad_parameter(f"Invalid hash: {name}", keys[0])
        node = child
    last = keys[-1] or str(len(node))
    if isinstance(node.get(last), dict):
        raise bad_parameter(f"Invalid string: {name}", keys[0])
    node[last] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(item) for key, item in value.items()}
    if inner and all(key.isdecimal() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


class Params:
    """Typed access to one request's parameters. ``done()`` refuses any that nobody asked for."""

    def __init__(self, raw: dict[str, Any], prefix: str = "") -> None:
        self._raw = raw
        self._prefix = prefix
        self._read: set[str] = {"expand"} if not prefix else set()

    def name(self, key: str) -> str:
        """The name as the caller wrote it, for error messages."""
        return f"{self._prefix}[{key}]" if self._prefix else key

    def given(self, key: str) -> bool:
        """Whether the caller sent it, even empty."""
        return key in self._raw

    def take(self, key: str) -> Any:
        """The raw value, or ``None``."""
        self._read.add(key)
        return self._raw.get(key)

    def text(self, key: str, *, required: bool = False, longest: int = 5_000) -> str | None:
        """A string. An empty one unsets an optional parameter."""
        value = self.take(key)
        if value is None:
            if required:
                raise missing_parameter(self.name(key))
            return None
        if not isinstance(value, str):
            raise bad_parameter(f"Invalid string: {value}", self.name(key))
        if value == "" and required:
            raise bad_parameter(
                f"You passed an empty string for '{self.name(key)}'. You should supply a non-empty "
                "value.",
                self.name(key),
                "parameter_invalid_empty",
            )
        if len(value) > longest:
            raise bad_parameter(
                f"Invalid string: {value[:20]}...; must be at most {longest} characters",
                self.name(key),
                "parameter_invalid_string_long",
            )
        return value

    def needed(self, key: str) -> str:
        """A string that must be there."""
        value = self.text(key, required=True)
        assert value is not None
        return value

    def integer(
        self, key: str, *, required: bool = False, least: int = 0, most: int = MAX_AMOUNT
    ) -> int | None:
        """A whole number within limits."""
        value = self.text(key, required=required)
        if value is None or value == "":
            return None
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise bad_parameter(
                f"Invalid integer: {value[:40]}", self.name(key), "parameter_invalid_integer"
            )
        number = int(value)
        if number < least:
            raise bad_parameter(
                f"This value must be greater than or equal to {least}.",
                self.name(key),
                "parameter_invalid_integer",
            )
        if number > most:
            raise bad_parameter(
                f"This value must be less than or equal to {most}.",
                self.name(key),
                "parameter_invalid_integer",
            )
        return number

    def amount(self, key: str = "amount") -> int:
        """Pence that must be there: at least one penny."""
        value = self.integer(key, required=True, least=1)
        assert value is not None
        return value

    def currency(self, *, required: bool = True) -> str | None:
        """``gbp``; the sandbox knows no other."""
        value = self.text("currency", required=required)
        if value is not None and value.lower() not in CURRENCIES:
            raise bad_parameter(
                f"Invalid currency: {value}. Stripe currently supports these currencies: "
                f"{', '.join(CURRENCIES)}",
                "currency",
            )
        return value.lower() if value else None

    def choice(self, key: str, options: tuple[str, ...], *, required: bool = False) -> str | None:
        """One of a few words."""
        value = self.text(key, required=required)
        if value is not None and value not in options:
            raise bad_parameter(
                f"Invalid {self.name(key)}: must be one of {', '.join(options)}", self.name(key)
            )
        return value

    def truth(self, key: str) -> bool | None:
        """``true`` or ``false``."""
        value = self.text(key)
        if value is None:
            return None
        if value.lower() not in ("true", "false"):
            raise bad_parameter(f"Invalid boolean: {value}", self.name(key))
        return value.lower() == "true"

    def hash(self, key: str) -> dict[str, Any] | None:
        """A nested dictionary as it came."""
        value = self.take(key)
        if value is not None and not isinstance(value, dict):
            raise bad_parameter("Invalid object", self.name(key), "parameter_invalid_object")
        return value

    def group(self, key: str) -> "Params | None":
        """A nested dictionary to read with the same care."""
        value = self.hash(key)
        return None if value is None else Params(value, self.name(key))

    def metadata(self) -> dict[str, str] | None:
        """``None`` when not sent; an empty string clears everything, as at Stripe."""
        value = self.take("metadata")
        if value is None:
            return None
        if value == "":
            return {"": ""}
        if not isinstance(value, dict):
            raise bad_parameter("Invalid object", "metadata", "parameter_invalid_object")
        for key, item in value.items():
            if not isinstance(item, str):
                raise bad_parameter("Metadata values must be strings.", f"metadata[{key}]")
            if len(key) > 40 or len(item) > 500:
                raise bad_parameter(
                    "Metadata keys can have up to 40 characters and values up to 500 characters.",
                    f"metadata[{key}]",
                )
        return value

    def expand(self) -> list[str]:
        """Paths the caller wants as whole objects."""
        value = self._raw.get("expand")
        if isinstance(value, str):
            return [value]
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []

    def done(self) -> None:
        """Refuse names this endpoint does not have."""
        for key in self._raw:
            if key not in self._read:
                raise unknown_parameter(self.name(key))


def merged_metadata(old: dict[str, str], change: dict[str, str] | None) -> dict[str, str]:
    """Stripe's rule: keys are added or replaced, an empty value removes one. Raises above 50 keys."""
    if change is None:
        return old
    if change == {"": ""}:
        return {}
    result = {key: value for key, value in {**old, **change}.items() if value != ""}
    if len(result) > 50:
        raise bad_parameter("You can have up to 50 metadata keys.", "metadata")
    return result

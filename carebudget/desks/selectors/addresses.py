"""Every address of the product with the permission it needs, read from the URL patterns themselves."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, get_type_hints

from django.urls import URLPattern, URLResolver, get_resolver

from carebudget.people.middleware import LIBRARY_PAGES


@dataclass(frozen=True)
class Address:
    """One URL pattern: how it is written, its name, what it needs, and what it is about."""

    route: str
    name: str
    permission: str
    takes: tuple[str, ...]
    loads: Callable[..., Any] | None

    @property
    def about(self) -> str:
        """The name of the model that the permission is asked about; ``""`` when about nothing.

        Raises ``LookupError`` when the loader does not say what it gives.
        """
        if self.loads is None:
            return ""
        given = get_type_hints(self.loads).get("return")
        if given is None:
            raise LookupError(f"{self.name}: say in {self.loads.__name__} what it returns")
        return str(given.__name__)


def addresses() -> list[Address]:
    """Every address, by route. ``permission`` is empty for what is refused to everybody."""
    return sorted(_walk(get_resolver().url_patterns, "/", ""), key=lambda one: one.route)


def _walk(patterns: list[Any], before: str, namespace: str) -> Iterator[Address]:
    for pattern in patterns:
        route = before + _written(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, route, inner)
        elif isinstance(pattern, URLPattern):
            view: Any = pattern.callback
            name = f"{namespace}{pattern.name or getattr(view, '__name__', '?')}"
            yield Address(
                route=route,
                name=name,
                permission=getattr(view, "permission_needed", "") or LIBRARY_PAGES.get(name, ""),
                takes=tuple(pattern.pattern.converters) or _groups(pattern),
                loads=getattr(view, "loads", None),
            )


def _written(pattern: str) -> str:
    """A route without converters, and a regular expression as the route that it stands for."""
    named = re.sub(r"\(\?P<(\w+)>(?:[^()]|\\.)*\)", r"<\1>", pattern)
    return re.sub(r"<\w+:(\w+)>", r"<\1>", named).strip("^").rstrip("$")


def _groups(pattern: URLPattern) -> tuple[str, ...]:
    regex = getattr(pattern.pattern, "regex", None)
    return tuple(regex.groupindex) if regex is not None else ()

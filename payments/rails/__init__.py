"""Rails: the ways money leaves. Importing this package needs no Django; asking for a rail does."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .protocol import AnyRail, FileRail, Rail, RailKind


def get_rail(name: str) -> "Rail":
    """The API rail that settings name. Raises ``KeyError`` for one that is not installed."""
    rail: Rail = _class(name)()
    return rail


def get_file_rail(name: str) -> "FileRail":
    """The file rail that settings name. Raises ``KeyError`` for one that is not installed."""
    rail: FileRail = _class(name)()
    return rail


def get_any_rail(name: str) -> "AnyRail":
    """The rail that settings name, of whichever kind: for looking, limits and calendar."""
    rail: AnyRail = _class(name)()
    return rail


def kind_of(name: str) -> "RailKind":
    """Whether a rail takes payments one by one or in files."""
    kind: RailKind = _class(name).kind
    return kind


def rails_of_kind(kind: "RailKind") -> list[str]:
    """The names of the installed rails of one kind."""
    from django.conf import settings

    return [name for name in settings.PAYMENT_RAILS if kind_of(name) == kind]


def rails_shown_on(statement_account: str) -> list[str]:
    """The rails whose payments appear on the statements of this account."""
    from django.conf import settings

    return [
        name
        for name in settings.PAYMENT_RAILS
        if _class(name).statement_account == statement_account
    ]


def _class(name: str) -> Any:
    from django.conf import settings
    from django.utils.module_loading import import_string

    return import_string(settings.PAYMENT_RAILS[name])

"""Rails: the ways money leaves. Importing this package needs no Django; asking for a rail does."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .protocol import Rail


def get_rail(name: str) -> "Rail":
    """The rail that settings name. Raises ``KeyError`` for one that is not installed."""
    from django.conf import settings
    from django.utils.module_loading import import_string

    rail: Rail = import_string(settings.PAYMENT_RAILS[name])()
    return rail

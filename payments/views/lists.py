"""What every list of finance's pages does: a page at a time, kept in the address."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

PAGE_SIZE = 50


def page_of(request: HttpRequest, rows: Any, size: int = PAGE_SIZE) -> Page[Any]:
    """The page of ``rows`` that the address names; the first or the last for one that is not there."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def address_with(request: HttpRequest, **changes: str) -> str:
    """This page's address with some of its query changed, and without the number of the page."""
    query = request.GET.copy()
    query.pop("page", None)
    for name, value in changes.items():
        query[name] = value
    return f"?{query.urlencode()}"

"""Default deny: every view names its permission here, or nobody may open it.

``needs("plans.view_case", load=case_by_reference)`` loads the object from the URL, asks the
permission about it and hands it to the view. What you may not see does not exist: 404.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from carebudget.errors import NotAllowed

from .models import User

PUBLIC = "public"
"""Anyone may open the page, signed in or not."""

SIGNED_IN = "signed_in"
"""Any signed-in person may open the page; it shows only what is theirs."""

View = Callable[..., HttpResponseBase]


class SignedInRequest(HttpRequest):
    """A request whose user is known, for type checkers."""

    user: User  # type: ignore[assignment]


def needs(permission: str, *, load: Callable[..., Any] | None = None) -> Callable[[View], View]:
    """Name the permission of a view; ``load`` takes the URL's keyword arguments and gives the object."""

    def guard_view(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            if permission == PUBLIC:
                return view(request, *_loaded(load, kwargs))
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            found = _loaded(load, kwargs)
            if permission != SIGNED_IN and not request.user.has_perm(permission, *found[:1]):
                raise Http404
            return view(request, *found)

        guarded.permission_needed = permission  # type: ignore[attr-defined]
        guarded.loads = load  # type: ignore[attr-defined]
        return guarded

    return guard_view


def _loaded(load: Callable[..., Any] | None, kwargs: dict[str, Any]) -> tuple[Any, ...]:
    if any("\x00" in value for value in kwargs.values() if isinstance(value, str)):
        raise Http404("No database can be asked about a NUL character.")
    if load is None:
        return tuple(kwargs.values())
    try:
        return (load(**kwargs),)
    except (ObjectDoesNotExist, ValidationError, ValueError) as error:
        raise Http404 from error


def require(user: User, permission: str, about: Any = None) -> None:
    """For services: raise ``NotAllowed`` unless ``user`` holds ``permission`` about ``about``."""
    if not user.is_active or not user.has_perm(permission, about):
        raise NotAllowed("not_allowed", "You may not do this.", "Ask the person who has the case.")


def signed_in(request: HttpRequest) -> User:
    """The request's user, known to be signed in because the view is guarded."""
    return cast(User, request.user)


__all__ = [
    "PUBLIC",
    "SIGNED_IN",
    "HttpResponse",
    "SignedInRequest",
    "needs",
    "require",
    "signed_in",
]

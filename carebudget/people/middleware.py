"""What every request passes: security headers, second factor for staff, default deny, plain errors."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from carebudget.errors import CareBudgetError, Conflict, NotAllowed

from .access import PUBLIC, SIGNED_IN

log = logging.getLogger(__name__)

LIBRARY_PAGES = {
    "account_login": PUBLIC,
    "account_logout": PUBLIC,
    "account_signup": PUBLIC,
    "account_inactive": PUBLIC,
    "account_reauthenticate": SIGNED_IN,
    "account_change_password": SIGNED_IN,
    "account_set_password": SIGNED_IN,
    "account_reset_password": PUBLIC,
    "account_reset_password_done": PUBLIC,
    "account_reset_password_from_key": PUBLIC,
    "account_reset_password_from_key_done": PUBLIC,
    "mfa_index": SIGNED_IN,
    "mfa_authenticate": PUBLIC,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_activate_totp": SIGNED_IN,
    "mfa_deactivate_totp": SIGNED_IN,
    "mfa_view_recovery_codes": SIGNED_IN,
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_download_recovery_codes": SIGNED_IN,
}
"""Every page of django-allauth that can be reached. They name no permission themselves; what is not listed is refused."""

WITHOUT_SECOND_FACTOR = frozenset(
    {"mfa_activate_totp", "account_logout", "account_reauthenticate", "mfa_reauthenticate"}
)

WANTED = "wanted_before_second_factor"
"""Where somebody was going when they were sent to set up their second factor; kept in the session."""

Respond = Callable[[HttpRequest], HttpResponse]


def content_policy() -> str:
    """What pages may load and where forms may lead: ourselves, and the rail's own onboarding page."""
    rail = settings.STRIPE_API_BASE if settings.DEMO else ""
    return "; ".join(
        [
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            f"form-action 'self' https://connect.stripe.com {rail}".strip(),
        ]
    )


class SecurityHeadersMiddleware:
    """A strict Content-Security-Policy: no inline scripts or styles, nothing from elsewhere."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", content_policy())
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=()"
        )
        if request.path.startswith(settings.STATIC_URL):
            return response
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class SecondFactorMiddleware:
    """Council staff set up an authenticator app before they see anything that is not public."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        user = request.user
        if not settings.SECOND_FACTOR_REQUIRED_FOR_STAFF or not user.is_authenticated:
            return None
        if not user.is_council_staff:  # type: ignore[union-attr]
            return None
        name = request.resolver_match.url_name if request.resolver_match else ""
        if is_mfa_enabled(user):
            _arrive(request, name)
            return None
        if name in WITHOUT_SECOND_FACTOR or getattr(view, "permission_needed", "") == PUBLIC:
            return None
        if request.method == "GET" and name not in LIBRARY_PAGES:
            request.session[WANTED] = request.get_full_path()
        return redirect(reverse("mfa_activate_totp"))


def _arrive(request: HttpRequest, name: str | None) -> None:
    """Forget where they wanted to go, as soon as they are anywhere but on the library's pages."""
    if name not in LIBRARY_PAGES and WANTED in request.session:
        del request.session[WANTED]


class DefaultDenyMiddleware:
    """A view that names no permission is refused, whoever asks."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if getattr(view, "permission_needed", None):
            return None
        name = request.resolver_match.url_name if request.resolver_match else None
        if name in LIBRARY_PAGES:
            return None
        if settings.DEBUG and request.path.startswith(settings.STATIC_URL):
            return None
        log.error("refused: %s names no permission", request.path)
        raise Http404


class PlainErrorsMiddleware:
    """A refusal that no form could show beside a field becomes a page with its sentence, never a 500."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.content and request.accepts("text/html"):
            return _not_allowed(request, response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotAllowed):
            return render(request, "404.html", status=404)
        if isinstance(error, CareBudgetError):
            log.info("refused with %s at %s", error.code, request.path)
            status = 409 if isinstance(error, Conflict) else 422
            return render(
                request,
                "errors/refused.html",
                {"refusal": error, "back": way_back(request)},
                status=status,
            )
        return None


def _not_allowed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """An address that only takes forms, opened as a page (or the other way round): say so in words."""
    page = render(request, "errors/not_allowed.html", {"back": way_back(request)}, status=405)
    page["Allow"] = response["Allow"]
    return page


def way_back(request: HttpRequest) -> str:
    """The page that somebody came from, when it is ours and not this very request; else the start."""
    came_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(
        came_from, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return "/"
    parts = urlsplit(came_from)
    here = parts.path == request.path and request.method in ("GET", "HEAD")
    return "/" if here else urlunsplit(("", "", parts.path or "/", parts.query, ""))

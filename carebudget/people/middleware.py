"""What every request passes: security headers, second factor for staff, default deny, plain errors."""

import logging
from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from carebudget.errors import CareBudgetError, Conflict, NotAllowed

from .access import PUBLIC, SIGNED_IN

log = logging.getLogger(__name__)

LIBRARY_PAGES = {
    "account_login": PUBLIC,
    "account_logout": SIGNED_IN,
    "account_signup": PUBLIC,
    "account_inactive": PUBLIC,
    "account_reauthenticate": SIGNED_IN,
    "account_change_password": SIGNED_IN,
    "account_set_password": SIGNED_IN,
    "account_reset_password": PUBLIC,
    "account_reset_password_done": PUBLIC,
    "account_reset_password_from_key": PUBLIC,
    "account_reset_password_from_key_done": PUBLIC,
    "account_email_verification_sent": PUBLIC,
    "mfa_index": SIGNED_IN,
    "mfa_authenticate": PUBLIC,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_activate_totp": SIGNED_IN,
    "mfa_deactivate_totp": SIGNED_IN,
    "mfa_view_recovery_codes": SIGNED_IN,
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_download_recovery_codes": SIGNED_IN,
}
"""Pages of django-allauth, which name no permission themselves. Anything not listed is refused."""

WITHOUT_SECOND_FACTOR = frozenset(
    {"mfa_activate_totp", "account_logout", "account_reauthenticate", "mfa_reauthenticate"}
)

Respond = Callable[[HttpRequest], HttpResponse]


class SecurityHeadersMiddleware:
    """A strict Content-Security-Policy: no inline scripts or styles, nothing from elsewhere."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response
        rail_pages = (
            f"https://connect.stripe.com {settings.STRIPE_API_BASE if settings.DEMO else ''}"
        )
        self.policy = "; ".join(
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
                f"form-action 'self' {rail_pages}".strip(),
            ]
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=()"
        )
        if request.path.startswith(settings.STATIC_URL):
            return response
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class SecondFactorMiddleware:
    """Council staff set up an authenticator app before they see anything else."""

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
        if not user.is_council_staff or is_mfa_enabled(user):  # type: ignore[union-attr]
            return None
        match = request.resolver_match
        if match and match.url_name in WITHOUT_SECOND_FACTOR:
            return None
        return redirect(reverse("mfa_activate_totp"))


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
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotAllowed):
            return render(request, "404.html", status=404)
        if isinstance(error, CareBudgetError):
            log.info("refused with %s at %s", error.code, request.path)
            status = 409 if isinstance(error, Conflict) else 422
            return render(request, "errors/refused.html", {"refusal": error}, status=status)
        return None

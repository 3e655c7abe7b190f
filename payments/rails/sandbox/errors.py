"""Errors in Stripe's own shape. Only wording and codes; who raises them lives with the resources.

``kept`` says whether an idempotency key remembers the error: Stripe keeps what happened after an
endpoint began its work, and forgets what was refused before (validation, rate limits, conflicts).
"""

from typing import Any

DOCS = "https://stripe.com/docs/error-codes/"


class ApiError(Exception):
    """An answer other than 200. ``status`` is the HTTP status."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        kept: bool = False,
        should_retry: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type = type
        self.code = code
        self.param = param
        self.kept = kept
        self.should_retry = should_retry

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON that goes over the wire."""
        error: dict[str, Any] = {"message": self.message, "type": self.type}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = DOCS + self.code.replace("_", "-")
        if self.param:
            error["param"] = self.param
        error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": error}


def bad_parameter(message: str, param: str, code: str | None = None) -> ApiError:
    """400 for a value that cannot be used."""
    return ApiError(400, message, code=code, param=param)


def missing_parameter(param: str) -> ApiError:
    """400 for a value that had to be given."""
    return bad_parameter(f"Missing required param: {param}.", param, "parameter_missing")


def unknown_parameter(param: str) -> ApiError:
    """400 for a name this endpoint does not have."""
    return bad_parameter(f"Received unknown parameter: {param}", param, "parameter_unknown")


def no_such(kind: str, id: str, *, param: str = "id", status: int = 404) -> ApiError:
    """404 when the address names it, 400 when a parameter does."""
    return ApiError(
        status, f"No such {kind.replace('_', ' ')}: '{id}'", code="resource_missing", param=param
    )


def no_access(key: str, account: str) -> ApiError:
    """403: Stripe does not say whether another's account exists."""
    return ApiError(
        403,
        f"The provided key '{masked(key)}' does not have access to account '{account}' (or that "
        "account does not exist). Application access may have been revoked.",
        code="account_invalid",
    )


def insufficient_balance(message: str) -> ApiError:
    """400 ``balance_insufficient``: Stripe's code for transfers, payouts and reversals alike."""
    return ApiError(400, message, code="balance_insufficient", kept=True)


def server_error(*, kept: bool) -> ApiError:
    """500. ``kept`` when the work was done and only the answer is wrong."""
    return ApiError(
        500,
        "An unknown error occurred",
        type="api_error",
        kept=kept,
        should_retry=not kept,
    )


def rate_limited() -> ApiError:
    """429, before anything was done."""
    return ApiError(429, "Request rate limit exceeded.", code="rate_limit")


def lock_timeout() -> ApiError:
    """409: someone else works on the same object. Stripe asks clients to try again."""
    return ApiError(
        409,
        "This object cannot be accessed right now because another API request or Stripe process is "
        "currently accessing it. Please try again later.",
        code="lock_timeout",
        should_retry=True,
    )


def masked(key: str) -> str:
    """A key with all but its ends hidden, as Stripe prints it."""
    if len(key) <= 12:
        return "*" * len(key)
    return key[:8] + "*" * (len(key) - 12) + key[-4:]

"""Asking whether an account can be right: the modulus table and the payee checker that settings name."""

import logging
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from ..rules.modulus import ModulusOutcome, WeightTable, check, read_table
from ..rules.payee_check import (
    CheckerDown,
    PayeeAnswer,
    PayeeChecker,
    PayeeQuestion,
    PayeeReply,
)
from ..rules.payee_details import PayeeDetails, UkAccount

log = logging.getLogger(__name__)


def check_modulus(details: PayeeDetails) -> ModulusOutcome:
    """Whether a sort code and number belong together; not checked for other accounts or without a table."""
    if not isinstance(details, UkAccount):
        return ModulusOutcome.NOT_CHECKED
    return check(details.sort_code, details.account_number, modulus_table())


def modulus_table() -> WeightTable | None:
    """The licensed table where the authority keeps it, or nothing. A table that cannot be read is an error.

    Raises ``ValueError`` or ``OSError``: an authority that installed the check must know when it is gone.
    """
    if not settings.MODULUS_WEIGHTS:
        return None
    weights = Path(settings.MODULUS_WEIGHTS)
    substitutes = Path(settings.MODULUS_SUBSTITUTES) if settings.MODULUS_SUBSTITUTES else None
    changed = weights.stat().st_mtime_ns, substitutes.stat().st_mtime_ns if substitutes else 0
    return _table(weights, substitutes, changed)


@lru_cache(maxsize=2)
def _table(weights: Path, substitutes: Path | None, changed: tuple[int, int]) -> WeightTable:
    """Read again when either file has ``changed``."""
    return read_table(weights.read_text(), substitutes.read_text() if substitutes else "")


def ask_who_it_is(*, name: str, details: PayeeDetails, business: bool) -> PayeeReply:
    """The bank's answer about a UK account. Silence and other accounts are answers of ours."""
    if not isinstance(details, UkAccount):
        return PayeeReply(PayeeAnswer.NOT_ASKED)
    checker: PayeeChecker = import_string(settings.PAYEE_CHECKER)()
    try:
        return checker.ask(PayeeQuestion(name=name, account=details, business=business))
    except CheckerDown as error:
        log.warning("the payee checker did not answer: %s", error)
        return PayeeReply(PayeeAnswer.NO_ANSWER)

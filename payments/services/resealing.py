"""Changing the keys that seal payees' details and bank files, without touching what they seal."""

from dataclasses import dataclass

from django.db import transaction

from carebudget.audit.services import record

from ..models import PayeeAccount, RailFile, Submission
from ..payees.sealing import fingerprints, open_details, reseal

BATCH = 500


@dataclass(frozen=True)
class Resealed:
    """How many rows are sealed with the first key now."""

    payees: int
    files: int


def reseal_payee_details() -> Resealed:
    """Seal everything with the first of ``PAYEE_DETAILS_KEYS``; then the others may be taken away.

    Safe to repeat and to interrupt. Raises ``CannotOpen`` when a key that is still needed is missing.
    """
    payees = _each(PayeeAccount.objects.all(), _reseal_payee)
    files = _each(Submission.objects.all(), _reseal_key)
    files += _each(RailFile.objects.filter(sealed_key__isnull=False), _reseal_key)
    with transaction.atomic():
        record(
            chain="payees",
            verb="payee.resealed",
            subject="payees:all",
            by=None,
            changes={"payees": payees, "files": files},
        )
    return Resealed(payees, files)


def _each(rows, change) -> int:  # type: ignore[no-untyped-def]
    """A few at a time, each few in a transaction of their own."""
    last = done = 0
    while True:
        with transaction.atomic():
            few = list(rows.filter(pk__gt=last).select_for_update().order_by("pk")[:BATCH])
            for row in few:
                change(row)
        if not few:
            return done
        last, done = few[-1].pk, done + len(few)


def _reseal_payee(row: PayeeAccount) -> None:
    details = open_details(row.sealed, reference=row.reference)
    row.sealed = reseal(row.sealed)
    row.fingerprint = fingerprints(details)[0]
    row.save(update_fields=["sealed", "fingerprint"])


def _reseal_key(row: Submission | RailFile) -> None:
    row.sealed_key = reseal(bytes(row.sealed_key or b""))
    row.save(update_fields=["sealed_key"])

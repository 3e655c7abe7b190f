"""Holds and flags that stand, and the payments and left out obligations that they are about."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from ..models import LeftOut, Payment, PaymentRun, PaymentState, Stop, StopKind

NAMES = ("case__person__representations", "case__person__family_ties", "provider__members")
"""What the permissions about a hold, a flag or a left out obligation look at."""


def stops_standing(kind: str = "") -> QuerySet[Stop]:
    """What is stopped now, the newest first."""
    rows = Stop.objects.filter(lifted_at=None).select_related("set_by", "case__person", "provider")
    return rows.filter(kind=kind) if kind else rows


def stopped_payments(run: PaymentRun) -> QuerySet[Payment]:
    """Payments of a run that nobody approved, although a hold or a flag stands against them."""
    standing = Stop.objects.filter(lifted_at=None)
    return run.payments.filter(
        Q(Exists(standing.filter(kind=StopKind.HELD, obligation=OuterRef("obligation"))))
        | Q(Exists(standing.filter(kind=StopKind.SANCTION, provider=OuterRef("provider")))),
        state=PaymentState.PLANNED,
    ).order_by("id")


def hold_on(obligation: str) -> Stop | None:
    """The hold that stands against one obligation."""
    return stops_standing(StopKind.HELD).filter(obligation=obligation).first()


def stop_by_id(public_id: str) -> Stop:
    """One hold or flag, with what its permission asks about. May raise ``DoesNotExist``."""
    rows = Stop.objects.select_related("set_by", "lifted_by", "case__person", "provider")
    return rows.prefetch_related(*NAMES).get(public_id=public_id)


def left_out_by_id(public_id: str) -> LeftOut:
    """One obligation that a run left out, with what its permission asks about. May raise ``DoesNotExist``."""
    rows = LeftOut.objects.select_related("run", "case__person", "provider", "person", "invoice")
    return rows.prefetch_related(*NAMES).get(public_id=public_id)

"""Keeping enough money at the rail. A top-up's row exists before the rail is asked, like a payment's."""

import logging

from django.db import transaction
from django.db.models import Sum

from carebudget import clock
from carebudget.audit.services import record

from ..models import Payment, PaymentRun, PaymentState, TopUp, TopUpState
from ..rails import get_rail
from ..rails.protocol import RailDown, RailTopUp

log = logging.getLogger(__name__)

WAITING = (PaymentState.RELEASED, PaymentState.SENDING)
ON_THE_WAY = (TopUpState.ASKED, TopUpState.PENDING)


def ensure_funds(*, rail_name: str = "stripe") -> TopUp | None:
    """Ask for a top-up when what is to be sent is more than the rail has or will soon have.

    One top-up is asked for at a time; a top-up without an answer is asked for again with the same key.
    """
    rail = get_rail(rail_name)
    try:
        for topup in TopUp.objects.filter(rail=rail_name, state__in=ON_THE_WAY):
            _carry_on(topup)
        if TopUp.objects.filter(rail=rail_name, state__in=ON_THE_WAY).exists():
            return None
        waiting = (
            Payment.objects.filter(rail=rail_name, state__in=WAITING).aggregate(
                total=Sum("amount_pence")
            )["total"]
            or 0
        )
        if not waiting:
            return None
        short = waiting - rail.available_pence()
    except RailDown as error:
        log.warning("the rail did not answer about its balance: %s", error)
        return None
    return _ask(rail_name, short) if short > 0 else None


def _ask(rail_name: str, amount_pence: int) -> TopUp | None:
    with transaction.atomic():
        run = (
            PaymentRun.objects.select_for_update()
            .filter(payments__state__in=WAITING, rail=rail_name)
            .order_by("id")
            .first()
        )
        if run is None or TopUp.objects.filter(rail=rail_name, state__in=ON_THE_WAY).exists():
            return None
        topup = TopUp.objects.create(
            rail=rail_name, run=run, amount_pence=amount_pence, asked_at=clock.now()
        )
        record(
            chain=run.chain,
            verb="topup.asked",
            subject=f"topup:{topup.reference}",
            by=None,
            changes={"amount_pence": amount_pence},
        )
    _carry_on(topup)
    return topup


def _carry_on(topup: TopUp) -> None:
    """Ask (again, with the same key) or look at a top-up, and keep what the rail says."""
    rail = get_rail(topup.rail)
    try:
        if topup.external_id:
            answer = rail.look_at_top_up(topup.external_id)
        else:
            answer = rail.top_up(
                key=f"topup-{topup.public_id}",
                reference=topup.reference,
                amount_pence=topup.amount_pence,
            )
    except RailDown as error:
        log.warning("no answer about top-up %s: %s", topup.reference, error)
        return
    keep_answer(topup_id=topup.pk, answer=answer)


@transaction.atomic
def keep_answer(*, topup_id: int, answer: RailTopUp) -> TopUp:
    """Copy what the rail says of a top-up; the same answer twice changes nothing."""
    topup = TopUp.objects.select_for_update().get(pk=topup_id)
    state = (
        TopUpState.SUCCEEDED
        if answer.arrived
        else TopUpState.FAILED
        if answer.failed
        else TopUpState.PENDING
    )
    if topup.state == state and topup.external_id == answer.external_id:
        return topup
    topup.state = state
    topup.external_id = answer.external_id
    topup.failure_sentence = answer.sentence
    if answer.arrived and topup.arrived_at is None:
        topup.arrived_at = clock.now()
    topup.save()
    record(
        chain=topup.run.chain if topup.run else f"topup:{topup.reference}",
        verb=f"topup.{state.value}",
        subject=f"topup:{topup.reference}",
        by=None,
        changes={"amount_pence": topup.amount_pence, "external_id": answer.external_id},
    )
    if answer.arrived:
        Payment.objects.filter(rail=topup.rail, state=PaymentState.RELEASED).update(
            next_look_at=None
        )
    return topup

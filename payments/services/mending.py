"""What a person does about one payment whose answer is missing: look at the rail now, or learn when to decide."""

from datetime import datetime, timedelta

from carebudget.errors import Conflict
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import Payment, PaymentState
from ..rails import get_rail
from .sending import finish_runs, look_at_payment


def look_now(*, payment: Payment, by: User) -> Payment:
    """Ask the rail what it has for a payment, without waiting for the next round.

    Raises ``Conflict`` when its answer is known by now. The payment is given back as it is afterwards.
    """
    require(by, "payments.mend_payment", payment)
    payment.refresh_from_db()
    if payment.state != PaymentState.SENDING:
        raise Conflict(
            "payment_answered",
            f"The answer is here: this payment is “{payment.get_state_display()}”.",
        )
    look_at_payment(payment_id=payment.pk)
    finish_runs()
    payment.refresh_from_db()
    return payment


def give_up_from(payment: Payment) -> datetime | None:
    """From when a person may say that nothing was sent: the rail has forgotten the key by then."""
    if payment.first_claimed_at is None:
        return None
    return payment.first_claimed_at + timedelta(hours=get_rail(payment.rail).key_window_hours)

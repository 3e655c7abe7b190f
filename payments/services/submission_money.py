"""What a whole file of payments does to the ledger: sent, given back, or never sent after all. Set-based.

The same changes as for one payment at a time in ``sending``, for a file in a few statements: the entries
have the same keys, so that neither way can enter a payment twice. Called with the submission locked.
"""

from django.db import connection
from django.db.models import Q, QuerySet

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Conflict, NotAllowed
from carebudget.notify.services import send_to_all
from carebudget.people.models import Role, User
from carebudget.text import plural

from ..models import (
    Invoice,
    InvoiceState,
    Payment,
    PaymentState,
    Submission,
    SubmissionItem,
)
from . import ledger
from .accounts import clearing_account

SENT = """
    UPDATE payments_payment p
    SET state = 'sent', sent_at = %s, unknown_since = NULL, next_look_at = NULL, failure_sentence = '',
        entry_id = d.entry, external_id = d.external_id
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) d (payment, entry, external_id)
    WHERE p.id = d.payment AND p.state = 'sending'
"""
"""``Payment.mark_sent`` for a whole file."""

PAID = """
    UPDATE payments_invoice i SET state = 'paid'
    FROM unnest(%s::bigint[]) d (payment) JOIN payments_payment p ON p.id = d.payment
    WHERE i.id = p.invoice_id AND i.state = 'approved'
"""
"""``Invoice.mark_paid`` for a whole file."""


def enter_as_sent(*, submission: Submission, by: User) -> None:
    """Enter every payment of a submission as sent, and mark its invoices as paid."""
    clearing = clearing_account(submission.rail)
    positions = dict(submission.items.filter(living=True).values_list("payment", "position"))
    rows = [
        payment
        for payment in Payment.objects.filter(run=submission.run_id, state=PaymentState.SENDING)
        .select_for_update(of=("self",))
        .select_related("payable")
        .only("reference", "amount_pence", "payable__code")
        .order_by("id")
        if payment.pk in positions
    ]
    if len(rows) != submission.payment_count:
        raise Conflict("payments_moved_on", "A payment of this file has moved on meanwhile.")
    entries = ledger.post_entries(
        [
            ledger.EntryDraft(
                key=f"payment-sent:{payment.reference}",
                event="payment.sent",
                description=f"{payment.reference} sent in {submission.reference}",
                legs=[
                    (payment.payable, payment.amount_pence),
                    (clearing, -payment.amount_pence),
                ],
                subject=f"payment:{payment.reference}",
            )
            for payment in rows
        ],
        by=by,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            SENT,
            [
                clock.now(),
                [payment.pk for payment in rows],
                [entry.pk for entry in entries],
                [f"{submission.reference}-{positions[payment.pk]}" for payment in rows],
            ],
        )
        if cursor.rowcount != len(rows):
            raise Conflict("payments_moved_on", "A payment of this file has moved on meanwhile.")
        cursor.execute(PAID, [[payment.pk for payment in rows]])


def give_back(
    *,
    submission: Submission,
    items: QuerySet[SubmissionItem],
    code: str,
    sentence: str,
    by: User | None,
) -> int:
    """Money that never left with its file: entered back, and due again without more ado. Returns how many.

    Nothing is wrong with the payees, so nobody has to mend each payment. Twice changes nothing.
    """
    payments = _payments(items, PaymentState.SENT, PaymentState.SETTLED)
    clearing = clearing_account(submission.rail)
    rows = list(payments.select_for_update(of=("self",)).select_related("payable"))
    if not rows:
        return 0
    ledger.post_entries(
        [
            ledger.EntryDraft(
                key=f"payment-returned:{payment.reference}",
                event="payment.returned",
                description=f"{payment.reference} came back: {sentence}",
                legs=[
                    (clearing, payment.amount_pence),
                    (payment.payable, -payment.amount_pence),
                ],
                subject=f"payment:{payment.reference}",
            )
            for payment in rows
        ],
        by=by,
    )
    ids = [payment.pk for payment in rows]
    moment = clock.now()
    Payment.objects.filter(pk__in=ids).update(
        state=PaymentState.RETURNED,
        returned_at=moment,
        mended_at=moment,
        failure_code=code,
        failure_sentence=sentence,
    )
    Invoice.objects.filter(payments__in=ids, state=InvoiceState.PAID).update(
        state=InvoiceState.APPROVED
    )
    _tell(submission, rows, code, sentence, by)
    return len(rows)


def _tell(
    submission: Submission, rows: list[Payment], code: str, sentence: str, by: User | None
) -> None:
    record(
        chain=submission.run.chain,
        verb="submission.given_back",
        subject=f"submission:{submission.reference}",
        by=by,
        changes={
            "code": code,
            "count": len(rows),
            "total_pence": sum(payment.amount_pence for payment in rows),
            "payments": [payment.reference for payment in rows],
        },
    )
    send_to_all(
        to=User.objects.filter(role_holdings__role=Role.FINANCE_OFFICER, is_active=True),
        key=f"submission.given_back:{submission.reference}:{code}:{rows[0].reference}",
        title=f"{plural(len(rows), 'payment')} of {submission.reference} did not leave",
        body=f"{sentence} They are due again and go into the next run.",
        href=f"/payments/runs/{submission.run.reference}/",
    )


def release_again(*, submission: Submission) -> None:
    """The file was never sent: its payments are as they were before, approved and waiting."""
    Payment.objects.filter(
        pk__in=submission.items.filter(living=True).values("payment"), state=PaymentState.SENDING
    ).update(state=PaymentState.RELEASED, claimed_at=None, unknown_since=None, failure_sentence="")


def refuse_stake(*, submission: Submission, by: User) -> None:
    """Nobody hands over money for themselves, their family or their firm. Raises ``NotAllowed``."""
    person = Q(case__person__user=by)
    helped = Q(case__person__representations__user=by, case__person__representations__ended_at=None)
    family = Q(case__person__family_ties__user=by)
    firm = Q(provider__members__user=by, provider__members__ended_at=None)
    close = (
        Payment.objects.filter(submission_items__submission=submission)
        .filter(person | helped | family | firm)
        .order_by("id")
        .first()
    )
    if close is not None:
        raise NotAllowed(
            "submission_own_interest", f"Payment {close.reference} is for somebody close to you."
        )


def _payments(items: QuerySet[SubmissionItem], *states: PaymentState) -> QuerySet[Payment]:
    return Payment.objects.filter(pk__in=items.values("payment"), state__in=states).order_by("id")

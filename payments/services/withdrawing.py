"""An invoice taken back by who sent it: a slip is put right without anybody having to refuse it."""

from django.db import transaction

from carebudget.audit.services import record
from carebudget.errors import Conflict, Refused
from carebudget.machine import move
from carebudget.money import format_pence
from carebudget.notify.services import send_to_all
from carebudget.people.access import require
from carebudget.people.models import User
from plans.selectors import clients_and_helpers

from ..models import Invoice, InvoiceState
from . import ledger

WITHDRAWABLE = (InvoiceState.RECEIVED, InvoiceState.QUERIED, InvoiceState.DISPUTED)
"""Until the person has said yes: after that finance may be paying it."""


@transaction.atomic
def withdraw_invoice(*, invoice: Invoice, reason: str, by: User) -> Invoice:
    """The provider takes an invoice back: the held money is free again, and its number may be used again.

    It counts as rejected, with the provider's own reason. Raises ``Conflict`` once the person has
    said yes.
    """
    require(by, "payments.send_invoice", invoice)
    if not reason.strip():
        raise Refused("reason_missing", "Say why you take it back.", field="reason")
    invoice = (
        Invoice.objects.select_for_update(of=("self",))
        .select_related("case__person", "provider", "hold")
        .get(pk=invoice.pk)
    )
    if invoice.state not in WITHDRAWABLE:
        raise Conflict(
            "invoice_not_withdrawable",
            f"This invoice is “{invoice.get_state_display()}”, so it cannot be taken back.",
            "If it is wrong, call us before it is paid.",
        )
    move(invoice, "reject", reason=f"{invoice.provider.name} took it back: {reason}")
    assert invoice.hold is not None
    ledger.void_hold(
        held=invoice.hold,
        key=f"invoice-rejected:{invoice.reference}",
        description=f"Invoice {invoice.number} taken back",
        by=by,
    )
    record(
        chain=invoice.case.chain,
        verb="invoice.withdrawn",
        subject=f"invoice:{invoice.reference}",
        by=by,
        reason=reason,
        changes={"state": invoice.state},
    )
    send_to_all(
        to=clients_and_helpers(invoice.case),
        key=f"invoice.withdrawn:{invoice.reference}",
        title=f"{invoice.provider.name} took an invoice back",
        body=f"Invoice {invoice.number} for {format_pence(invoice.total_pence)} does not count any more. "
        f"They say: “{reason}”. You need do nothing.",
        href=f"/my-budget/{invoice.case.reference}/invoices/{invoice.reference}/",
    )
    return invoice

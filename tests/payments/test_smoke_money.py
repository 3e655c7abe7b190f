"""One invoice from sending to being paid, through the sandbox."""

import pytest

from payments import services
from payments.models import Invoice, Payment
from tests.factories.worlds import approved_run


@pytest.mark.django_db(transaction=True)
def test_an_approved_invoice_is_paid_once(stripe_sandbox):
    run = approved_run(2)
    for _ in range(3):
        services.send_due()
    run.refresh_from_db()
    assert run.state == "sent"
    assert set(Payment.objects.values_list("state", flat=True)) == {"sent"}
    assert set(Invoice.objects.values_list("state", flat=True)) == {"paid"}
    assert services.verify_ledger().holds
    assert run.remittances.count() == 1

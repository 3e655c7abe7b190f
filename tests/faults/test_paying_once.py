"""Each obligation is paid once, whatever breaks: workers killed, answers lost, webhooks doubled."""

from collections.abc import Callable
from typing import Any

import pytest

from carebudget.audit.services import verify_audit
from carebudget.desks.seeding.stand_in import sandbox
from payments import services
from payments.models import Account, Payment, PaymentRun, RemittanceAdvice, WebhookEvent
from payments.rules.statements import write_camt053
from payments.services.accounts import statement_account
from tests.factories.worlds import approved_run, finance
from tests.payments.rules.statement_world import line, statement_of
from tests.workers import Worker, beat, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

TRANSFERS = {"methods": ["POST"], "paths": ["/v1/transfers"]}


def transfers() -> dict[str, list[dict[str, Any]]]:
    """What the rail moved, by our payment's id."""
    found: Any = sandbox("summary")
    return dict(found["transfers_by_payment"])


def funded_run(count: int) -> PaymentRun:
    """An approved run, and enough money at the rail for all of it."""
    run: PaymentRun = approved_run(count)
    services.ensure_funds()
    services.ensure_funds()
    return run


def assert_each_paid_once(run: PaymentRun) -> None:
    """The rail, the payments and the ledger agree to the penny, and ledger and record verify."""
    run.refresh_from_db()
    moved = transfers()
    payments = list(run.payments.all())
    assert set(moved) == {str(payment.public_id) for payment in payments}
    assert all(len(group) == 1 for group in moved.values())
    assert sum(group[0]["amount"] for group in moved.values()) == run.total_pence
    assert {payment.state for payment in payments} <= {"sent", "settled"}
    for payment in payments:
        assert moved[str(payment.public_id)][0]["id"] == payment.external_id
    payable = Account.objects.filter(code__startswith="payable:")
    assert sum(account.balance_pence for account in payable) == 0
    ledger, record = services.verify_ledger(), verify_audit()
    assert ledger.holds, ledger.breach
    assert record.holds, record.breach


def is_sent(run: PaymentRun) -> bool:
    """Whether the rail has answered for every payment of the run."""
    return PaymentRun.objects.get(pk=run.pk).state in ("sent", "closed")


@pytest.mark.parametrize("fault", ["delay_answer", "delay"])
def test_a_worker_killed_while_the_rail_works_leaves_nothing_paid_twice(
    worker: Callable[..., Worker], stripe_sandbox: Any, fault: str
) -> None:
    """``delay_answer``: killed between the rail's yes and our commit. ``delay``: killed before the yes."""
    run = funded_run(3)
    stripe_sandbox.faults.set({fault: {**TRANSFERS, "seconds": 4, "times": 1}})
    first = worker()
    beat()
    wait_until(lambda: stripe_sandbox.faults.struck().get(fault), "the rail has the request")
    if fault == "delay_answer":
        wait_until(transfers, "the rail has moved the money")

    first.kill()

    cut_off = Payment.objects.get(run=run, state="sending", sends=1)
    assert cut_off.external_id == ""
    assert cut_off.entry is None
    stripe_sandbox.faults.clear()
    worker()
    wait_until(lambda: is_sent(run), "the second worker finishes the run", meanwhile=beat)
    assert_each_paid_once(run)
    wait_until(RemittanceAdvice.objects.filter(run=run).exists, "the remittance advice is sent")
    assert RemittanceAdvice.objects.filter(run=run).count() == 1


def test_lost_answers_and_doubled_webhooks_pay_each_invoice_once_and_agree_with_the_bank(
    worker: Callable[..., Worker], stripe_sandbox: Any, live_server: Any
) -> None:
    stripe_sandbox.webhook_url = f"{live_server.url}/webhooks/stripe/"
    run = approved_run(12)
    stripe_sandbox.faults.set(
        {"lose_answer": {"every": 3}, "webhooks": {"duplicate_every": 1, "reorder": True}}
    )
    worker(processes=2)

    wait_until(lambda: is_sent(run), "the run is sent", meanwhile=beat)

    assert_each_paid_once(run)
    wait_until(
        lambda: WebhookEvent.objects.filter(type="transfer.created", times_received__gt=1).exists(),
        "doubled webhooks arrive",
    )
    stripe_sandbox.webhook_url = None
    stripe_sandbox.faults.clear()
    bring_in_the_bank()
    assert balances("bank:main") == -total_topped_up()
    assert balances("bank:stripe") == total_topped_up() - run.total_pence
    assert balances("clearing:stripe") == balances("clearing:topup") == 0
    run.refresh_from_db()
    assert run.state == "closed"
    assert_each_paid_once(run)


def bring_in_the_bank() -> None:
    """The council's bank statement, as the bank saw it, and the rail's own lines; then match."""
    rows: Any = sandbox("bank_lines")
    lines = [
        line(row["amount_pence"], row["counterparty"], reference=row["reference"]) for row in rows
    ]
    services.import_statement(
        account=statement_account("bank"),
        name="bank.xml",
        content=write_camt053(statement_of(*lines)),
        by=finance()[0],
    )
    services.fetch_rail_lines()
    services.reconcile()


def total_topped_up() -> int:
    """What left the council's bank for the rail."""
    found: Any = sandbox("summary")
    return int(found["topped_up"])


def balances(code: str) -> int:
    """The balance of one account."""
    return Account.objects.get(code=code).balance_pence


def test_a_queue_that_forgets_everything_delays_and_loses_nothing(
    worker: Callable[..., Worker],
) -> None:
    from carebudget.celery import app

    run = funded_run(4)
    app.control.purge()
    worker()

    assert not is_sent(run)
    wait_until(lambda: is_sent(run), "the beat finds the work in the database", meanwhile=beat)
    assert_each_paid_once(run)


def test_two_workers_share_a_run_without_claiming_the_same_payment(
    worker: Callable[..., Worker], settings: Any
) -> None:
    run = funded_run(16)
    worker(processes=2)
    worker(processes=2)

    wait_until(lambda: is_sent(run), "both finish the run", meanwhile=beat)

    assert_each_paid_once(run)
    assert set(run.payments.values_list("sends", flat=True)) == {1}

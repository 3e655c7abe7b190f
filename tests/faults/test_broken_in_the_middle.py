"""The protocol of paying exactly once, broken at each of its steps inside one process.

What needs a process of its own that dies is in ``test_paying_once.py``.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, connections

from carebudget import clock
from carebudget.errors import Conflict, Refused
from payments import services
from payments.models import PaymentRun, RemittanceAdvice
from payments.services import ledger, remitting, sending
from tests.factories.worlds import AgreementFactory, InvoiceFactory, finance
from tests.faults.test_paying_once import TRANSFERS, assert_each_paid_once, funded_run, transfers

pytestmark = [
    pytest.mark.faults,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stripe_sandbox"),
]


class Killed(BaseException):
    """The process ends here: nothing below catches it."""


def work_until_done(run: PaymentRun, *, rounds: int = 30) -> None:
    """What the beat does, again and again, each time some minutes later."""
    for n in range(rounds):
        with clock.travel(clock.now() + timedelta(minutes=6 * n)):
            services.recover_unknown()
            services.send_due()
        if PaymentRun.objects.get(pk=run.pk).state == "sent":
            return
    raise AssertionError("the run was never finished")


@pytest.mark.parametrize(
    ("where", "what"),
    [
        (sending, "order_for"),  # claimed, and the rail not yet asked
        (sending, "take_answer"),  # the rail has said yes, and nothing is written
        (ledger, "post_entry"),  # the transaction of the answer has begun
        (sending, "_record"),  # entry and state are written, and not committed
    ],
)
def test_a_sender_that_ends_at_any_step_leaves_nothing_lost_or_paid_twice(
    monkeypatch: pytest.MonkeyPatch, where: Any, what: str
) -> None:
    run = funded_run(3)

    def ends(*args: Any, **kwargs: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(where, what, ends)
        with pytest.raises(Killed):
            services.send_due()

    assert run.payments.filter(state="sending").exists()
    work_until_done(run)
    assert_each_paid_once(run)


def test_a_database_connection_cut_in_the_answers_transaction_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = funded_run(2)
    real = ledger.post_entry

    def cut(**how: Any) -> Any:
        entry = real(**how)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return entry

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "post_entry", cut)
        with pytest.raises(OperationalError):
            services.send_due()
    connections["default"].close()

    assert len(transfers()) == 1
    assert set(run.payments.values_list("state", flat=True)) == {"sending"}
    work_until_done(run)
    assert_each_paid_once(run)


@pytest.mark.parametrize("fault", ["lose_answer", "lose_request", "error_429", "error_500", "error_500_after"])  # fmt: skip
def test_a_storm_at_the_rail_delays_and_pays_each_once(stripe_sandbox: Any, fault: str) -> None:
    run = funded_run(3)
    stripe_sandbox.faults.set({fault: {**TRANSFERS, "every": 1, "times": 9}})

    services.send_due()
    stripe_sandbox.faults.clear()
    work_until_done(run)

    assert_each_paid_once(run)


def at_once(*works: Callable[[], Any]) -> list[BaseException | None]:
    """Do all of it in threads that start together; what each raised."""
    start = threading.Barrier(len(works))
    found: list[BaseException | None] = [None] * len(works)

    def go(n: int, work: Callable[[], Any]) -> None:
        start.wait()
        try:
            work()
        except (Refused, Conflict) as error:
            found[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_approvals_at_the_same_instant_release_each_payment_once() -> None:
    agreement = AgreementFactory(payable=True)
    InvoiceFactory(agreement=agreement, state="approved")
    officer, checker = finance()
    run = services.make_run(by=officer)
    services.submit_run(run=run, by=officer)
    services.ensure_funds()

    def approve() -> None:
        services.approve_run(run=PaymentRun.objects.get(pk=run.pk), reason="Checked.", by=checker)

    at_once(approve, approve)

    work_until_done(run)
    assert_each_paid_once(run)


def test_two_senders_and_two_sweepers_at_once_send_each_payment_once() -> None:
    run = funded_run(6)

    at_once(
        services.send_due, services.recover_unknown, services.send_due, services.recover_unknown
    )

    work_until_done(run)
    assert_each_paid_once(run)
    assert set(run.payments.values_list("sends", flat=True)) == {1}


def test_after_the_rail_has_forgotten_the_key_we_look_and_never_send(stripe_sandbox: Any) -> None:
    run = funded_run(1)
    stripe_sandbox.faults.set({"lose_request": {**TRANSFERS, "every": 1}})
    services.send_due()
    stripe_sandbox.faults.clear()

    with clock.travel(clock.now() + timedelta(days=3)):
        services.recover_unknown()
        services.send_due()

    assert transfers() == {}
    assert run.payments.get().state == "sending"
    assert services.verify_ledger().holds


def test_a_remittance_that_cannot_be_written_is_written_later_and_moves_no_money(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = funded_run(2)

    def full(**how: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(remitting, "keep_document", full)
        with pytest.raises(OSError, match="No space"):
            services.send_due()
    assert not RemittanceAdvice.objects.exists()

    assert services.send_missing_remittances() == 1
    assert services.send_missing_remittances() == 0
    assert_each_paid_once(run)

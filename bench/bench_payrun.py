"""A payment run of 100,000: built from what is due, approved, put into bank files and posted.

Everything goes through the services as people use them: every reason for leaving something out is asked,
four eyes look, the files are written, and every payment is entered in the ledger. ``posting`` is the ledger's
part alone, beside one ``INSERT … SELECT`` of the same entries and legs into the same tables, with the same
constraints checked. The last figure is what a payment costs us when the rail answers at once.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings

from bench.payrun_world import PENCE, World, a_world
from payments import services
from payments.models import Account, AccountKind, Payment, PaymentRun, PaymentState
from payments.rails.protocol import Accepted, PaymentOrder, SendAnswer
from payments.rails.stripe_connect import StripeConnectRail
from payments.selectors.obligations import Wanted
from payments.services import ledger

PAYMENTS = 100_000
ONE_BY_ONE = 300
MOST_SECONDS = 60.0
MOST_TIMES_THE_FLOOR = 3.0
RAIL_MILLISECONDS = 10.0
"""Stripe takes a hundred requests a second: https://docs.stripe.com/rate-limits."""

BACS = {
    "service_user": "123456",
    "name": "Wrenbury Council",
    "sort_code": "200000",
    "account_number": "12345678",
}


class AnswersAtOnce(StripeConnectRail):
    """A rail without a network: whatever time a payment takes is ours."""

    name = "at-once"

    def send(self, order: PaymentOrder) -> SendAnswer:
        """Taken, always."""
        return Accepted(external_id=f"now_{order.payment_id}")


def run() -> list[dict[str, Any]]:
    """One row a figure."""
    rails = {**settings.PAYMENT_RAILS, "at-once": "bench.bench_payrun.AnswersAtOnce"}
    with (
        override_settings(
            PAYMENT_RAILS=rails,
            BACS={**settings.BACS, **BACS},
            CELERY_TASK_ALWAYS_EAGER=False,
        ),
        _no_queue(),
    ):
        return [*_a_large_run(a_world(PAYMENTS)), _one_at_a_time(a_world(ONE_BY_ONE))]


@contextmanager
def _no_queue() -> Iterator[None]:
    """The senders are not woken and no remittance is printed: neither is building, approving or posting."""
    with (
        mock.patch("payments.services.runs._wake_senders"),
        mock.patch("payments.services.remitting.send_remittances"),
    ):
        yield


class _Watch:
    """How long each step took, in seconds."""

    def __init__(self) -> None:
        self.took: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.took[name] = self.took.get(name, 0.0) + time.perf_counter() - start


def _a_large_run(world: World) -> list[dict[str, Any]]:
    watch = _Watch()
    with watch.step("building"):
        made = services.make_run(by=world.officer, wanted=Wanted(team=world.team), rail="bacs")
        services.submit_run(run=made, by=world.officer)
    with watch.step("approving"):
        services.approve_run(run=made, reason="Checked.", by=world.manager)
    posted: list[float] = []
    post = ledger.post_entries

    def timed(*args: Any, **how: Any) -> Any:
        start = time.perf_counter()
        try:
            return post(*args, **how)
        finally:
            posted.append(time.perf_counter() - start)

    with mock.patch.object(ledger, "post_entries", timed):
        while Payment.objects.filter(run=made, state=PaymentState.RELEASED).exists():
            _one_file(made, world, watch)
    agree(made, world)
    total = sum(watch.took.values())
    rows = [
        _row(
            f"a run of {world.invoices:,} built, approved and posted", total, MOST_SECONDS,
            "the goal", "s", f"under {MOST_SECONDS:g} s", total < MOST_SECONDS,
        )
    ]  # fmt: skip
    rows += [
        _row(f"of that: {name}", seconds, None, None, "s", "shown", True)
        for name, seconds in watch.took.items()
    ]
    ours, floor = sum(posted), _floor(made)
    ratio = ours / floor
    rows.append(
        _row(
            f"posting {world.invoices:,} to the ledger", ours, floor, "one INSERT … SELECT", "s",
            f"within {MOST_TIMES_THE_FLOOR:g}x", ratio <= MOST_TIMES_THE_FLOOR,
        )
    )  # fmt: skip
    return rows


def _one_file(made: PaymentRun, world: World, watch: _Watch) -> None:
    with watch.step("making the files"):
        submission = services.start_submission(run=made, by=world.officer)
        services.build_submission(submission=submission, by=world.officer)
        services.hand_out_submission(submission=submission, by=world.officer)
    with watch.step("posting"):
        services.mark_submission_sent(
            submission=submission,
            count=submission.payment_count,
            total_pence=submission.total_pence,
            by=world.colleague,
        )


def agree(made: PaymentRun, world: World) -> None:
    """What is measured must be right: everything was paid once, and nothing is owed any more."""
    made.refresh_from_db()
    assert made.left_out.count() == 0, made.left_out.values_list("kind", "sentence")[0]
    assert (made.payment_count, made.total_pence) == (world.invoices, world.invoices * PENCE)
    states = set(made.payments.values_list("state", flat=True))
    assert states == {PaymentState.SENT}, states
    assert made.payments.filter(entry=None).count() == 0
    owed = Account.objects.filter(
        kind=AccountKind.PAYABLE, provider__in=made.payments.values("provider")
    )
    assert not owed.exclude(balance_pence=0).exists()


def _floor(made: PaymentRun) -> float:
    """Seconds for the same entries and legs by one statement, with every constraint checked; taken back."""
    with transaction.atomic(), connection.cursor() as cursor:
        start = time.perf_counter()
        cursor.execute(
            """
            WITH entered AS (
                INSERT INTO payments_entry (key, kind, event, description, subject, public_id,
                                            resolves_id, corrects_id, effective_on, made_by_id, created_at)
                SELECT 'floor:' || e.key, e.kind, e.event, e.description, e.subject, gen_random_uuid(),
                       NULL, NULL, e.effective_on, e.made_by_id, e.created_at
                FROM payments_payment p JOIN payments_entry e ON e.id = p.entry_id
                WHERE p.run_id = %s
                RETURNING id, key
            )
            INSERT INTO payments_leg (entry_id, account_id, amount_pence, balance_after_pence, posted_at)
            SELECT n.id, l.account_id, l.amount_pence, l.balance_after_pence, l.posted_at
            FROM entered n
            JOIN payments_entry e ON e.key = substr(n.key, 7)
            JOIN payments_leg l ON l.entry_id = e.id
            """,
            [made.pk],
        )
        took = time.perf_counter() - start
        transaction.set_rollback(True)
    return took


def _one_at_a_time(world: World) -> dict[str, Any]:
    made = services.make_run(by=world.officer, wanted=Wanted(team=world.team), rail="at-once")
    services.submit_run(run=made, by=world.officer)
    services.approve_run(run=made, reason="Checked.", by=world.manager)
    with mock.patch("payments.services.sending.ensure_funds"):
        start = time.perf_counter()
        sent = services.send_due()
        each = 1000 * (time.perf_counter() - start) / sent
    assert sent == world.invoices
    return _row(
        "our part of a payment that the rail answers at once", each, RAIL_MILLISECONDS,
        "what Stripe’s limit gives each", "ms", "under what the rail gives", each < RAIL_MILLISECONDS,
    )  # fmt: skip


def _row(
    name: str,
    ours: float,
    other: float | None,
    other_is: str | None,
    unit: str,
    goal: str,
    holds: bool,
) -> dict[str, Any]:
    return {
        "name": name,
        "ours": ours,
        "other": other,
        "other_is": other_is,
        "unit": unit,
        "ratio": ours / other if other else None,
        "goal": goal,
        "holds": holds,
    }

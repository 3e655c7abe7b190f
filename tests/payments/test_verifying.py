"""Each law of the ledger is broken on purpose, with the database's own guards off, and is named."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from carebudget.desks.seeding.stand_in import sandbox
from payments import services
from payments.models import Account, Entry, Invoice, Leg, Payment, PaymentState
from payments.services import ledger, verify_ledger
from payments.services.accounts import suspense_account
from payments.services.verifying import LAWS
from tests.factories.worlds import approved_run, crew

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(stripe_sandbox: Any) -> Payment:
    """Two payments that were sent; the first came back; nothing is wrong."""
    run = approved_run(2)
    services.ensure_funds()
    services.ensure_funds()
    services.send_due()
    first, second = run.payments.order_by("id")
    services.return_payment(payment=first, code="closed", sentence="The account is closed.")
    assert second.state == PaymentState.SENT, sandbox("summary")
    assert verify_ledger().breach == ""
    nothing_waits()
    return first


def nothing_waits() -> None:
    """Deferred triggers have run, so that none of them sees what is broken afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def unguarded(sql: str, *values: Any) -> None:
    """Change rows as only the owner of the database could: with every trigger off."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


def legs_of(key: str) -> Any:
    return Leg.objects.filter(entry__key=key).order_by("id")


def sent(payment: Payment) -> Entry:
    return Entry.objects.get(key=f"payment-sent:{payment.reference}")


def a_leg_is_changed(p: Payment) -> str:
    leg = legs_of(sent(p).key)[0]
    unguarded("UPDATE payments_leg SET amount_pence = amount_pence + 1 WHERE id = %s", leg.pk)
    return f"entry {sent(p).key} does not balance: its legs sum to £0.01"


def a_leg_is_gone(p: Payment) -> str:
    unguarded("DELETE FROM payments_leg WHERE entry_id = %s", sent(p).pk)
    return f"entry {sent(p).key} has 0 legs"


def a_balance_is_changed(p: Payment) -> str:
    unguarded("UPDATE payments_account SET balance_pence = balance_pence + 5 WHERE id = %s", p.payable_id)  # fmt: skip
    return f"account {p.payable.code} says"


def a_balance_on_the_way_is_changed(p: Payment) -> str:
    leg = legs_of(sent(p).key)[0]
    unguarded("UPDATE payments_leg SET balance_after_pence = 7 WHERE id = %s", leg.pk)
    return f"account {leg.account.code} after entry {sent(p).key} says £0.07"


def a_moment_is_changed(p: Payment) -> str:
    leg = legs_of(sent(p).key)[0]
    unguarded("UPDATE payments_leg SET posted_at = '2001-01-01' WHERE id = %s", leg.pk)
    return f"account {leg.account.code} has a leg of 2001-01-01"


def a_hold_is_forgotten(p: Payment) -> str:
    budget = Account.objects.get(case=p.case, kind="budget")
    unguarded("UPDATE payments_account SET held_pence = held_pence + 9 WHERE id = %s", budget.pk)
    return f"account {budget.code} holds £0.09"


def something_else_is_resolved(p: Payment) -> str:
    approved = Entry.objects.get(key=f"invoice-approved:{p.invoice.reference}")
    unguarded("UPDATE payments_entry SET resolves_id = %s WHERE id = %s", sent(p).pk, approved.pk)
    held = Account.objects.get(case=p.case, kind="budget")
    unguarded("UPDATE payments_account SET held_pence = %s WHERE id = %s", p.amount_pence, held.pk)
    return f"entry {approved.key} resolves {sent(p).key}, which held nothing"


def more_is_moved_than_held(p: Payment) -> str:
    held = Entry.objects.get(key=f"invoice-held:{p.invoice.reference}")
    unguarded("UPDATE payments_leg SET amount_pence = amount_pence * 2 WHERE entry_id = %s", held.pk)  # fmt: skip
    return f"entry invoice-approved:{p.invoice.reference} moves something else than {held.key} held"


def an_overdraft_that_nobody_decided(p: Payment) -> str:
    budget = Account.objects.get(case=p.case, kind="budget")
    ledger.allow_overdraft(budget=budget, pence=100_000)
    return f"account {budget.code} may go £1,000.00 below zero"


def a_reversal_that_reverses_nothing(p: Payment) -> str:
    _reversal(p)
    unguarded("UPDATE payments_entry SET corrects_id = NULL WHERE key = 'turned'")
    return "entry turned reverses nothing"


def a_reversal_of_something_else(p: Payment) -> str:
    _reversal(p)
    other = Entry.objects.filter(event="payment.sent").exclude(pk=sent(p).pk).get()
    unguarded("UPDATE payments_entry SET event = 'payment.sent.reversed', corrects_id = %s WHERE key = 'turned'", other.pk)  # fmt: skip
    return f"entry turned is not the opposite of {other.key}"


def _reversal(p: Payment) -> Entry:
    allocated = Entry.objects.get(key=f"allocated:{p.plan.reference}")
    entry = ledger.post_entry(
        key="mistake", event="test", description="x",
        legs=[(suspense_account(), 5), (allocated.legs.all()[0].account, -5)],
    )  # fmt: skip
    return ledger.reverse_entry(entry=entry, key="turned", reason="x")


def an_invoice_of_another_amount(p: Payment) -> str:
    unguarded("UPDATE payments_invoice SET total_pence = 1 WHERE id = %s", p.invoice_id)
    return f"invoice {p.invoice.reference} is entered with"


def a_plan_of_another_amount(p: Payment) -> str:
    unguarded("UPDATE plans_supportplan SET personal_budget_pence = 1 WHERE id = %s", p.plan_id)
    return f"plan {p.plan.reference} is entered with"


def a_payment_without_its_entry(p: Payment) -> str:
    unguarded("UPDATE payments_entry SET key = 'other' WHERE id = %s", sent(p).pk)
    return f"payment {p.reference} is entered with £0.00"


def a_return_without_its_entry(p: Payment) -> str:
    unguarded("UPDATE payments_entry SET key = 'other' WHERE key = %s", f"payment-returned:{p.reference}")  # fmt: skip
    return f"returned payment {p.reference} is entered with £0.00"


def a_payment_with_the_entry_of_another(p: Payment) -> str:
    other = Entry.objects.filter(event="payment.sent").exclude(pk=sent(p).pk).get()
    unguarded("UPDATE payments_payment SET entry_id = %s WHERE id = %s", other.pk, p.pk)
    return f"payment {p.reference} was sent, but points at the entry of something else"


def a_payment_that_was_entered_and_not_sent(p: Payment) -> str:
    unguarded("UPDATE payments_payment SET state = 'failed', entry_id = NULL WHERE id = %s", p.pk)
    return f"payment {p.reference} is entered as sent, but it is “failed”"


def an_entry_about_nothing(p: Payment) -> str:
    ledger.post_entry(
        key="ghost", event="test", description="x", subject="invoice:INV-GHOST",
        legs=[(suspense_account(), 5), (p.payable, -5)],
    )  # fmt: skip
    return "entry ghost is about invoice:INV-GHOST, which does not exist"


def an_obligation_that_was_paid_twice(p: Payment) -> str:
    other = Payment.objects.exclude(pk=p.pk).get()
    ledger.post_entry(
        key="payment-sent:PAY-TWICE", event="payment.sent", description="x",
        legs=[(p.payable, other.amount_pence), (suspense_account(), -other.amount_pence)],
    )  # fmt: skip
    nothing_waits()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_payment DROP CONSTRAINT attempt_once")
        cursor.execute("DROP INDEX obligation_paid_at_most_once")
    other.pk, other.reference, other.external_id = None, "PAY-TWICE", "tr_twice"
    other.entry = Entry.objects.get(key="payment-sent:PAY-TWICE")
    other.public_id = Payment().public_id
    other.save()
    return f"{other.obligation} was paid 2 times"


BREACHES = [
    a_leg_is_changed, a_leg_is_gone, a_balance_is_changed, a_balance_on_the_way_is_changed,
    a_moment_is_changed, a_hold_is_forgotten, something_else_is_resolved, more_is_moved_than_held,
    an_overdraft_that_nobody_decided, a_reversal_that_reverses_nothing, a_reversal_of_something_else,
    an_invoice_of_another_amount, a_plan_of_another_amount, a_payment_without_its_entry,
    a_return_without_its_entry, a_payment_with_the_entry_of_another,
    a_payment_that_was_entered_and_not_sent, an_entry_about_nothing, an_obligation_that_was_paid_twice,
]  # fmt: skip


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: breach.__name__)
def test_a_breach_is_named(paid: Payment, breach: Callable[[Payment], str]) -> None:
    expected = breach(paid)
    proof = verify_ledger()
    assert not proof.holds
    assert expected in proof.breach


def test_a_named_decision_lets_the_overdraft_stand(paid: Payment) -> None:
    services.allow_overspend(case=paid.case, pence=100_000, reason="A cold winter.", by=crew().manager)  # fmt: skip
    assert verify_ledger().breach == ""


def test_each_law_is_one_statement_however_much_there_is(
    paid: Payment, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(len(LAWS) + 3):
        assert verify_ledger().holds
    assert Invoice.objects.count() == 2

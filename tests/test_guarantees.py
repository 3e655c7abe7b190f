"""What the database refuses, whoever asks: the record, the ledger, agreed plans and payments by SQL."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from carebudget.audit.services import verify_audit
from payments import services
from payments.models import Account, Entry, Leg, Payment, PaymentRun
from payments.services import ledger
from payments.services.accounts import funding_account, suspense_account
from tests.factories.worlds import CaseFactory, PlanFactory, approved_run, finance

pytestmark = pytest.mark.django_db(transaction=True)


def refuses(sql: str, *values: Any) -> str:
    """Run SQL that the database must refuse; its words."""
    with (
        pytest.raises(DatabaseError) as refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, values)
    return str(refusal.value)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditevent SET verb = 'something.else'",
        "UPDATE audit_auditevent SET changes = '{}'::jsonb",
        "DELETE FROM audit_auditevent",
        "TRUNCATE audit_auditevent CASCADE",
        'UPDATE audit_auditwords SET words = \'{"actor": "Nobody"}\'::jsonb',
        "DELETE FROM audit_auditwords",
    ],
)
def test_the_record_cannot_be_changed_by_sql(sql: str) -> None:
    CaseFactory(stage="assessing")

    assert "record" in refuses(sql)
    assert verify_audit().holds


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE payments_leg SET amount_pence = amount_pence * 2",
        "DELETE FROM payments_leg",
        "TRUNCATE payments_leg CASCADE",
        "UPDATE payments_entry SET description = 'nothing'",
        "DELETE FROM payments_entry",
    ],
)
def test_the_ledger_cannot_be_changed_by_sql(sql: str) -> None:
    PlanFactory(agreed=True)
    assert Leg.objects.exists()

    assert "correct it with a new entry" in refuses(sql)
    assert services.verify_ledger().holds


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE plans_supportplan SET personal_budget_pence = personal_budget_pence + 1",
        "UPDATE plans_supportplan SET criteria = '{}'::jsonb",
        "UPDATE plans_supportplan SET snapshot = '{}'::jsonb",
        "UPDATE plans_plansupport SET rate_pence = 1",
        "UPDATE plans_planoutcome SET wish = 'something else'",
        "DELETE FROM plans_plansupport",
        "INSERT INTO plans_planoutcome (plan_id, position, wish, needs, sign) "
        "SELECT id, 9, 'one more', '{}', '' FROM plans_supportplan",
        "UPDATE plans_eligibilitydecision SET eligible = false",
        "UPDATE plans_outcomedecision SET reason = 'because'",
        "UPDATE plans_programmepack SET title = 'another'",
    ],
)
def test_what_was_decided_cannot_be_changed_by_sql(sql: str) -> None:
    PlanFactory(agreed=True)

    assert refuses(sql)


def test_an_entry_that_does_not_balance_is_refused_when_it_is_committed() -> None:
    legs = [(funding_account("general"), 500), (suspense_account(), -500)]
    entry = ledger.post_entry(key="one", event="test", description="one", legs=legs)

    words = refuses(
        "INSERT INTO payments_leg (entry_id, account_id, amount_pence, balance_after_pence, posted_at) "
        "VALUES (%s, %s, 7, 507, now())",
        entry.pk,
        legs[0][0].pk,
    )

    assert "does not balance" in words


def test_a_budget_below_zero_is_refused_by_the_database_itself() -> None:
    PlanFactory(agreed=True)
    budget = Account.objects.get(kind="budget")

    with pytest.raises(IntegrityError, match="budget_not_below_zero"), transaction.atomic():
        Account.objects.filter(pk=budget.pk).update(balance_pence=1)


def test_a_key_is_entered_once() -> None:
    PlanFactory(agreed=True)
    entry = Entry.objects.first()
    assert entry is not None

    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(
            key=entry.key, event="x", description="x", effective_on=entry.effective_on
        )


def test_the_maker_of_a_run_cannot_be_its_checker_even_by_sql(stripe_sandbox: Any) -> None:
    run = approved_run()
    officer, _ = finance()

    with pytest.raises(IntegrityError, match="run_four_eyes"), transaction.atomic():
        PaymentRun.objects.create(made_by=officer, approved_by=officer)
    assert refuses("UPDATE payments_paymentrun SET approved_by_id = made_by_id")
    run.refresh_from_db()
    assert run.approved_by_id != run.made_by_id


@pytest.mark.parametrize(
    "change", ["amount_pence = 1", "destination = 'acct_other'", "obligation = 'invoice:INV-OTHER'"]
)
def test_whom_a_payment_pays_and_how_much_cannot_be_changed(
    stripe_sandbox: Any, change: str
) -> None:
    approved_run()

    assert "never changed" in refuses(f"UPDATE payments_payment SET {change}")


def test_an_obligation_has_one_living_payment(stripe_sandbox: Any) -> None:
    approved_run()
    payment = Payment.objects.get()

    with pytest.raises(IntegrityError, match="obligation_paid_at_most_once"), transaction.atomic():
        Payment.objects.create(
            obligation=payment.obligation,
            attempt=2,
            run=payment.run,
            case=payment.case,
            plan=payment.plan,
            provider=payment.provider,
            payable=payment.payable,
            rail="stripe",
            destination=payment.destination,
            amount_pence=payment.amount_pence,
        )


def test_changing_the_record_behind_the_guard_is_found_out() -> None:
    CaseFactory(stage="assessing")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE audit_auditevent SET verb = 'case.closed' WHERE sequence = 1")
        cursor.execute("SET session_replication_role = DEFAULT")

    proof = verify_audit()

    assert not proof.holds
    assert "event 1 (case.closed): its content was changed after it was written" in proof.breach


def test_changing_the_ledger_behind_the_guard_is_found_out() -> None:
    PlanFactory(agreed=True)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE payments_leg SET amount_pence = amount_pence - 1 WHERE amount_pence < 0"
        )
        cursor.execute("SET session_replication_role = DEFAULT")

    proof = services.verify_ledger()

    assert not proof.holds
    assert "does not balance: its legs sum to -£0.01" in proof.breach

"""``verify_ledger`` names the first breach: each thing is broken here, past the database's own guards."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from payments import services
from payments.models import Account, Entry, Invoice, Payment
from payments.rules.statements import write_camt053
from payments.services.accounts import statement_account
from payments.services.ledger import hold, post_hold, reverse_entry
from plans.models import Case
from tests.factories.worlds import InvoiceFactory, approved_run, finance
from tests.payments.rules.statement_world import line, statement_of

pytestmark = pytest.mark.django_db(transaction=True)

UNGUARDED = "SET LOCAL session_replication_role = replica"
AGREED = "(SELECT id FROM payments_entry WHERE event = 'budget.allocated' ORDER BY id LIMIT 1)"
SENT = "(SELECT id FROM payments_entry WHERE event = 'payment.sent' ORDER BY id LIMIT 1)"
BACK = "(SELECT id FROM payments_entry WHERE corrects_id IS NOT NULL ORDER BY id LIMIT 1)"
POSTED = "(SELECT id FROM payments_entry WHERE kind = 'post' ORDER BY id LIMIT 1)"
A_BUDGET = "(SELECT id FROM payments_account WHERE kind = 'budget' ORDER BY id LIMIT 1)"
COPY = """INSERT INTO payments_entry
    (key, kind, event, description, subject, public_id, effective_on, created_at, resolves_id)
    SELECT key || ':again', 'posted', event, description, subject, gen_random_uuid(), effective_on,
           created_at, NULL FROM payments_entry WHERE id = {entry};
    INSERT INTO payments_leg (entry_id, account_id, amount_pence, balance_after_pence, posted_at)
    SELECT (SELECT max(id) FROM payments_entry), l.account_id, l.amount_pence,
           a.balance_pence + l.amount_pence, now() + interval '1 day'
    FROM payments_leg l JOIN payments_account a ON a.id = l.account_id WHERE l.entry_id = {entry};
    UPDATE payments_account a SET balance_pence = balance_pence + l.amount_pence
    FROM payments_leg l WHERE l.account_id = a.id AND l.entry_id = {entry}"""


@pytest.fixture
def breaking(stripe_sandbox: Any) -> Any:
    """A world in which everything has happened once, and a way to change rows past every guard."""
    run = approved_run(2)
    services.ensure_funds()
    services.ensure_funds()
    services.send_due()
    first = run.payments.order_by("id")[0]
    services.return_payment(payment=first, code="reversed", sentence="Came back.")
    InvoiceFactory()
    _hold_one_more()
    _match_one_line()
    entry = Entry.objects.filter(event="line.matched").order_by("id")[0]
    reverse_entry(entry=_an_odd_entry(), key="odd:back", reason="Entered by mistake.")
    assert entry.subject.startswith("line:")
    proof = services.verify_ledger()
    assert proof.holds, proof.breach

    def change(*statements: str) -> str:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(UNGUARDED)
            for statement in statements:
                cursor.execute(statement)
            found = services.verify_ledger().breach
            transaction.set_rollback(True)
        return found

    return change


def _an_odd_entry() -> Entry:
    from payments.services.accounts import bank_account, suspense_account
    from payments.services.ledger import post_entry

    legs = [(suspense_account(), 700), (bank_account("main"), -700)]
    return post_entry(key="odd", event="odd", description="odd", legs=legs)


def _hold_one_more() -> None:
    """A hold of the case's budget that was moved, and one that is open."""
    from payments.services.accounts import budget_account, suspense_account

    legs = [(budget_account(Case.objects.order_by("id")[0]), 300), (suspense_account(), -300)]
    waiting = hold(key="held", event="test", description="held", legs=legs)
    post_hold(held=waiting, key="held:posted", description="moved")


def _match_one_line() -> None:
    account = statement_account("bank")
    services.import_statement(
        account=account,
        name="bank.xml",
        content=write_camt053(statement_of(line(-1200, "Somebody", reference="OTHER"))),
        by=finance()[0],
    )
    services.fetch_rail_lines()
    services.reconcile()
    assert Entry.objects.filter(event="line.matched").exists()


BREACHES = {
    "does not balance": f"UPDATE payments_leg SET amount_pence = amount_pence + 1 WHERE entry_id = {SENT} AND amount_pence > 0",
    "has no legs": f"DELETE FROM payments_leg WHERE entry_id = {SENT}",
    "lets go of a hold but moves": f"UPDATE payments_entry SET kind = 'void' WHERE id = {POSTED}",
    "belongs to no entry": "UPDATE payments_leg SET entry_id = 99999999 WHERE entry_id = "
    + SENT.replace("payment.sent", "line.matched")
    + "; DELETE FROM payments_match; DELETE FROM payments_entry WHERE event = 'line.matched'",
    "points at an entry that does not exist": f"UPDATE payments_entry SET corrects_id = 99999999 WHERE id = {BACK}",
    "never held": f"UPDATE payments_entry SET resolves_id = {SENT} WHERE id = {POSTED}",
    "another amount than was held": f"UPDATE payments_leg SET amount_pence = amount_pence * 2 WHERE entry_id = {POSTED}",
    "not the opposite": f"UPDATE payments_leg SET amount_pence = amount_pence * 2 WHERE entry_id = {BACK}",
    "but its legs sum to": f"UPDATE payments_account SET balance_pence = balance_pence - 1 WHERE id = {A_BUDGET}",
    "was there after it": f"UPDATE payments_leg SET balance_after_pence = 5 WHERE entry_id = {SENT} AND amount_pence > 0",
    "written after a later one": f"UPDATE payments_leg SET posted_at = now() + interval '9 days' WHERE entry_id = {SENT}",
    "open holds sum to": f"UPDATE payments_account SET held_pence = held_pence + 1 WHERE id = {A_BUDGET}",
    "no recorded decision": f"UPDATE payments_account SET overdraft_pence = 5000 WHERE id = {A_BUDGET}",
    "which does not exist": f"UPDATE payments_entry SET subject = 'plan:PLN-000000' WHERE id = {AGREED}",
    "not entered exactly once": COPY.format(entry=SENT),
    "but it was not sent": "UPDATE payments_payment SET state = 'failed' WHERE state IN ('sent', 'settled')",
    "nobody approved it": "UPDATE payments_invoice SET state = 'confirmed' WHERE state = 'paid'",
    "came back, but": "UPDATE payments_payment SET state = 'returned' WHERE state IN ('sent', 'settled')",
    "and its match do not agree": "UPDATE payments_match SET undone_at = now()",
    "points at no entry of its own": f"UPDATE payments_match SET entry_id = {AGREED}",
    "was allocated twice": COPY.format(entry=AGREED),
    "its budget was never entered": f"UPDATE payments_entry SET event = 'other' WHERE id = {AGREED}",
}
"""What the proof says, and how the database is made to deserve it."""


def test_each_breach_is_named(breaking: Callable[..., str]) -> None:
    found = {words: breaking(statement) for words, statement in BREACHES.items()}

    assert {words: said for words, said in found.items() if words not in said} == {}
    assert services.verify_ledger().holds


def test_an_obligation_paid_twice_is_named(breaking: Callable[..., str]) -> None:
    """The index that forbids it is taken away until the transaction is rolled back."""
    one = Payment.objects.filter(state__in=["sent", "settled"])[0]

    found = breaking(
        "DROP INDEX obligation_paid_at_most_once",
        f"""INSERT INTO payments_payment SELECT (p).* FROM (
            SELECT jsonb_populate_record(t, jsonb_build_object(
                'id', t.id + 1000, 'public_id', gen_random_uuid(), 'reference', 'PAY-AGAIN',
                'attempt', 9, 'state', 'planned', 'external_id', '', 'entry_id', NULL)) AS p
            FROM payments_payment t WHERE t.id = {one.pk}) s""",
    )

    assert found == f"{one.obligation} is paid twice"


def test_an_approved_invoice_of_another_amount_is_named(breaking: Callable[..., str]) -> None:
    paid = Invoice.objects.filter(state="paid")[0]
    found = breaking(f"UPDATE payments_invoice SET total_pence = 1 WHERE id = {paid.pk}")
    assert (
        found
        == f"invoice {paid.reference} was approved, but not entered exactly once for its amount"
    )


def test_a_recorded_decision_lets_a_budget_go_below_zero(breaking: Callable[..., str]) -> None:
    case = Case.objects.select_related("worker").filter(accounts__kind="budget").order_by("id")[0]
    assert case.worker is not None
    services.allow_overspend(case=case, pence=5000, reason="Home from hospital.", by=case.worker)

    assert services.verify_ledger().holds
    assert "no recorded decision" in breaking(
        "UPDATE payments_account SET overdraft_pence = 5001 WHERE overdraft_pence = 5000"
    )


def test_the_command_says_what_was_proved_or_names_the_breach(breaking: Callable[..., str]) -> None:
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    assert out.getvalue().startswith("The ledger holds: ")

    row = Account.objects.filter(kind="bank").order_by("id")[0]
    with transaction.atomic():
        Account.objects.filter(pk=row.pk).update(balance_pence=row.balance_pence - 1)
        with pytest.raises(
            CommandError, match=f"The ledger does not hold: account {row.code} says"
        ):
            call_command("verify_ledger")
        transaction.set_rollback(True)

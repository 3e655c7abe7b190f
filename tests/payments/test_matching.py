"""From the rail's and the bank's own lines to a ledger that explains itself, and back again."""

from typing import Any

import pytest

from carebudget.audit.services import verify_audit
from carebudget.desks.seeding.stand_in import sandbox
from carebudget.errors import Conflict, NotAllowed, Refused
from payments import services
from payments.models import Account, Match, Payment, PaymentRun, StatementLine, TopUp
from payments.rules.statements import write_camt053
from payments.selectors.reconciling import open_items, suggestions_for
from payments.services.accounts import statement_account
from tests.factories.worlds import UserFactory, approved_run, finance
from tests.payments.rules.statement_world import line, statement_of

pytestmark = pytest.mark.django_db(transaction=True)


def balance(code: str) -> int:
    """The balance of an account, 0 before it is opened."""
    found = Account.objects.filter(code=code).first()
    return found.balance_pence if found else 0


@pytest.fixture
def sent_run(stripe_sandbox: Any) -> PaymentRun:
    """Two payments, sent after a top-up; the rail's lines are fetched, the bank's are not here yet."""
    run = approved_run(2)
    for _ in range(3):
        services.send_due()
    services.fetch_rail_lines()
    run.refresh_from_db()
    assert run.state == "sent"
    return run


def bank_statement() -> bytes:
    """What the council's bank shows: the top-ups as the sandbox's bank saw them, and its own interest."""
    rows: Any = sandbox("bank_lines")
    found = [
        line(row["amount_pence"], row["counterparty"], reference=row["reference"]) for row in rows
    ]
    return write_camt053(statement_of(*found, line(12, "INTEREST"), opening=500_000))


def test_payments_settle_when_the_rail_shows_them(sent_run: PaymentRun) -> None:
    services.reconcile()

    assert set(sent_run.payments.values_list("state", flat=True)) == {"settled"}
    assert balance("clearing:stripe") == 0
    assert services.verify_ledger().holds


def test_everything_explained_closes_the_run(sent_run: PaymentRun) -> None:
    services.reconcile()

    sent_run.refresh_from_db()
    assert sent_run.state == "closed"


def test_a_topup_is_matched_at_the_bank_and_at_the_rail(sent_run: PaymentRun) -> None:
    services.import_statement(
        account=statement_account("bank"),
        name="bank.xml",
        content=bank_statement(),
        by=finance()[0],
    )
    services.reconcile()

    total = sum(TopUp.objects.values_list("amount_pence", flat=True))
    assert balance("clearing:topup") == 0
    assert balance("bank:main") == -total
    assert balance("bank:stripe") == total - sent_run.total_pence
    assert [one.text for one in StatementLine.objects.exclude(state="matched")] == ["INTEREST"]
    assert services.verify_ledger().holds
    assert verify_audit().holds


def test_reconciling_again_changes_nothing(sent_run: PaymentRun) -> None:
    services.reconcile()
    before = Match.objects.count()

    again = services.reconcile()

    assert Match.objects.count() == before
    assert all(one.matched == 0 for one in again)


def test_fetching_again_adds_nothing(sent_run: PaymentRun) -> None:
    assert services.fetch_rail_lines() == 0


def test_every_match_says_why(sent_run: PaymentRun) -> None:
    services.reconcile()

    payment = sent_run.payments.first()
    assert payment is not None
    why = Match.objects.get(items__payment=payment).why
    assert payment.reference in why
    assert "same reference" in why


def test_a_match_can_be_taken_back_and_everything_is_as_before(sent_run: PaymentRun) -> None:
    services.reconcile()
    payment = sent_run.payments.first()
    assert payment is not None
    match = Match.objects.get(items__payment=payment)

    services.undo_match(match=match, reason="Wrong one.", by=finance()[0])

    payment.refresh_from_db()
    sent_run.refresh_from_db()
    assert payment.state == "sent"
    assert sent_run.state == "sent"
    assert balance("clearing:stripe") == -payment.amount_pence
    assert services.verify_ledger().holds
    services.reconcile()
    payment.refresh_from_db()
    assert payment.state == "settled"
    assert services.verify_ledger().holds


def test_a_match_is_taken_back_once(sent_run: PaymentRun) -> None:
    services.reconcile()
    match = Match.objects.filter(items__payment__isnull=False).first()
    assert match is not None
    services.undo_match(match=match, reason="Wrong one.", by=finance()[0])

    with pytest.raises(Conflict):
        services.undo_match(match=match, reason="Wrong one.", by=finance()[0])


def test_a_returned_payment_is_matched_both_ways(sent_run: PaymentRun) -> None:
    payment = sent_run.payments.first()
    assert payment is not None
    sandbox(f"transfers/{payment.external_id}/return", {})
    services.look_at_payment(payment_id=payment.pk)
    services.fetch_rail_lines()

    services.reconcile()

    payment.refresh_from_db()
    assert payment.state == "returned"
    assert payment.match_items.count() == 2
    assert balance("clearing:stripe") == 0
    sent_run.refresh_from_db()
    assert sent_run.state == "sent", "somebody has yet to find out why it came back"
    assert services.verify_ledger().holds


def an_open_line(sent_run: PaymentRun) -> StatementLine:
    services.reconcile()
    services.import_statement(
        account=statement_account("bank"),
        name="bank.xml",
        content=bank_statement(),
        by=finance()[0],
    )
    services.reconcile()
    return StatementLine.objects.get(text="INTEREST")


def test_a_person_explains_a_line_with_a_reason(sent_run: PaymentRun) -> None:
    interest = an_open_line(sent_run)

    match = services.explain_line(
        line=interest, explanation="funding", reason="Interest of the quarter.", by=finance()[0]
    )

    interest.refresh_from_db()
    assert interest.state == "matched"
    assert match.items.get().amount_pence == 12
    assert services.verify_ledger().holds


@pytest.mark.parametrize(
    ("explanation", "reason", "field"),
    [("funding", "  ", "reason"), ("holiday", "Because.", "explanation")],
)
def test_an_explanation_must_make_sense(
    sent_run: PaymentRun, explanation: str, reason: str, field: str
) -> None:
    interest = an_open_line(sent_run)

    with pytest.raises(Refused) as refusal:
        services.explain_line(
            line=interest, explanation=explanation, reason=reason, by=finance()[0]
        )

    assert refusal.value.field == field


def test_a_line_is_explained_once(sent_run: PaymentRun) -> None:
    interest = an_open_line(sent_run)
    services.explain_line(line=interest, explanation="funding", reason="Yes.", by=finance()[0])

    with pytest.raises(Conflict):
        services.explain_line(line=interest, explanation="fees", reason="No.", by=finance()[0])


def test_a_persons_match_must_make_the_line_exactly(sent_run: PaymentRun) -> None:
    rail_line = StatementLine.objects.filter(amount_pence__lt=0).first()
    assert rail_line is not None
    items = [item.id for item in open_items(rail_line.account) if item.id.startswith("payment:")]

    with pytest.raises(Refused, match="What you chose makes"):
        services.match_line(line=rail_line, items=items, reason="", by=finance()[0])


def test_a_person_matches_what_was_suggested(sent_run: PaymentRun) -> None:
    rail_line = StatementLine.objects.filter(amount_pence__lt=0).first()
    assert rail_line is not None
    best, suggestion = suggestions_for(rail_line)[0]

    services.match_line(line=rail_line, items=[best.id], reason="", by=finance()[0])

    assert suggestion.score == 100
    payment = Payment.objects.get(reference=best.reference)
    assert payment.state == "settled"


def test_a_line_can_be_set_aside_with_a_note(sent_run: PaymentRun) -> None:
    interest = an_open_line(sent_run)

    services.set_line_aside(line=interest, note="Asked the bank.", by=finance()[0])

    interest.refresh_from_db()
    assert (interest.state, interest.note) == ("exception", "Asked the bank.")
    services.reconcile()
    interest.refresh_from_db()
    assert interest.state == "exception"


def test_only_finance_may_match(sent_run: PaymentRun) -> None:
    rail_line = StatementLine.objects.first()
    assert rail_line is not None
    with pytest.raises(NotAllowed):
        services.explain_line(
            line=rail_line, explanation="fees", reason="x", by=UserFactory(role="auditor")
        )

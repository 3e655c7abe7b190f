"""A month closes with two people, takes no entry then, and opens again only by a recorded decision."""

import threading
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from carebudget.audit.models import AuditEvent
from carebudget.errors import CareBudgetError, Conflict, NotAllowed, Refused
from payments import services
from payments.models import (
    Account,
    AccountKind,
    Entry,
    JournalLine,
    Leg,
    Period,
    PeriodCheck,
    StatementLine,
)
from payments.rules.statements import Line
from payments.selectors.month_reports import kinds_on
from payments.services import ledger
from tests.factories.worlds import InvoiceFactory, UserFactory, finance
from tests.payments.file_world import BACS
from tests.payments.month_world import (
    NOVEMBER,
    OCTOBER,
    a_paid_month,
    bring_in,
    close,
    november,
    october,
    post,
    reasons_for_all,
    reopen,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _bacs(settings: Any) -> None:
    settings.BACS = dict(BACS)


def checks_of(period: Period) -> dict[str, PeriodCheck]:
    """The checks as they are now, by key."""
    return {one.key: one for one in services.check_month(period=period, by=finance()[0])}


def a_small_month() -> Period:
    """An October of one entry, whose checks need reasons."""
    post(1_000, date(2026, 10, 9), key="october", kind=AccountKind.PAYABLE)
    return Period(first_on=OCTOBER)


def closed_small_month() -> Period:
    """The same, closed on 3 November."""
    period = a_small_month()
    with november(3):
        return close(period, **reasons_for_all(period))


# -- closing ---------------------------------------------------------------------------------------


def test_a_reconciled_month_holds_every_check_and_closes_with_two_people() -> None:
    month = a_paid_month()
    with november(3):
        checks = checks_of(month.period)
        period = close(month.period)

    assert {key: one.words for key, one in checks.items() if not one.holds} == {}
    officer, checker = finance()
    assert (period.state, period.asked_by, period.closed_by) == ("closed", officer, checker)
    said = AuditEvent.objects.get(verb="month.closed", chain__key="month:2026-10")
    assert said.changes["closing"] == 1
    assert [one["holds"] for one in said.changes["checks"]] == [True] * 9


def test_the_journal_of_a_reconciled_month_agrees_with_the_bank_to_the_penny() -> None:
    month = a_paid_month()
    with november(3):
        period = close(month.period)

    batch = period.batches.get()
    bank = sum(
        one.leg.amount_pence
        for one in batch.lines.filter(leg__account__code="bank:main").select_related("leg")
    )
    statement = StatementLine.objects.filter(booked_on__range=(OCTOBER, period.last_on))
    assert bank == sum(line.amount_pence for line in statement) == month.received - month.paid
    assert batch.debits_pence == batch.credits_pence > 0


def test_a_month_that_is_not_over_cannot_be_closed() -> None:
    period = a_small_month()
    with october(31), pytest.raises(Refused, match="October 2026 ends on 31 October"):
        services.ask_to_close(period=period, reasons={}, by=finance()[0])


def test_an_open_check_needs_a_reason_beside_it() -> None:
    period = a_small_month()
    with november(3):
        with pytest.raises(Refused, match="does not hold") as refusal:
            services.ask_to_close(period=period, reasons={"statements": " "}, by=finance()[0])
        asked = services.ask_to_close(
            period=period, reasons=reasons_for_all(period), by=finance()[0]
        )

    assert refusal.value.field == "reason_statements"
    told = asked.checks.get(key="statements")
    assert (told.holds, told.reason_by) == (False, finance()[0])


def test_a_broken_proof_stops_the_closing_whatever_the_reason(monkeypatch: Any) -> None:
    period = a_small_month()
    row = Account.objects.get(code="authority:test")
    Account.objects.filter(pk=row.pk).update(balance_pence=5)
    with november(3), pytest.raises(Refused, match="its legs sum to £10"):
        services.ask_to_close(
            period=period, reasons=reasons_for_all(period) | {"ledger": "Fine."}, by=finance()[0]
        )


def test_whoever_asked_cannot_close_and_the_database_says_so_too() -> None:
    period = a_small_month()
    _, manager = finance()
    with november(3):
        asked = services.ask_to_close(period=period, reasons=reasons_for_all(period), by=manager)
        with pytest.raises(NotAllowed, match="somebody else must close it"):
            services.close_month(period=asked, words="Me.", by=manager)
    with pytest.raises(IntegrityError, match="period_closed_by_two"), transaction.atomic():
        Period.objects.filter(pk=asked.pk).update(state="closed", closed_by=manager)
    with pytest.raises(IntegrityError, match="period_closed_by_two"), transaction.atomic():
        Period.objects.filter(pk=asked.pk).update(state="closed", closed_by=None)


def test_an_officer_asks_but_does_not_close_and_the_auditor_does_neither() -> None:
    period = a_small_month()
    officer, _ = finance()
    other = UserFactory(role="finance_officer")
    auditor = UserFactory(role="auditor")
    with november(3):
        with pytest.raises(NotAllowed):
            services.ask_to_close(period=period, reasons={}, by=auditor)
        asked = services.ask_to_close(period=period, reasons=reasons_for_all(period), by=officer)
        with pytest.raises(NotAllowed):
            services.close_month(period=asked, words="Me.", by=other)


def test_what_changes_after_the_asking_needs_a_new_reason() -> None:
    period = a_small_month()
    officer, checker = finance()
    with november(3):
        asked = services.ask_to_close(period=period, reasons=reasons_for_all(period), by=officer)
        post(700, date(2026, 10, 12), key="late")
        with pytest.raises(Refused, match="“Nothing is left in suspense” does not hold"):
            services.close_month(period=asked, words="Looked.", by=checker)
        back = services.send_back(period=asked, reason="Suspense is new.", by=checker)
        closed = close(back, **reasons_for_all(back))

    assert back.state == "open"
    assert closed.state == "closed"


def test_closing_twice_says_that_it_has_moved_on() -> None:
    period = closed_small_month()
    officer, checker = finance()
    other = UserFactory(role="finance_manager")
    with november(4):
        assert services.close_month(period=period, words="Again.", by=checker).closings == 1
        with pytest.raises(Conflict, match="already moved on"):
            services.close_month(period=period, words="Again.", by=other)
        with pytest.raises(Conflict, match="is closed"):
            services.check_month(period=period, by=officer)


# -- a closed month --------------------------------------------------------------------------------


def test_a_closed_month_refuses_entries_in_the_service() -> None:
    closed_small_month()
    with november(4):
        with pytest.raises(Refused, match="October 2026 is closed and takes no more entries"):
            post(5, date(2026, 10, 31), key="late")
        assert post(5, NOVEMBER, key="in time").effective_on == NOVEMBER


def test_a_key_that_was_used_before_still_gives_the_entry_that_stands() -> None:
    closed_small_month()
    with november(4):
        again = post(1_000, date(2026, 10, 9), key="october", kind=AccountKind.PAYABLE)

    assert again == Entry.objects.get(key="october")


def test_a_closed_month_refuses_entries_in_raw_sql() -> None:
    closed_small_month()
    insert = (
        "INSERT INTO payments_entry (key, kind, event, description, subject, public_id, effective_on,"
        " created_at) VALUES (%s, %s, 'x', 'x', '', gen_random_uuid(), %s, now())"
    )
    for kind in ("posted", "pending"):
        with (
            pytest.raises(DatabaseError, match="The month 2026-10 is closed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(insert, ["sly", kind, date(2026, 10, 31)])
    assert not Entry.objects.filter(key="sly").exists()


def test_a_month_cannot_be_taken_away_or_renamed_by_sql() -> None:
    closed_small_month()
    for sql in (
        "DELETE FROM payments_period",
        "UPDATE payments_period SET first_on = '2020-01-01'",
        "UPDATE payments_period SET state = 'reopened'",
        "UPDATE payments_journalline SET team = 'Another'",
        "DELETE FROM payments_journalbatch",
    ):
        with (
            pytest.raises(DatabaseError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


def test_what_belongs_to_a_closed_month_goes_into_the_first_open_day_and_says_so() -> None:
    closed_small_month()
    assert ledger.first_open_day(date(2026, 9, 30)) == date(2026, 9, 30)
    assert ledger.first_open_day(date(2026, 10, 9)) == NOVEMBER
    assert ledger.in_open_month(date(2026, 11, 9), "Words") == (date(2026, 11, 9), "Words")
    day, words = ledger.in_open_month(date(2026, 10, 9), "w" * 300)
    assert day == NOVEMBER
    assert words.endswith("w (of 9 October 2026, a month that is closed)")
    assert len(words) == 240


def test_a_line_of_a_closed_month_is_explained_in_the_month_that_is_open() -> None:
    closed_small_month()
    with november(5):
        bring_in(Line(booked_on=date(2026, 10, 20), amount_pence=1234, text="LATE"))
        services.explain_line(
            line=StatementLine.objects.get(),
            explanation="funding",
            reason="It came late.",
            by=finance()[0],
        )

    entry = Entry.objects.get(event="line.matched")
    assert entry.effective_on == NOVEMBER
    assert "(of 20 October 2026, a month that is closed)" in entry.description


# -- opening again ---------------------------------------------------------------------------------


def test_close_and_reopen_is_a_round_trip_and_the_second_journal_holds_what_is_new() -> None:
    period = closed_small_month()
    before = [(one.kind, one.pence) for one in kinds_on(period.last_on)]
    with november(5):
        opened = reopen(period)
        late = post(300, date(2026, 10, 30), key="late", kind=AccountKind.PAYABLE)
        again = close(opened, **reasons_for_all(opened))
        with pytest.raises(Refused):
            post(1, date(2026, 10, 30), key="too late")

    assert (opened.state, again.state, again.closings) == ("reopened", "closed", 2)
    after = [(one.kind, one.pence) for one in kinds_on(period.last_on)]
    assert before == [("authority", 1_000), ("payable", -1_000)]
    assert after == [("authority", 1_300), ("payable", -1_300)]
    first, second = again.batches.order_by("number")
    assert (first.debits_pence, second.debits_pence) == (1_000, 300)
    assert set(second.lines.values_list("leg__entry", flat=True)) == {late.pk}
    verbs = AuditEvent.objects.filter(chain__key="month:2026-10").order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == [
        "month.asked_to_close",
        "month.closed",
        "month.asked_to_reopen",
        "month.reopened",
        "month.asked_to_close",
        "month.closed",
    ]


def test_reopening_without_a_change_and_closing_again_hands_over_nothing_twice() -> None:
    period = closed_small_month()
    with november(5):
        opened = reopen(period)
        again = close(opened, **reasons_for_all(opened))

    assert [one.entry_count for one in again.batches.order_by("number")] == [1, 0]
    assert JournalLine.objects.count() == Leg.objects.count() == 2


def test_reopening_needs_a_manager_a_reason_and_a_second_person() -> None:
    period = closed_small_month()
    officer, manager = finance()
    with november(5):
        with pytest.raises(NotAllowed):
            services.ask_to_reopen(period=period, reason="I must.", by=officer)
        with pytest.raises(Refused, match="Say why"):
            services.ask_to_reopen(period=period, reason=" ", by=manager)
        asked = services.ask_to_reopen(period=period, reason="A late invoice.", by=manager)
        with pytest.raises(NotAllowed, match="somebody else must agree"):
            services.reopen_month(period=asked, reason="Me too.", by=manager)
        with pytest.raises(Refused, match="takes no more entries"):
            post(5, date(2026, 10, 31), key="while they think")
        stays = services.keep_closed(period=asked, reason="Enter it in November.", by=officer)
    with pytest.raises(IntegrityError, match="period_reopened_by_two"), transaction.atomic():
        Period.objects.filter(pk=asked.pk).update(state="reopened", reopened_by=manager)

    assert stays.state == "closed"
    assert manager.notify_messages.filter(title="October 2026 stays closed").exists()


# -- the checks ------------------------------------------------------------------------------------


def test_a_month_without_its_statement_says_what_is_missing() -> None:
    month = a_paid_month(brought=False)
    with november(3):
        checks = checks_of(month.period)

    assert not checks["statements"].holds
    assert [one["words"] for one in checks["statements"].items] == [
        "No statement of the council’s bank was brought in yet."
    ]
    clearing = checks["clearing"]
    assert (clearing.holds, clearing.figure) == (False, "-£40.00")
    assert {one["pence"] for one in clearing.items} == {-2_000}
    assert all("late" in one["words"] for one in clearing.items)


def test_money_sent_on_the_last_days_is_legitimately_on_its_way() -> None:
    month = a_paid_month()
    with october(29):
        agreement = month.invoice.agreement
        InvoiceFactory(agreement=agreement, state="approved")
        from tests.payments.file_world import approve
        from tests.payments.file_world import sent as sent_by_file

        sent_by_file(approve(services.make_run(by=finance()[0], rail="bacs")))
    with november(3):
        clearing = checks_of(month.period)["clearing"]

    assert clearing.holds
    assert clearing.figure == "-£20.00"
    assert "on its way since 29 October" in clearing.items[0]["words"]


def test_a_gap_between_statements_is_found() -> None:
    with november(3):
        bring_in(
            Line(booked_on=date(2026, 10, 5), amount_pence=100, text="A"),
            last=date(2026, 10, 9),
            name="ONE",
        )
        bring_in(
            Line(booked_on=date(2026, 10, 20), amount_pence=100, text="B"),
            first=date(2026, 10, 16),
            opening=777_700,
            name="TWO",
        )
        check = checks_of(Period(first_on=OCTOBER))["statements"]

    assert not check.holds
    assert [one["words"] for one in check.items] == [
        "Council bank account: one before 16 October is missing. It would end with £7,777.00."
    ]


def test_statements_that_stop_early_are_found() -> None:
    with november(3):
        bring_in(
            Line(booked_on=date(2026, 10, 5), amount_pence=100, text="A"), last=date(2026, 10, 29)
        )
        check = checks_of(Period(first_on=OCTOBER))["statements"]

    assert [one["words"] for one in check.items] == [
        "Council bank account: the statements end on 29 October."
    ]


def test_a_run_that_waits_keeps_the_month_open() -> None:
    month = a_paid_month()
    with october(30):
        InvoiceFactory(agreement=month.invoice.agreement, state="approved")
        run = services.make_run(by=finance()[0], rail="bacs")
    with november(3):
        check = checks_of(month.period)["runs"]

    assert (check.holds, check.figure) == (False, "1 run not finished")
    assert check.items[0]["href"] == f"/payments/runs/{run.reference}/"


# -- accruals --------------------------------------------------------------------------------------


def test_support_confirmed_and_not_approved_is_accrued_and_taken_back() -> None:
    month = a_paid_month()
    with october(28):
        invoice = InvoiceFactory(agreement=month.invoice.agreement, state="confirmed")
    left = Account.objects.get(code=f"budget:{invoice.case.reference}").left_pence
    with november(3):
        before = checks_of(month.period)["accruals"]
        entries = services.post_accruals(period=month.period, by=finance()[0])
        after = checks_of(month.period)["accruals"]
        with pytest.raises(Refused, match="Nothing is left to accrue"):
            services.post_accruals(period=month.period, by=finance()[0])
        close(month.period)

    assert (before.holds, before.figure) == (False, "£20.00 to accrue")
    assert after.holds
    assert [one.effective_on for one in entries] == [date(2026, 10, 31), NOVEMBER]
    of_october = {one.kind: one.pence for one in kinds_on(date(2026, 10, 31))}
    of_november = {one.kind: one.pence for one in kinds_on(NOVEMBER)}
    assert of_october["accrual"] == 2_000
    assert of_november["accrual"] == 0
    budget = Account.objects.get(code=f"budget:{invoice.case.reference}")
    assert budget.left_pence == left


def test_an_invoice_approved_in_the_next_month_is_accrued_as_well() -> None:
    month = a_paid_month()
    with october(28):
        invoice = InvoiceFactory(agreement=month.invoice.agreement, state="confirmed")
    with november(2):
        services.approve_invoice(invoice=invoice, by=finance()[0])
    with november(3):
        assert checks_of(month.period)["accruals"].figure == "£20.00 to accrue"


# -- at once ---------------------------------------------------------------------------------------


def in_threads(*acts: Any) -> list[Any]:
    """What each act gave or raised, all done at once on 3 November."""
    found: list[Any] = [None] * len(acts)
    barrier = threading.Barrier(len(acts))

    def work(n: int) -> None:
        try:
            with november(3):
                barrier.wait()
                found[n] = acts[n]()
        except (CareBudgetError, IntegrityError) as error:
            found[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[n]) for n in range(len(acts))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return found


@pytest.mark.django_db(transaction=True)
def test_two_people_closing_at_once_close_it_once() -> None:
    period = a_small_month()
    officer, manager = finance()
    other = UserFactory(role="finance_manager")
    with november(3):
        asked = services.ask_to_close(period=period, reasons=reasons_for_all(period), by=officer)

    found = in_threads(
        lambda: services.close_month(period=asked, words="Me.", by=manager),
        lambda: services.close_month(period=asked, words="No, me.", by=other),
    )

    assert sorted(type(one).__name__ for one in found) == ["Conflict", "Period"]
    asked.refresh_from_db()
    assert (asked.closings, asked.batches.count()) == (1, 1)
    assert JournalLine.objects.count() == Leg.objects.count()


@pytest.mark.django_db(transaction=True)
def test_what_is_entered_while_a_month_closes_is_handed_over_or_refused() -> None:
    period = a_small_month()
    officer, manager = finance()
    with november(3):
        asked = services.ask_to_close(period=period, reasons=reasons_for_all(period), by=officer)

    def enter(n: int) -> Any:
        return lambda: post(50, date(2026, 10, 15), key=f"n{n}", kind=AccountKind.PAYABLE)

    found = in_threads(
        lambda: services.close_month(period=asked, words="Me.", by=manager),
        *(enter(n) for n in range(4)),
    )

    asked.refresh_from_db()
    entered = sum(isinstance(one, Entry) for one in found[1:])
    assert Entry.objects.count() == 1 + entered
    assert isinstance(found[0], Period), found[0]
    assert JournalLine.objects.count() == Leg.objects.count() == 2 + 2 * entered

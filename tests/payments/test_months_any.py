"""Whatever is entered in whatever months: balances make nothing, and journals are the ledger, once."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carebudget.errors import Refused
from payments.models import (
    Account,
    AccountKind,
    Entry,
    JournalLine,
    JournalProfile,
    Leg,
    Period,
)
from payments.rules.journals import as_csv
from payments.selectors.journals import journal_of
from payments.selectors.month_reports import kinds_on
from payments.services import journal_file, ledger, post_accruals, verify_ledger
from payments.services.journals import columns_of
from tests.factories.worlds import finance
from tests.payments.month_world import OCTOBER, close, november, reasons_for_all, reopen

pytestmark = pytest.mark.django_db(transaction=True)

KINDS = [AccountKind.AUTHORITY, AccountKind.PAYABLE, AccountKind.BANK, AccountKind.CLEARING, AccountKind.FEES]  # fmt: skip
ENTRIES = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.lists(st.tuples(st.sampled_from(KINDS), st.integers(-10_000, 10_000)), min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=10,
)  # fmt: skip


def empty() -> None:
    """No ledger, no months: the clean-up between examples, past the guards like the tests' own."""
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)


def enter(key: str, day: date, legs: list[tuple[AccountKind, int]]) -> Entry | None:
    """Enter legs whose rest goes to suspense."""
    drafts = [(ledger.account(f"{kind}:any", kind=kind, name=kind.label), pence) for kind, pence in legs if pence]  # fmt: skip
    rest = sum(pence for _, pence in drafts)
    if rest:
        drafts.append((ledger.account("suspense:any", kind=AccountKind.SUSPENSE, name="Rest"), -rest))  # fmt: skip
    if len(drafts) < 2:
        return None
    return ledger.post_entry(key=key, event="test", description=key, legs=drafts, effective_on=day)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(entries=ENTRIES, late=ENTRIES)
def test_trial_balance_is_nothing_on_any_day_and_journals_agree_with_the_ledger(
    entries: Any, late: Any
) -> None:
    empty()
    start = date(2026, 9, 1)
    with november(3):
        for n, (after, legs) in enumerate(entries):
            enter(f"e{n}", start + timedelta(days=after), legs)
        enter("sure", OCTOBER, [(AccountKind.BANK, 700)])
        period = close(Period(first_on=OCTOBER), **reasons_for_all(Period(first_on=OCTOBER)))
        balances = {one.kind: one.pence for one in kinds_on(period.last_on)}
        for n, (after, legs) in enumerate(late):
            day = start + timedelta(days=after)
            if day >= OCTOBER:
                with pytest.raises(Refused, match="is closed"):
                    enter(f"l{n}", day, [(AccountKind.BANK, 5), *legs])
        assert {one.kind: one.pence for one in kinds_on(period.last_on)} == balances
        opened = reopen(period)
        for n, (after, legs) in enumerate(late):
            enter(f"l{n}", start + timedelta(days=after), legs)
        again = close(opened, **reasons_for_all(opened))

        for day in range(0, 70, 7):
            assert sum(one.pence for one in kinds_on(start + timedelta(days=day))) == 0
        of_october = Leg.objects.filter(entry__effective_on__range=(OCTOBER, period.last_on))
        assert set(JournalLine.objects.values_list("leg", flat=True)) == set(
            of_october.values_list("pk", flat=True)
        )
        assert JournalLine.objects.count() == of_october.count()
        _files_are_the_ledger(again)
    assert verify_ledger().holds


def _files_are_the_ledger(period: Period) -> None:
    """For each kind, debits less credits of all files are what the ledger moved by in the month."""
    profile = JournalProfile.objects.get()
    exported: dict[str, int] = {}
    for batch in period.batches.all():
        first = bytes(journal_file(batch=batch, profile=profile, by=finance()[0]).content)
        made_again = as_csv(journal_of(batch, profile), columns_of(profile), control_line=True)
        assert first == made_again
        *rows, control = list(csv.DictReader(io.StringIO(first.decode("utf-8-sig"))))
        debits, credits = (sum(_pence(row[side]) for row in rows) for side in ("Debit", "Credit"))
        assert debits == credits == _pence(control["Debit"]) == batch.debits_pence
        for row in rows:
            code = row["Subjective"]
            exported[code] = exported.get(code, 0) + _pence(row["Debit"]) - _pence(row["Credit"])
    moved = (
        Leg.objects.filter(entry__effective_on__range=(OCTOBER, period.last_on))
        .values_list("account__kind")
        .annotate(t=Sum("amount_pence"))
        .order_by()
    )
    assert exported == {profile.subjectives[kind]: total for kind, total in moved}


def _pence(text: str) -> int:
    return round(float(text or 0) * 100)


def test_a_month_with_nothing_to_accrue_says_so(db: None) -> None:
    with november(3):
        enter("one", OCTOBER, [(AccountKind.BANK, 100)])
        with pytest.raises(Refused, match="Nothing is left to accrue"):
            post_accruals(period=Period(first_on=OCTOBER), by=finance()[0])
    assert Account.objects.count() == 2

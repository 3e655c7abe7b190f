"""Finance closes a month on its pages, reads its reports, and takes its journals."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from carebudget.notify.models import Document
from carebudget.people.models import FamilyTie
from payments.models import AccountKind, JournalProfile, Period
from payments.services import journal_file
from tests.factories.worlds import finance
from tests.payments.file_world import BACS
from tests.payments.finance_world import Finance, get, people, post, queries_at
from tests.payments.month_world import (
    OCTOBER,
    a_paid_month,
    close,
    november,
    reasons_for_all,
    reopen,
)
from tests.payments.month_world import post as enter
from tests.plans.page_world import words

pytestmark = pytest.mark.django_db

MONTHS = "/payments/months/"
PAGE = f"{MONTHS}2026-10/"


@pytest.fixture
def who(db: None, settings: Any) -> Finance:
    settings.BACS = dict(BACS)
    return people()


def rows_of(answer: Any) -> list[list[str]]:
    """The rows of a CSV file, without its mark."""
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def small_closed_month() -> Period:
    """An October of one entry, closed."""
    enter(1_000, date(2026, 10, 9), key="october", kind=AccountKind.PAYABLE)
    period = Period(first_on=OCTOBER)
    return close(period, **reasons_for_all(period))


def test_without_an_entry_the_page_says_when_the_first_month_comes(
    who: Finance, client: Client
) -> None:
    assert "The first month stands here as soon as the ledger has an entry" in words(
        get(client, who.officer, MONTHS)
    )


def test_two_people_close_a_reconciled_month_on_its_page(who: Finance, client: Client) -> None:
    a_paid_month()
    with november(3):
        assert "Close October 2026" in words(get(client, who.officer, MONTHS))
        first = words(get(client, who.officer, PAGE))
        post(client, who.officer, PAGE, act="check")
        checked = words(get(client, who.officer, PAGE))
        done = post(client, who.officer, PAGE, act="ask")
        asked = words(client.get(done.url))
        waits = words(get(client, who.manager, PAGE))
        without = words(post(client, who.manager, PAGE, act="close", words=" "))
        done = post(client, who.manager, PAGE, act="close", words="Each check and the bank.")
        closed = words(client.get(done.url))

    assert "Run the checks" in first
    assert "Everything holds" in checked
    assert "The bank agrees with the ledger to the penny" in checked
    assert "You asked to close this month" in asked
    assert "Look at each check, then close the month" in waits
    assert "Say what you checked." in without
    assert "The month is closed. Its journal is ready for the general ledger." in closed
    assert "Each check and the bank." in closed
    assert "Journals for the general ledger JNL-" in closed


def test_an_open_check_without_a_reason_is_said_beside_its_field(
    who: Finance, client: Client
) -> None:
    enter(1_000, date(2026, 10, 9), key="october")
    with november(3):
        post(client, who.officer, PAGE, act="check")
        answer = post(
            client, who.officer, PAGE, act="ask", reason_suspense="A test.", reason_statements=""
        )

    page = words(answer)
    assert "<title>Error: " in answer.content.decode()
    assert "“Statements are in and continuous” does not hold." in page
    assert "A test." in page
    assert Period.objects.get().state == "open"


def test_the_asker_who_is_a_manager_is_told_that_somebody_else_closes(
    who: Finance, client: Client
) -> None:
    a_paid_month()
    with november(3):
        post(client, who.manager, PAGE, act="ask")
        answer = post(client, who.manager, PAGE, act="close", words="I did it all.")

    assert "somebody else must close it" in words(answer)
    assert "I did it all." in words(answer)
    assert Period.objects.get().state == "closing"


def test_closing_it_again_says_that_it_has_moved_on(who: Finance, client: Client) -> None:
    with november(3):
        small_closed_month()
        answer = words(post(client, who.officer, PAGE, act="ask"))

    assert "already moved on" in answer or "is closed" in answer


def test_a_manager_asks_to_reopen_and_the_officer_agrees(who: Finance, client: Client) -> None:
    with november(3):
        small_closed_month()
        without = words(post(client, who.manager, PAGE, act="ask_reopen", reason=""))
        post(client, who.manager, PAGE, act="ask_reopen", reason="A late invoice.")
        shown = words(get(client, who.officer, PAGE))
        done = post(client, who.officer, PAGE, act="reopen", reason="I saw it.")
        opened = words(client.get(done.url))

    assert "Give a reason." in without
    assert "A late invoice." in shown
    assert "Agree to open it again" in shown
    assert "The month takes entries again" in opened


def test_officers_cannot_close_or_reopen_and_the_auditor_only_reads(
    who: Finance, client: Client
) -> None:
    with november(3):
        small_closed_month()
        assert post(client, who.officer, PAGE, act="close", words="x").status_code == 404
        assert post(client, who.officer, PAGE, act="ask_reopen", reason="x").status_code == 404
        for act in ("check", "ask", "pack", "send_back", "keep_closed"):
            assert post(client, who.auditor, PAGE, act=act, reason="x").status_code == 404
        for path in (MONTHS, PAGE, f"{MONTHS}trial-balance/", f"{MONTHS}journals/"):
            assert get(client, who.auditor, path).status_code == 200
            assert get(client, who.stranger, path).status_code == 404
            assert get(client, None, path).status_code == 302
        for none in ("2026-13", "1999-01", "2031-01", "x", "2026-1-"):
            assert get(client, who.officer, f"{MONTHS}{none}/").status_code == 404
        assert get(client, who.officer, f"{MONTHS}profiles/new/").status_code == 404


def test_the_trial_balance_of_a_day_is_on_the_page_and_in_both_files(
    who: Finance, client: Client
) -> None:
    month = a_paid_month()
    path = f"{MONTHS}trial-balance/"
    with november(3):
        page = words(get(client, who.officer, path, on="2026-10-31"))
        before = words(get(client, who.officer, path, on="2026-10-01"))
        found = rows_of(get(client, who.officer, path, **{"on": "2026-10-31", "as": "csv"}))
        book = get(client, who.officer, path, **{"on": "2026-10-31", "as": "xlsx"})

    assert "Debits and credits are equal, as they must be." in page
    assert "There is nothing to show for this day." in before
    bank = next(row for row in found if row[0] == "bank:main")
    assert bank[3:] == [f"{(month.received - month.paid) / 100:.2f}", ""]
    debits = sum(round(float(row[3] or 0) * 100) for row in found[1:])
    assert debits == sum(round(float(row[4] or 0) * 100) for row in found[1:]) > 0
    sheet = load_workbook(io.BytesIO(book.content)).active
    assert sheet is not None
    same = next(row for row in sheet.iter_rows(values_only=True) if row[0] == "bank:main")
    assert same[3] == (month.received - month.paid) / 100
    assert f"bank-{date(2026, 10, 31)}" not in book["Content-Disposition"]
    assert "trial-balance-2026-10-31.xlsx" in book["Content-Disposition"]


def test_a_day_that_is_none_is_said_beside_its_field(who: Finance, client: Client) -> None:
    for on in ("2026-02-31", "0001-01-01", "soon"):
        answer = get(client, who.officer, f"{MONTHS}trial-balance/", on=on)
        assert answer.status_code == 200
        assert "<title>Error: " in answer.content.decode()


def test_what_we_owe_is_shown_by_age_and_payments_settle_the_oldest(
    who: Finance, client: Client
) -> None:
    owed = AccountKind.PAYABLE
    enter(5_000, date(2026, 6, 1), key="june", kind=owed)
    enter(3_000, date(2026, 8, 20), key="august", kind=owed)
    enter(2_000, date(2026, 10, 20), key="october", kind=owed)
    enter(-6_000, date(2026, 10, 25), key="paid", kind=owed)

    found = rows_of(
        get(client, who.officer, f"{MONTHS}payables/", **{"on": "2026-10-31", "as": "csv"})
    )
    assert found[1] == ["Test", "20.00", "0.00", "20.00", "0.00", "0.00", "40.00"]
    page = words(get(client, who.officer, f"{MONTHS}payables/", on="2026-10-31"))
    assert "£40.00" in page
    assert "Nothing was owed" in words(get(client, who.officer, f"{MONTHS}receivables/"))


def test_budgets_show_what_was_given_spent_and_promised_and_open_down_to_entries(
    who: Finance, client: Client
) -> None:
    month = a_paid_month()
    case = month.invoice.case
    with november(3):
        found = rows_of(
            get(client, who.officer, f"{MONTHS}budgets/", **{"on": "2026-10-31", "as": "csv"})
        )
        page = get(client, who.officer, f"{MONTHS}budgets/", on="2026-10-31").content.decode()
        spent = words(
            get(
                client, who.officer, f"{MONTHS}entries/",
                kind="budget,accrual", events="spent", programme=case.pack.key, last="2026-10-31",
            )
        )  # fmt: skip

    assert found[1][:2] == [case.pack.title, case.team.name]
    assert found[1][3] == "40.00"
    assert "events=spent" in page
    assert "£40.00 debit, £0.00 credit" in spent


def test_entries_of_ones_own_family_are_not_listed(who: Finance, client: Client) -> None:
    month = a_paid_month()
    person = month.invoice.case.person
    FamilyTie.objects.create(user=who.officer, person=person, relationship="nephew")
    code = f"budget:{month.invoice.case.reference}"
    with november(3):
        own = words(get(client, who.officer, f"{MONTHS}trial-balance/", on="2026-10-31"))
        entries = words(get(client, who.officer, f"{MONTHS}entries/", account=code))
        others = words(get(client, who.manager, f"{MONTHS}trial-balance/", on="2026-10-31"))

    assert code not in own
    assert "concern you or somebody close to you are not listed" in own
    assert "are not listed" in entries
    assert code in others


def test_a_journal_is_made_once_and_comes_back_byte_for_byte(who: Finance, client: Client) -> None:
    a_paid_month()
    with november(3):
        period = close(Period(first_on=OCTOBER))
        batch = period.batches.get()
        path = f"{MONTHS}journals/{batch.reference}/"
        shown = words(get(client, who.officer, path))
        post(client, who.officer, path)
        file = batch.files.get()
        profile = JournalProfile.objects.get()
        profile.other_subjective = "CHANGED"
        profile.save()
        post(client, who.officer, path)
        first = get(client, who.officer, f"{MONTHS}journal-files/{file.public_id}/")

    assert "By cost centre and subjective code" in shown
    assert batch.files.count() == 1
    assert first.content == bytes(batch.files.get().content)
    rows = rows_of(first)
    *lines, control = rows[1:]
    assert control[7] == f"CONTROL: {len(lines)} lines"
    for column in (5, 6):
        assert sum(round(float(row[column] or 0) * 100) for row in lines) == batch.debits_pence
        assert round(float(control[column]) * 100) == batch.debits_pence


def test_each_line_of_a_journal_opens_the_entries_it_stands_for(
    who: Finance, client: Client
) -> None:
    month = a_paid_month()
    with november(3):
        period = close(Period(first_on=OCTOBER))
        batch = period.batches.get()
        profile = JournalProfile.objects.get()
        bank = words(
            get(
                client, who.officer, f"{MONTHS}entries/",
                journal=batch.reference, profile=profile.reference, cost_centre="CARE", subjective="B4000",
            )
        )  # fmt: skip

    assert f"£1,000.00 debit, £{month.paid / 100:.2f} credit" in bank


def test_a_manager_sets_the_codes_and_mistakes_lose_nothing(who: Finance, client: Client) -> None:
    a_paid_month()
    with november(3):
        period = close(Period(first_on=OCTOBER))
        profile = JournalProfile.objects.get()
        path = f"{MONTHS}profiles/{profile.reference}/"
        data = {
            "name": "Ledger of Wrenbury",
            "detail": "legs",
            "columns": "CC = cost_centre\nAmount = amount\nText = description\nEntry = entry",
            "cost_centres": "Team 0 = 12345",
            "other_cost_centre": "99999",
            "subjectives": "budget = E1\nbank = B1",
            "other_subjective": "X9",
        }
        wrong = post(client, who.manager, path, **{**data, "cost_centres": "Nobody = 1"})
        column = words(
            post(
                client, who.manager, path, **{**data, "cost_centres": "", "columns": "A = nonsense"}
            )
        )
        team = period.batches.get().lines.exclude(team="").values_list("team", flat=True)[0]
        done = post(client, who.manager, path, **{**data, "cost_centres": f"{team} = 12345"})
        assert done.status_code == 302, words(done)
        file = journal_file(
            batch=period.batches.get(), profile=JournalProfile.objects.get(), by=finance()[0]
        )

    assert "There is no team called Nobody." in words(wrong)
    assert "Ledger of Wrenbury" in wrong.content.decode()
    assert "We do not know “nonsense”." in column
    rows = list(csv.reader(io.StringIO(bytes(file.content).decode("utf-8-sig"))))
    assert rows[0] == ["CC", "Amount", "Text", "Entry"]
    assert {row[0] for row in rows[1:]} == {"12345", "99999"}
    assert len(rows) - 1 == period.batches.get().leg_count
    assert sum(round(float(row[1]) * 100) for row in rows[1:]) == 0


def test_the_pack_is_made_once_for_each_closing_and_read_by_finance_and_the_auditor(
    who: Finance, client: Client
) -> None:
    with november(3):
        period = small_closed_month()
        done = post(client, who.officer, PAGE, act="pack")
        post(client, who.officer, PAGE, act="pack")
        shown = words(client.get(done.url))
        first = Document.objects.get(subject="month:2026-10")
        opened = reopen(period)
        refused = words(post(client, who.officer, PAGE, act="pack"))
        close(opened, **reasons_for_all(opened))
        post(client, who.officer, PAGE, act="pack")

    assert "Personal budgets: October 2026 (PDF)" in shown
    assert bytes(first.content).startswith(b"%PDF-")
    assert "October 2026 is not closed." in refused
    assert Document.objects.filter(subject="month:2026-10").count() == 2
    assert get(client, who.auditor, f"/documents/{first.public_id}/").status_code in (200, 404)


def test_more_months_accounts_and_entries_take_no_more_queries(
    who: Finance, client: Client
) -> None:
    enter(1_000, date(2026, 9, 9), key="a", kind=AccountKind.PAYABLE)
    paths = [MONTHS, PAGE, *(f"{MONTHS}{one}/" for one in ("trial-balance", "payables", "budgets", "entries"))]  # fmt: skip
    before = [queries_at(client, who.officer, path) for path in paths]
    for n in range(60):
        enter(100 + n, date(2026, 5, 1 + n % 28), key=f"n{n}", kind=list(AccountKind)[n % 9])

    after = [queries_at(client, who.officer, path) for path in paths]
    assert all(now <= then for now, then in zip(after, before, strict=True)), (before, after)

"""CSV: columns as a profile says, balances derived and checked, every refusal names its row."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from statement_world import SAMPLES, statements

from payments.rules.statements import (
    CsvProfile,
    Statement,
    StatementUnreadable,
    as_dry_run,
    read_statements,
    write_csv,
)

HEAD = "Date,Description,Reference,Debit,Credit,Balance\n"


def one(text: str, profile: CsvProfile | None = None) -> Statement:
    (found,) = read_statements(text.encode(), profile=profile)
    return found


def refusal(content: str | bytes, profile: CsvProfile | None = None) -> StatementUnreadable:
    raw = content.encode() if isinstance(content, str) else content
    with pytest.raises(StatementUnreadable) as refused:
        read_statements(raw, profile=profile)
    return refused.value


def test_the_usual_columns_are_read() -> None:
    (found,) = read_statements((SAMPLES / "wrenbury.csv").read_bytes())

    assert as_dry_run([found]) == [
        {
            "format": "csv",
            "account": "",
            "currency": "GBP",
            "opening": "1000.00",
            "closing": "-244.50",
            "lines": 3,
            "sum": "-1244.50",
            "balanced": True,
        }
    ]
    assert found.lines[0].reference == "PAY-7K2QFA"


def test_newest_first_one_signed_column_semicolons_and_lines_above_the_heading() -> None:
    (found,) = read_statements((SAMPLES / "newest-first-signed.csv").read_bytes())

    assert [li.amount_pence for li in found.lines] == [-2000, -10000, 2550]
    assert (found.opening_pence, found.closing_pence, found.balanced) == (0, -9450, True)


@given(statements(min_lines=1))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_again(statement: Statement) -> None:
    (found,) = read_statements(write_csv(statement), profile=CsvProfile(newest_first=False))

    assert found.balanced
    assert (found.account, found.opening_pence, found.closing_pence) == (
        statement.account,
        statement.opening_pence,
        statement.closing_pence,
    )
    assert [(li.booked_on, li.amount_pence, li.reference, li.text) for li in found.lines] == [
        (li.booked_on, li.amount_pence, li.reference, li.text or li.counterparty)
        for li in statement.lines
    ]


def test_on_a_single_day_the_balances_say_which_way_round_it_is() -> None:
    rows = ["02/03/2026,a,,10.00,,90.00", "02/03/2026,b,,20.00,,70.00", "02/03/2026,c,,,5.00,75.00"]
    oldest = one(HEAD + "\n".join(rows))
    newest = one(HEAD + "\n".join(reversed(rows)))

    assert replace(newest, lines=()) == replace(oldest, lines=())
    assert newest.lines == oldest.lines


def test_a_missing_row_is_found_by_the_balances() -> None:
    found = one(HEAD + "02/03/2026,a,,10.00,,90.00\n03/03/2026,c,,,5.00,75.00\n")

    assert found.problems == ("Row 3: the balance does not follow from the row before it.",)
    assert not found.balanced


def test_without_balances_nothing_proves_it() -> None:
    found = one("Date,Description,Debit,Credit\n02/03/2026,a,10.00,\n")

    assert found.lines[0].amount_pence == -1000
    assert "nothing proves" in found.problems[0]
    assert as_dry_run([found])[0]["closing"] is None


def test_each_account_in_a_file_is_a_statement_and_a_bad_one_costs_no_other() -> None:
    good, bad = read_statements(
        b"Date,Description,Debit,Credit,Balance,Account\n"
        b"02/03/2026,a,10.00,,90.00,A\n02/03/2026,b,x,,90.00,B\n03/03/2026,c,1.00,,89.00,A\n"
    )

    assert (good.account, len(good.lines), good.balanced) == ("A", 2, True)
    assert bad.problems == ("Row 3: “x” is not an amount.",)


@pytest.mark.parametrize(
    ("figure", "pence"),
    [
        ("12.5", 1250),
        ('"1,234.50"', 123450),
        ("£3", 300),
        ("-7.00", -700),
        ("7.00-", -700),
        ("(7.00)", -700),
        ("7.00 DR", -700),
        ("7.00CR", 700),
        ("−7.00", -700),
    ],
)
def test_figures_as_banks_print_them(figure: str, pence: int) -> None:
    found = one(f"Date,Description,Amount\n02/03/2026,a,{figure}\n")

    assert found.lines[0].amount_pence == pence


def test_a_profile_says_columns_date_format_and_sign() -> None:
    card = CsvProfile(
        name="card",
        date="When",
        description="What",
        amount="Spent",
        balance="",
        amount_sign="money_out",
        date_formats=("%m/%d/%Y",),
    )

    found = one("When,What,Spent\n03/02/2026,a,12.00\n03/04/2026,b,-2.00\n", card)

    assert [li.amount_pence for li in found.lines] == [-1200, 200]
    assert found.opening_date is not None
    assert found.opening_date.isoformat() == "2026-03-02"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("02/03/2026,a,,10.001,,90.00", "amount_too_fine"),
        ('02/03/2026,a,,"12,50",,90.00', "amount_unreadable"),
        ("02/03/2026,a,,1 000 000 x,,90.00", "amount_unreadable"),
        ("02/03/2026,a,,10.00,10.00,90.00", "amount_twice"),
        ("02/03/2026,a,,,,90.00", "amount_missing"),
        ("02/03/2026,a", "amount_missing"),
        (",a,,10.00,,90.00", "date_missing"),
        ("31/02/2026,a,,10.00,,90.00", "date_unreal"),
        ("02/03/2026,a,,10.00,,lots", "amount_unreadable"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_with_its_number(row: str, code: str) -> None:
    refused = refusal(HEAD + row)

    assert refused.code == code
    assert refused.sentence.startswith("Row 2: ")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "empty"),
        (" \r\n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (HEAD, "no_lines"),
        ("hello", "not_csv"),
        ("Date,Description,Balance\n02/03/2026,a,1.00\n", "columns_missing"),
        (HEAD + '02/03/2026,"a', "csv_broken"),
        (b"Date,Description,Amount\n\x00\x01\x02", "not_text"),
        (b"\xff\xfeD", "not_text"),
        (b"Date,Description,Amount\n02/03/2026,\x81,1.00", "not_text"),
        (b"%PDF-1.7", "not_a_statement"),
        (b"PK\x03\x04rest", "not_a_statement"),
    ],
)
def test_what_is_no_statement_is_refused(content: str | bytes, code: str) -> None:
    assert refusal(content).code == code


def test_the_columns_that_are_missing_are_named() -> None:
    assert refusal("Date,Description,Debit\n1,2,3\n").sentence == (
        "The file has no column called Credit."
    )


def test_other_encodings_of_spreadsheets_are_read() -> None:
    text = HEAD + "02/03/2026,Café £5,,10.00,,90.00\n"

    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        (found,) = read_statements(text.encode(encoding))
        assert found.lines[0].text == "Café £5"


def test_a_refusal_names_the_file_when_it_is_known() -> None:
    with pytest.raises(StatementUnreadable, match=r"^march\.csv: The file is empty\.$"):
        read_statements(b"", filename="march.csv")

"""Files for spreadsheets: no text is a formula, and money is a number."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from carebudget.sheets import FORMULA, Money, csv_bytes, plain_text, xlsx_bytes

NOW = datetime(2026, 11, 3, 10, tzinfo=UTC)
ATTACKS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "=cmd|' /C calc'!A0",
    " =1",
    "＝1",
]


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_is_a_formula_in_either_file(attack: str) -> None:
    found = rows_of(csv_bytes(["Name", attack], [[attack, "Wren"]]))
    assert found[1][0] == f"'{attack}"
    assert found[0][1] == f"'{attack}"
    book = load_workbook(io.BytesIO(xlsx_bytes("A", ["Name"], [[attack]], made_at=NOW)))
    assert book.active is not None
    cell = book.active["A2"]
    assert cell.data_type == "s"
    assert str(cell.value).startswith("'")


@given(st.text())
def test_whatever_the_text_its_cell_begins_with_nothing_that_is_worked_out(text: str) -> None:
    assert not plain_text(text).startswith(FORMULA)


def test_money_and_days_are_numbers_and_days_in_both_files() -> None:
    row = [Money(-123_456), date(2026, 10, 31), 7, None, "Ann O’Neil"]
    found = rows_of(csv_bytes(["A", "B", "C", "D", "E"], [row]))
    assert found[1] == ["-1234.56", "2026-10-31", "7", "", "Ann O’Neil"]
    book = load_workbook(io.BytesIO(xlsx_bytes("A", ["A", "B", "C", "D", "E"], [row], made_at=NOW)))
    assert book.active is not None
    values = [cell.value for cell in book.active[2]]
    assert values == [-1234.56, datetime(2026, 10, 31), 7, None, "Ann O’Neil"]


def test_the_same_rows_give_the_same_bytes() -> None:
    rows = [["=A", Money(1)], ["B", Money(2)]]
    first = xlsx_bytes("Trial: balance [1]", ["A", "B"], rows, made_at=NOW)
    assert first == xlsx_bytes("Trial: balance [1]", ["A", "B"], rows, made_at=NOW)

"""The card provider's file: columns as data, no formula, and a last line that closes it."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules.batches import Batch, BatchItem, CannotWrite, Outcome, ResultsUnreadable
from payments.rules.payee_details import PrepaidCard, UkAccount
from payments.rules.prepaid import (
    FORMULA_STARTS,
    PrepaidProfile,
    neutral,
    read_prepaid_results,
    write_prepaid,
)

USUAL = PrepaidProfile()


def item(n: int = 1, **changes: object) -> BatchItem:
    usual = BatchItem(
        reference=f"PAY-7K2Q{n:02}",
        amount_pence=1234 * n,
        name="Margaret Ashdown",
        details=PrepaidCard(f"AP12345{n:02}"),
        day=date(2026, 11, 27),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def batch(*items: BatchItem) -> Batch:
    return Batch(
        reference="SUB-7K2QFA",
        run_reference="RUN-7K2QFA",
        serial=9,
        created_at=datetime(2026, 11, 25, tzinfo=UTC),
        items=items or (item(1), item(2)),
    )


def cells(content: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode()), delimiter=delimiter))


def test_the_usual_file() -> None:
    written = write_prepaid(batch(), USUAL)

    assert written.name == "SUB-7K2QFA.csv"
    assert cells(written.content) == [
        ["Card reference", "Amount", "Payment reference", "Name", "Load date"],
        ["AP1234501", "12.34", "PAY-7K2Q01", "Margaret Ashdown", "27/11/2026"],
        ["AP1234502", "24.68", "PAY-7K2Q02", "Margaret Ashdown", "27/11/2026"],
        ["TOTAL", "2", "37.02"],
    ]
    assert write_prepaid(batch(), USUAL) == written


def test_another_provider_has_other_columns() -> None:
    profile = PrepaidProfile(
        columns=(
            ("PROXY", "card"), ("PENCE", "amount"), ("REF", "reference"), ("CCY", "currency"),
            ("BATCH", "batch"), ("RUN", "run"), ("NO", "serial"),
        ),
        amounts="pence",
        delimiter=";",
        total="TRAILER",
    )  # fmt: skip

    assert cells(write_prepaid(batch(item(1)), profile).content, ";") == [
        ["PROXY", "PENCE", "REF", "CCY", "BATCH", "RUN", "NO"],
        ["AP1234501", "1234", "PAY-7K2Q01", "GBP", "SUB-7K2QFA", "RUN-7K2QFA", "9"],
        ["TRAILER", "1", "1234"],
    ]


@pytest.mark.parametrize(
    "name",
    [
        "=HYPERLINK(1)",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        '"=1',
        "=1,2",
        "a\n=1",
        "\x00=1",
    ],
)
def test_no_cell_is_taken_for_a_formula(name: str) -> None:
    written = cells(write_prepaid(batch(item(1, name=name)), USUAL).content)

    assert len(written) == 3
    assert not any(cell.startswith(FORMULA_STARTS) for row in written for cell in row)


@given(st.text(max_size=80))
def test_any_name_stays_in_its_cell(name: str) -> None:
    written = write_prepaid(batch(item(1, name=name.replace("\ud800", ""))), USUAL)
    rows = cells(written.content)
    assert [len(row) for row in rows] == [5, 5, 3]
    assert not rows[1][3].startswith(FORMULA_STARTS)


def test_an_ordinary_text_is_left_alone() -> None:
    assert neutral("Anne-Marie O'Brien = 1") == "Anne-Marie O'Brien = 1"


@pytest.mark.parametrize(
    ("made", "profile", "why"),
    [
        (replace(batch(), items=()), USUAL, "no payment"),
        (batch(item(1, details=UkAccount("200000", "12345678"))), USUAL, "not paid to a card"),
        (batch(item(1, amount_pence=0)), USUAL, "cannot be put on a card"),
        (batch(item(1, amount_pence=500_001)), USUAL, "The most is £5,000.00"),
        (batch(item(1), item(1)), USUAL, "twice"),
        (batch(item(1, reference="=1")), USUAL, "cannot be carried"),
        (batch(), PrepaidProfile(columns=(("Card", "card"),)), "no column for the amount"),
        (batch(), PrepaidProfile(columns=(*USUAL.columns, ("X", "x"))), "“x”, which is not known"),
        (batch(), PrepaidProfile(amounts="pints"), "in pounds or in pence"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    made: Batch, profile: PrepaidProfile, why: str
) -> None:
    with pytest.raises(CannotWrite, match=why):
        write_prepaid(made, profile)


RESULTS = """Payment reference,Amount,Status,Reason
PAY-7K2Q01,12.34,Loaded,
PAY-7K2Q02,24.68,REJECTED,'=Card expired
PAY-7K2Q03,1.00,Pending,
TOTAL,3,38.02
"""


def test_answers_are_read_in_the_provider_s_own_words() -> None:
    found = read_prepaid_results(RESULTS.encode(), USUAL)

    assert [(one.words, one.amount_pence, one.outcome) for one in found.items] == [
        ("PAY-7K2Q01", 1234, Outcome.ACCEPTED),
        ("PAY-7K2Q02", 2468, Outcome.REJECTED),
        ("PAY-7K2Q03", 100, Outcome.PENDING),
    ]
    assert found.items[1].sentence == "=Card expired"
    assert [one.blames_account for one in found.items] == [False, True, False]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is empty"),
        (RESULTS.replace("Status", "State"), "no column called “Status”"),
        (RESULTS.rsplit("TOTAL", 1)[0], "does not end with its TOTAL line"),
        (RESULTS.replace("TOTAL,3", "TOTAL,4"), "may be cut short"),
        (RESULTS.replace("38.02", "38.03"), "may be cut short"),
        (RESULTS.replace("Loaded", "Maybe"), "“Maybe”, which is not known"),
        (RESULTS.replace("12.34", "many"), "“many” is no amount"),
        (RESULTS.replace("PAY-7K2Q01,12.34,Loaded,", "PAY-7K2Q01"), "too few cells"),
        ("\xff", "no column called"),
    ],
)
def test_answers_that_are_not_whole_are_refused(content: str, why: str) -> None:
    with pytest.raises(ResultsUnreadable, match=why):
        read_prepaid_results(content.encode(), USUAL)


@given(st.integers(0, len(RESULTS) - 2))
def test_answers_cut_short_anywhere_are_never_taken(length: int) -> None:
    with pytest.raises(ResultsUnreadable):
        read_prepaid_results(RESULTS[:length].encode(), USUAL)

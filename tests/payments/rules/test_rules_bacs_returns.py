"""Reports of returned credits: read whole or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules.bacs_returns import (
    RETURNED_CREDITS,
    UNPAID_DEBITS,
    read_returned_credits,
    read_unpaid_debits,
)
from payments.rules.batches import Outcome, ResultsUnreadable, references_perhaps_in

CSV = """Service user,Reference,Amount,Return code,Name
123456,PAY-7K2QFA,12.34,0,LARKFIELD
123456,PAY-7K2QFB,"1,000.00",b,ROWAN
TOTAL,2,1012.34
"""
XML = """<?xml version="1.0"?>
<ReturnedCredits serviceUser="123456" count="2" total="1012.34">
  <Return reference="PAY-7K2QFA" amount="12.34" code="0"/>
  <Return reference="PAY-7K2QFB" amount="1000.00" code="B"/>
</ReturnedCredits>
"""


def why(content: str | bytes, service_user: str = "123456") -> str:
    sent = content if isinstance(content, bytes) else content.encode()
    with pytest.raises(ResultsUnreadable) as refused:
        read_returned_credits(sent, service_user=service_user)
    assert refused.value.sentence.endswith(".")
    return refused.value.sentence


@pytest.mark.parametrize(
    "content", [CSV, XML, "\ufeff" + CSV, "\ufeff" + XML, CSV.replace("\n", "\r\n")]
)
def test_a_report_is_read_in_either_form(content: str) -> None:
    found = read_returned_credits(content.encode(), service_user="123456")

    assert [(one.words, one.amount_pence, one.code) for one in found.items] == [
        ("PAY-7K2QFA", 1234, "0"),
        ("PAY-7K2QFB", 100_000, "B"),
    ]
    assert {one.outcome for one in found.items} == {Outcome.RETURNED}
    assert found.items[0].sentence == "The account details were wrong."
    assert found.items[1].blames_account


def test_an_empty_report_that_says_so_is_whole() -> None:
    found = read_returned_credits(
        b"Reference,Amount,Return code\nTOTAL,0,0.00\n", service_user="123456"
    )
    assert found.items == ()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "The report is empty"),
        ("Reference,Amount\nTOTAL,0,0\n", "no column called “Return code”"),
        (CSV.rsplit("TOTAL", 1)[0], "does not end with its TOTAL line"),
        (CSV.replace("TOTAL,2", "TOTAL,3"), "may be cut short"),
        (CSV.replace("1012.34", "1012.35"), "may be cut short"),
        (CSV.replace(",0,LARK", ",7,LARK"), "has the code “7”"),
        (CSV.replace("12.34,0", "twelve,0"), "the amount “twelve” cannot be read"),
        (CSV.replace("12.34,0", "-12.34,0"), "below zero"),
        (CSV.replace("LARKFIELD", "LARKFIELD,SUPPORT"), "too many or too few"),
        (CSV.replace("123456,PAY-7K2QFA", "999999,PAY-7K2QFA"), "for service user 999999"),
        ('Reference,"Amount', "cannot be read as CSV"),
        (b"\xff\xfe\x00", "not a text file"),
        (XML.replace('count="2"', 'count="3"'), "may be cut short"),
        (XML[:120], "It is not whole"),
        (XML.replace("ReturnedCredits", "UnpaidDebits"), "a report of another kind"),
        (XML.replace("123456", "654321"), "for service user 654321"),
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + XML.split("?>\n")[1], "It is not whole"),
    ],
)
def test_what_is_not_whole_or_not_ours_is_refused(content: str | bytes, expected: str) -> None:
    assert expected in why(content)


def test_each_code_of_the_scheme_has_its_words() -> None:
    assert set(RETURNED_CREDITS) == set("0235BC")
    assert set(UNPAID_DEBITS) == set("0123456789AB")
    assert not RETURNED_CREDITS["C"].blames_account


def test_unpaid_debits_have_codes_of_their_own() -> None:
    report = XML.replace("ReturnedCredits", "UnpaidDebits").replace('code="B"', 'code="7"')
    found = read_unpaid_debits(report.encode(), service_user="123456")
    assert found.items[1].sentence == "The amount differs from what the payer was told."


@pytest.mark.parametrize(
    "printed",
    [
        "PAY-ABCDEF",
        "PAY ABCDEF",
        "pay-abcdef",
        "WRENBURY PAY/ABCDEF REF",
        "PAYABCDEF",
        "PAY - ABCDEF",
    ],
)
def test_a_reference_is_found_however_it_is_printed_even_one_without_a_digit(printed: str) -> None:
    assert "PAY-ABCDEF" in references_perhaps_in(printed)


def test_nothing_is_found_in_nothing() -> None:
    assert references_perhaps_in("") == set()
    assert references_perhaps_in("RENT MAY") == {"RENT MAY"}


@given(st.binary(max_size=300))
def test_anything_is_a_report_or_a_sentence(content: bytes) -> None:
    try:
        found = read_returned_credits(content, service_user="123456")
    except ResultsUnreadable as refused:
        said = refused.sentence
    else:
        said = "An empty report."
        assert found.items == ()
    assert said.endswith(".")


@given(st.integers(0, len(CSV) - 2))
def test_a_report_that_was_cut_short_anywhere_is_never_taken(length: int) -> None:
    with pytest.raises(ResultsUnreadable):
        read_returned_credits(CSV[:length].encode(), service_user="123456")

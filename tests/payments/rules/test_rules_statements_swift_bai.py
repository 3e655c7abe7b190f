"""MT940 and BAI2: what is read, and that a misused tag or a cut file never passes as balanced."""

import pytest
from statement_world import SAMPLES

from payments.rules.statements import StatementUnreadable, as_dry_run, read_statements

SWIFT = (SAMPLES / "two-messages.sta").read_text()
BAI = (SAMPLES / "two-accounts.bai2").read_text()


def test_mt940_messages_are_statements_of_their_own() -> None:
    first, second = read_statements(SWIFT.encode())

    assert as_dry_run([first]) == [
        {
            "format": "mt940",
            "account": "20000012345678",
            "currency": "GBP",
            "opening": "1000.00",
            "closing": "900.50",
            "lines": 3,
            "sum": "-99.50",
            "balanced": True,
        }
    ]
    assert (first.sequence, first.lines[0].reference) == ("41/1", "PAY-7K2QFA")
    assert (second.opening_pence, second.closing_pence, second.balanced) == (90050, 90000, True)


def test_a_credit_that_is_taken_back_is_money_out() -> None:
    first, _ = read_statements(SWIFT.encode())

    assert first.lines[2].amount_pence == -500


def test_a_message_that_cannot_be_read_costs_no_other() -> None:
    bad, good = read_statements(SWIFT.replace("2603020302C25,5N", "26XX02C25,5N").encode())

    assert good.balanced
    assert not bad.balanced
    assert bad.problems[0].startswith("Statement 1: ")


def test_a_tag_that_is_misused_is_a_problem() -> None:
    misused = SWIFT.replace(":86:Charge", ":25:Charge")
    _, second = read_statements(misused.encode())

    assert second.account == "20000012345678"
    assert "Tag 25" in second.problems[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [("D0,50", "D0,505"), (":61:2603030303D0,50", ":61:2613030303D0,50"), ("D0,50", "D,")],
)
def test_mt940_that_cannot_be_read_is_refused(before: str, after: str) -> None:
    message = SWIFT[SWIFT.index(":20:WREN260303") :].replace(before, after)

    with pytest.raises(StatementUnreadable, match=r"^Statement 1"):
        read_statements(message.encode())


def test_mt940_that_breaks_off_is_never_balanced() -> None:
    whole = read_statements(SWIFT[: SWIFT.index(":62F:")].encode())

    assert whole[0].problems == ("There is no closing balance.",)


def test_bai2_accounts_are_statements_of_their_own() -> None:
    first, second = read_statements(BAI.encode())

    assert as_dry_run([first]) == [
        {
            "format": "bai2",
            "account": "20000012345678",
            "currency": "GBP",
            "opening": "1000.00",
            "closing": "905.50",
            "lines": 2,
            "sum": "-94.50",
            "balanced": True,
        }
    ]
    assert first.lines[0].text == "Brightside, for INV 001 second row of words"
    assert (first.lines[0].bank_reference, first.lines[0].reference) == ("BANK-1", "PAY-7K2QFA")
    assert (second.account, second.balanced) == ("20000087654321", True)


def test_a_bai2_control_total_that_is_wrong_is_a_problem() -> None:
    first, second = read_statements(BAI.replace("49,205100", "49,205101").encode())

    assert "control total" in first.problems[0]
    assert second.balanced


def test_a_bai2_type_without_a_direction_is_a_problem_and_not_dropped_in_silence() -> None:
    first, _ = read_statements(BAI.replace("16,475,", "16,720,").encode())

    assert any("type 720" in problem for problem in first.problems)


def test_bai2_that_breaks_off_is_never_balanced() -> None:
    whole, cut, end = read_statements(BAI[: BAI.index("49,-1000")].encode())

    assert whole.balanced
    assert "no closing record" in cut.problems[0]
    assert "no end (99)" in end.problems[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [("16,475,12000", "16,475,120.5"), ("16,475", "16,debit"), (",260302,", ",261302,")],
)
def test_bai2_that_cannot_be_read_is_refused_with_its_row(before: str, after: str) -> None:
    only = BAI[: BAI.index("03,20000087654321")].replace(before, after) + "98,1,1,1/\n99,1,1,1/\n"

    with pytest.raises(StatementUnreadable, match=r"^Row [24]: "):
        read_statements(only.encode())

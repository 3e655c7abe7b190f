"""Fingerprints: the same line in an overlapping file is recognised, two equal lines stay two."""

from hypothesis import given, settings
from hypothesis import strategies as st
from statement_world import camt, entry, line, lines, statement_of

from payments.rules.statements import Line, read_statements, with_fingerprints, write_camt053


def prints(content: bytes) -> list[str]:
    return [li.fingerprint for found in read_statements(content) for li in found.lines]


@given(st.lists(lines(), max_size=12))
@settings(max_examples=60, deadline=None)
def test_no_two_lines_of_a_statement_share_a_fingerprint(found: list[Line]) -> None:
    stamped = with_fingerprints("A", found + found)

    assert len({li.fingerprint for li in stamped}) == 2 * len(found)


@given(st.lists(lines(), min_size=1, max_size=12), st.data())
@settings(max_examples=60, deadline=None)
def test_the_order_of_lines_changes_no_fingerprint(found: list[Line], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(found))

    assert {li.fingerprint for li in with_fingerprints("A", found)} == {
        li.fingerprint for li in with_fingerprints("A", shuffled)
    }


def test_two_equal_lines_stay_two_and_are_recognised_in_an_overlapping_file() -> None:
    day = (line(-500), line(-500), line(-700))
    week = prints(write_camt053(statement_of(*day, line(900))))

    assert len(set(prints(write_camt053(statement_of(*day))))) == 3
    assert set(prints(write_camt053(statement_of(*day)))) < set(week)


def test_another_account_makes_another_line() -> None:
    assert with_fingerprints("A", [line(-5)]) != with_fingerprints("B", [line(-5)])


def test_the_banks_own_reference_identifies_a_line_whatever_the_words() -> None:
    before = with_fingerprints("A", [line(-5, "CARD PAYMENT", bank_reference="B1")])
    after = with_fingerprints("A", [line(-5, "Card payment, Wrenbury", bank_reference="B1")])

    assert before[0].fingerprint == after[0].fingerprint


def test_equal_lines_on_two_pages_of_a_day_are_two() -> None:
    first = statement_of(line(-500), opening=10_000)
    second = statement_of(line(-500), opening=9_500)

    assert len(set(prints(write_camt053([first, second])))) == 2


def test_the_same_statement_twice_in_a_file_brings_its_lines_once() -> None:
    twice = [statement_of(line(-500)), statement_of(line(-500))]

    assert len(set(prints(write_camt053(twice)))) == 1


def test_the_parts_of_a_batch_are_recognised_in_whatever_order_they_come() -> None:
    one, two = (
        f'<TxDtls><Refs><AcctSvcrRef>{own}</AcctSvcrRef></Refs><Amt Ccy="GBP">10.00</Amt></TxDtls>'
        for own in ("B1", "B2")
    )

    there = prints(camt(entry(details=one + two)))
    back = prints(camt(entry(details=two + one)))

    assert there == back[::-1]
    assert len(set(there)) == 2

"""camt.053: what is read, what is refused, and that one bad statement costs no other."""

import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given, settings
from statement_world import (
    SAMPLES,
    balance,
    camt,
    entry,
    line,
    statement_of,
    statements,
    stmt,
)

from payments.rules.statements import (
    Statement,
    StatementUnreadable,
    as_dry_run,
    read_statements,
    write_camt053,
)


def one(content: bytes) -> Statement:
    (found,) = read_statements(content)
    return found


def refusal(content: bytes) -> StatementUnreadable:
    with pytest.raises(StatementUnreadable) as refused:
        read_statements(content)
    return refused.value


@pytest.mark.parametrize("version", range(2, 9))
def test_every_version_reads_the_same(version: int) -> None:
    found = one((SAMPLES / f"camt053-v{version}.xml").read_bytes())

    assert as_dry_run([found]) == [
        {
            "format": "camt.053",
            "account": "20000012345678",
            "currency": "GBP",
            "opening": "1000.00",
            "closing": "755.50",
            "lines": 4,
            "sum": "-244.50",
            "balanced": True,
        }
    ]
    first, part, _, received = found.lines
    assert (first.reference, first.counterparty) == ("PAY-7K2QFA", "Brightside Home Care")
    assert (first.text, first.bank_reference) == ("Invoice INV 001", "BANK-1")
    assert part.reference == "PAY-AAAAAA"
    assert (received.counterparty, received.reference) == ("Margaret Ashdown", "")
    assert [found_line.line_no for found_line in found.lines] == [1, 2, 3, 4]


def test_what_is_not_booked_is_left_out_and_said() -> None:
    found = one(camt(entry() + entry("7.00", status="PDNG") + entry("8.00", status="INFO")))

    assert [one_line.amount_pence for one_line in found.lines] == [-2000]
    assert found.notes == ("2 entries not booked, left out.",)
    assert found.balanced


@given(statements())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_again(statement: Statement) -> None:
    for version in (2, 8):
        found = one(write_camt053(statement, version=version))

        bare = tuple(replace(li, fingerprint="", line_no=0) for li in found.lines)
        assert replace(found, lines=bare) == statement
        assert found.balanced


def test_a_writer_of_an_unknown_version_refuses() -> None:
    with pytest.raises(ValueError, match="2 to 8"):
        write_camt053(statement_of(line(-5)), version=9)


def test_a_batch_is_split_when_its_parts_add_up() -> None:
    found = one((SAMPLES / "camt053-v8.xml").read_bytes())

    assert [li.amount_pence for li in found.lines[1:3]] == [-10000, -5000]
    assert found.lines[1].bank_reference != found.lines[2].bank_reference


@pytest.mark.parametrize(
    "parts",
    [
        '<TxDtls><Amt Ccy="GBP">15.00</Amt></TxDtls><TxDtls><Amt Ccy="GBP">4.00</Amt></TxDtls>',
        '<TxDtls><Amt Ccy="GBP">20.00</Amt></TxDtls><TxDtls></TxDtls>',
        '<TxDtls><Amt Ccy="EUR">15.00</Amt></TxDtls><TxDtls><Amt Ccy="EUR">5.00</Amt></TxDtls>',
    ],
    ids=["wrong sum", "a part without an amount", "another currency"],
)
def test_a_batch_whose_parts_do_not_add_up_stays_one_line(parts: str) -> None:
    batch = f"<Btch><PmtInfId>RUN-7K2QFA</PmtInfId></Btch>{parts}"

    found = one(camt(entry(details=batch)))

    assert [(li.amount_pence, li.reference) for li in found.lines] == [(-2000, "RUN-7K2QFA")]
    assert "kept as one line" in found.notes[0]


def test_a_part_that_goes_the_other_way_counts_the_other_way() -> None:
    parts = (
        '<TxDtls><Amt Ccy="GBP">25.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls>'
        '<TxDtls><Amt Ccy="GBP">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls>'
    )

    assert [li.amount_pence for li in one(camt(entry(details=parts))).lines] == [-2500, 500]


def test_a_statement_that_does_not_add_up_is_read_with_its_difference() -> None:
    found = one(camt(entry("15.00")))

    assert not found.balanced
    assert found.difference_pence == -500


def test_a_missing_balance_is_a_problem_and_loses_no_line() -> None:
    found = one(camt(entry(), balances=balance("CLBD", "80.00")))

    assert found.problems == ("There is no opening balance.",)
    assert len(found.lines) == 1
    assert not found.balanced
    assert as_dry_run([found])[0]["opening"] is None


def test_pages_with_interim_balances_are_read_from_first_to_last() -> None:
    found = one(camt(entry(), balances=balance("ITBD", "100.00") + balance("ITBD", "80.00")))

    assert (found.opening_pence, found.closing_pence, found.balanced) == (10000, 8000, True)


def test_one_interim_balance_alone_does_not_stand_for_both() -> None:
    found = one(camt("", balances=balance("ITBD", "100.00")))

    assert found.problems == ("There is no opening balance.",)


def test_a_balance_in_another_currency_is_never_called_balanced() -> None:
    found = one(camt(entry(), balances=balance("OPBD", "100.00") + balance("CLBD", "80", "SEK")))

    assert found.problems == ("Amounts in SEK stand in an account in GBP.",)
    assert not found.balanced


def test_yen_have_no_smaller_unit() -> None:
    content = camt(
        entry("2700", currency="JPY"),
        balances=balance("OPBD", "3000", "JPY") + balance("CLBD", "300", "JPY"),
    ).replace(b"<Ccy>GBP</Ccy>", b"<Ccy>JPY</Ccy>")

    found = one(content)

    assert as_dry_run([found])[0]["sum"] == "-2700"
    assert found.balanced
    assert "whole units" in refusal(content.replace(b">2700<", b">2700.50<")).sentence


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        (entry("20.12345"), "amount_too_fine"),
        (entry("20.001"), "amount_too_fine"),
        (entry(""), "amount_missing"),
        (entry("twenty"), "amount_unreadable"),
        (entry("1e3"), "amount_unreadable"),
        (entry("NaN"), "amount_unreadable"),
        (entry("1_000"), "amount_unreadable"),
        (entry("٢٠"), "amount_unreadable"),
        (entry("9" * 19), "amount_too_large"),
        (entry("-20.00"), "amount_negative"),
        (entry(mark="OUT"), "mark_missing"),
        (entry(dates=""), "date_missing"),
        (entry(dates="<BookgDt><Dt>2026-02-30</Dt></BookgDt>"), "date_unreal"),
        (entry(dates="<BookgDt><Dt>02/03/2026</Dt></BookgDt>"), "date_unreal"),
    ],
)
def test_an_entry_that_cannot_be_read_is_refused_with_its_place(entries: str, code: str) -> None:
    refused = refusal(camt(entry() + entries))

    assert refused.code == code
    assert refused.sentence.startswith("Statement 1, entry 2: ")


def test_noughts_after_the_second_decimal_change_nothing() -> None:
    assert one(camt(entry("20.00000"))).lines[0].amount_pence == -2000


def test_a_bad_statement_is_held_and_costs_no_other() -> None:
    usual = balance("OPBD", "100.00") + balance("CLBD", "80.00")
    content = camt(entry()).replace(
        b"</Stmt>", f"</Stmt>{stmt(entry('1.234'), usual)}{stmt(entry(), usual)}".encode()
    )

    first, bad, last = read_statements(content)

    assert first.balanced
    assert last.balanced
    assert (bad.lines, bad.balanced) == ((), False)
    assert "1.234 has more than two decimals" in bad.problems[0]


def test_a_file_that_breaks_off_keeps_what_was_whole() -> None:
    content = write_camt053([statement_of(line(-5)), statement_of(line(-6))])

    whole, rest = read_statements(content[: content.rindex(b"</Stmt>")])

    assert whole.balanced
    assert "breaks off" in rest.problems[0]
    assert not rest.balanced


def test_a_file_that_breaks_off_in_its_only_statement_is_refused() -> None:
    assert refusal(write_camt053(statement_of(line(-5)))[:-60]).code == "xml_broken"


BOMB = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE b [<!ENTITY c SYSTEM "file:///etc/hostname">]>'
ADDRESS = '<!DOCTYPE b SYSTEM "http://127.0.0.1:9/statement.dtd">'


@pytest.mark.parametrize("head", [BOMB, FILE, ADDRESS], ids=["bomb", "file", "address"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_in_any_encoding(head: str, encoding: str) -> None:
    text = camt(entry(details="<AddtlTxInf>&c;</AddtlTxInf>"), head=head).decode()

    refused = refusal(text.replace("UTF-8", encoding).encode(encoding))

    assert refused.code == "xml_forbidden"


def test_a_document_type_hidden_behind_a_long_comment_is_refused_too() -> None:
    assert refusal(camt(entry(), head=f"<!--{'x' * 9000}-->{ADDRESS}")).code == "xml_forbidden"


def test_utf16_is_read() -> None:
    text = camt(entry()).decode().replace("UTF-8", "utf-16")

    assert one(text.encode("utf-16")).balanced


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'<?xml version="1.0" encoding="no-such"?><Document/>', "xml_broken"),
        (b'<?xml version="1.0" encoding="UTF-8"?><Document>\xff\xfe</Document>', "xml_broken"),
        (b"<html><body>Sign in</body></html>", "not_camt"),
        (b"<Document><BkToCstmrStmt></BkToCstmrStmt></Document>", "no_statement"),
        (b"<Document><BkToCstmrDbtCdtNtfctn/></Document>", "not_camt"),
    ],
)
def test_xml_that_is_no_statement_is_refused(content: bytes, code: str) -> None:
    assert refusal(content).code == code


def test_memory_does_not_grow_with_the_tree() -> None:
    content = write_camt053(statement_of(*(line(-n, "x" * 200) for n in range(1, 4001))))
    read_statements(write_camt053(statement_of(line(-5))))

    tracemalloc.start()
    found = one(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(found.lines) == 4000
    # The lines themselves, and no second copy of the file on our side of the parser.
    assert peak < 6 * len(content)

"""Statements for the tests of the readers: made by hypothesis, or by hand around one fragment."""

from datetime import date, timedelta
from pathlib import Path

from hypothesis import strategies as st

from payments.rules.statements import Line, Statement

SAMPLES = Path(__file__).parent / "samples"

ACCOUNT = "20000012345678"
DAY = date(2026, 3, 2)

amounts = st.integers(-(10**9), 10**9).filter(bool)
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
# Words as a bank would print them: no control characters, single spaces.
words = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" "),
    max_size=40,
).map(lambda text: " ".join(text.split()))
references = words.filter(lambda text: text.upper() not in ("NOTPROVIDED", "NONREF"))


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """Any booked line."""
    return Line(
        booked_on=draw(days),
        amount_pence=draw(amounts),
        value_on=draw(st.none() | days),
        bank_reference=draw(references),
        counterparty=draw(words),
        reference=draw(references),
        text=draw(words),
    )


@st.composite
def statements(draw: st.DrawFn, min_lines: int = 0) -> Statement:
    """Any statement that adds up, its lines in the order of their days."""
    found = sorted(draw(st.lists(lines(), min_size=min_lines, max_size=6)), key=_booked)
    opening = draw(st.integers(-(10**9), 10**9))
    start = found[0].booked_on if found else DAY
    return Statement(
        format="camt.053",
        account=ACCOUNT,
        currency="GBP",
        statement_id="WREN-1",
        sequence="41",
        opening_pence=opening,
        closing_pence=opening + sum(line.amount_pence for line in found),
        opening_date=start,
        closing_date=found[-1].booked_on if found else DAY,
        lines=tuple(found),
    )


def statement_of(*found: Line, opening: int = 100_000, statement_id: str = "WREN-1") -> Statement:
    """A statement that adds up around these lines."""
    return Statement(
        format="camt.053",
        account=ACCOUNT,
        currency="GBP",
        statement_id=statement_id,
        sequence="41",
        opening_pence=opening,
        closing_pence=opening + sum(line.amount_pence for line in found),
        opening_date=DAY,
        closing_date=DAY + timedelta(days=1),
        lines=tuple(found),
    )


def line(amount_pence: int, text: str = "Brightside Home Care", **more: object) -> Line:
    """One line on the usual day."""
    return Line(booked_on=DAY, amount_pence=amount_pence, text=text, **more)  # type: ignore[arg-type]


def camt(entries: str, *, balances: str | None = None, head: str = "") -> bytes:
    """A camt.053 file around entries as they stand."""
    usual = balance("OPBD", "100.00") + balance("CLBD", "80.00")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"{stmt(entries, usual if balances is None else balances)}"
        "</BkToCstmrStmt></Document>"
    ).encode()


def stmt(entries: str, balances: str) -> str:
    """One statement inside such a file."""
    return (
        f"<Stmt><Id>S1</Id><Acct><Id><Othr><Id>{ACCOUNT}</Id></Othr></Id><Ccy>GBP</Ccy></Acct>"
        f"{balances}{entries}</Stmt>"
    )


def balance(kind: str, amount: str, currency: str = "GBP") -> str:
    """A balance in credit."""
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        "<Dt><Dt>2026-03-02</Dt></Dt></Bal>"
    )


def entry(
    amount: str = "20.00",
    *,
    mark: str = "DBIT",
    status: str = "BOOK",
    dates: str = "<BookgDt><Dt>2026-03-02</Dt></BookgDt>",
    details: str = "",
    currency: str = "GBP",
) -> str:
    """An entry with what is given, right or wrong."""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd>'
        f"<Sts><Cd>{status}</Cd></Sts>{dates}<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def _booked(found: Line) -> date:
    return found.booked_on

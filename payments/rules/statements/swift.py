"""SWIFT MT940. The fields are read by the ``mt-940`` package; what they add up to is judged here. Pure.

A file is cut into its messages first, so that one that cannot be read does not take the others with
it, and the count of ``:61:`` lines is compared, because the package swallows some misused tags.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from .model import Line, Statement, StatementUnreadable, keep_the_good, minor_units, tidy

FORMAT = "mt940"
NOT_SAID = ("", "NONREF", "NOTPROVIDED")
MONEY_IN = {"C": 1, "RD": 1, "D": -1, "RC": -1}
"""RC takes a credit back and RD a debit: the money goes the other way."""

_MESSAGE = re.compile(r"^:20:", re.MULTILINE)
_LINE = re.compile(r"^:61:", re.MULTILINE)
_OPENING = re.compile(r"^:60[FM]:", re.MULTILINE)
_ACCOUNT = re.compile(r"^:25P?:([^\n]*)", re.MULTILINE)
_SEQUENCE = re.compile(r"^:28C?:([^\n]*)", re.MULTILINE)
_ENVELOPE = re.compile(r"^(?:\{[1235]:.*|-\}.*|-)$", re.MULTILINE)

Fields = Mapping[str, object]


def looks_like_mt940(content: bytes) -> bool:
    """Whether these bytes hold a message with the tags of a statement."""
    start = content[:4000].replace(b"\r", b"\n")
    return (start.startswith(b":20:") or b"\n:20:" in start or b"{4:" in start) and (
        b"\n:25" in start or b"\n:60" in start or b"\n:61:" in start or b"\n:28" in start
    )


def read_mt940(content: bytes) -> list[Statement]:
    """All statements of a file, one a message. Raises ``StatementUnreadable`` when none can be read."""
    text = _decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    text = _ENVELOPE.sub("", text.replace("{4:", "{4:\n"))
    starts = [found.start() for found in _MESSAGE.finditer(text)]
    if not starts:
        raise StatementUnreadable("no_statement", "There is no statement in this file.")
    read: list[Statement | StatementUnreadable] = []
    for number, start in enumerate(starts, start=1):
        end = starts[number] if number < len(starts) else len(text)
        try:
            read.append(_statement(text[start:end], f"Statement {number}"))
        except StatementUnreadable as error:
            read.append(error)
    return keep_the_good(FORMAT, read)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _statement(message: str, where: str) -> Statement:
    fields, rows = _parsed(message, where)
    opening = _balance(fields, "final_opening_balance", "intermediate_opening_balance", where)
    closing = _balance(fields, "final_closing_balance", "intermediate_closing_balance", where)
    currencies = [balance[2] for balance in (opening, closing) if balance]
    currency = currencies[0] if currencies else ""
    problems = []
    if opening is None:
        problems.append("There is no opening balance.")
    if closing is None:
        problems.append("There is no closing balance.")
    if len(set(currencies)) > 1:
        problems.append(f"The balances are in {' and '.join(currencies)}.")
    if len(_ACCOUNT.findall(message)) > 1:
        problems.append("Tag 25, the account, stands there more than once: a tag is misused.")
    if len(_LINE.findall(message)) != len(rows):
        problems.append("Not every line (tag 61) could be told from the next.")
    account, sequence = _ACCOUNT.search(message), _SEQUENCE.search(message)
    lines = [_line(row, currency, f"{where}, line {n}") for n, row in enumerate(rows, start=1)]
    return Statement(
        format=FORMAT,
        account=tidy(account[1], 40) if account else "",
        currency=currency,
        statement_id=tidy(str(fields.get("transaction_reference") or ""), 80),
        sequence=tidy(sequence[1], 40) if sequence else "",
        opening_pence=opening[0] if opening else None,
        closing_pence=closing[0] if closing else None,
        opening_date=opening[1] if opening else None,
        closing_date=closing[1] if closing else None,
        lines=tuple(line for line in lines if line.amount_pence),
        problems=tuple(problems),
    )


def _parsed(message: str, where: str) -> tuple[Fields, list[Fields]]:
    """What the package makes of one message. Whatever it raises is one refusal for the user."""
    from mt940.models import Transactions  # only a bank's MT940 needs it; the pages do not
    from mt940.options import Options

    read = Transactions(options=Options(merge_keeps_values=True))
    try:
        read.parse(message)
        return dict(read.data), [dict(row.data) for row in read.transactions]
    except Exception as error:  # the package raises RuntimeError, ValueError, KeyError and others
        raise StatementUnreadable(
            "mt940_broken", f"{where}: it is cut off, or a field is not as MT940 has it."
        ) from error


def _balance(
    fields: Fields, final: str, interim: str, where: str
) -> tuple[int, date | None, str] | None:
    found = fields.get(final) or fields.get(interim)
    if found is None:
        return None
    amount = found.amount  # type: ignore[attr-defined]
    currency = str(amount.currency or "")
    sign = -1 if str(found.status).upper() == "D" else 1  # type: ignore[attr-defined]
    pence = minor_units(_figure(amount.amount), f"{where}, balance", currency)
    return sign * abs(pence), _day(found.date), currency  # type: ignore[attr-defined]


def _figure(amount: object) -> str:
    return f"{amount:f}" if isinstance(amount, Decimal) else str(amount)


def _day(value: object) -> date | None:
    return date(value.year, value.month, value.day) if isinstance(value, date) else None


def _line(row: Fields, currency: str, where: str) -> Line:
    def words(*names: str) -> str:
        found = (str(row.get(name) or "").strip() for name in names)
        return next((word for word in found if word.upper() not in NOT_SAID), "")

    sign = MONEY_IN.get(str(row.get("status") or "").upper())
    amount = getattr(row.get("amount"), "amount", None)
    if sign is None or amount is None:
        raise StatementUnreadable("amount_missing", f"{where}: there is no amount, out or in.")
    value = _day(row.get("date"))
    booked = _day(row.get("entry_date")) or value
    if booked is None:
        raise StatementUnreadable("date_missing", f"{where}: there is no date.")
    text = [words(name) for name in ("purpose", "transaction_details", "extra_details")]
    return Line(
        booked_on=booked,
        amount_pence=sign * abs(minor_units(_figure(amount), where, currency)),
        value_on=value,
        bank_reference=tidy(words("bank_reference"), 80),
        counterparty=tidy(words("applicant_name", "recipient_name"), 140),
        reference=tidy(words("end_to_end_reference", "customer_reference"), 140),
        text=tidy(" ".join(part for part in text if part), 1000),
    )

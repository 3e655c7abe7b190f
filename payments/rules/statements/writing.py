"""Writing statements: what a bank would send, for the demo and for testing the readers. Pure.

Nothing here is shared with the readers but the dataclasses, so that one cannot hide the other's faults.
"""

import csv
import io
import re
from collections.abc import Iterable
from datetime import date
from xml.sax.saxutils import escape

from .model import Line, Statement, amount_string

FIRST_VERSION, LAST_VERSION = 2, 8
STATUS_IN_CODE_FROM = 7
PARTY_WRAPPED_FROM = 7

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_camt053(statements: Statement | Iterable[Statement], *, version: int = 8) -> bytes:
    """A camt.053 file of one statement or several, in the namespace and the form of ``version``.

    A balance that is ``None`` is left out. Raises ``ValueError`` for a version other than 2 to 8.
    """
    if not FIRST_VERSION <= version <= LAST_VERSION:
        raise ValueError(f"camt.053 is written in versions {FIRST_VERSION} to {LAST_VERSION}")
    several = [statements] if isinstance(statements, Statement) else list(statements)
    name = _xml(several[0].statement_id) if several else ""
    made = _made_on(several[-1]) if several else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02d}">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>{name}</MsgId>{made}</GrpHdr>\n"
        f"{''.join(_statement(one, version) for one in several)}"
        "</BkToCstmrStmt></Document>\n"
    ).encode()


def write_csv(statement: Statement) -> bytes:
    """A CSV file in the usual columns, oldest first, with running balances."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["Date", "Description", "Reference", "Debit", "Credit", "Balance", "Account"])
    balance = statement.opening_pence or 0
    for line in statement.lines:
        balance += line.amount_pence
        amount = amount_string(abs(line.amount_pence), statement.currency)
        writer.writerow(
            [
                line.booked_on.strftime("%d/%m/%Y"),
                line.text or line.counterparty,
                line.reference,
                amount if line.amount_pence < 0 else "",
                amount if line.amount_pence > 0 else "",
                amount_string(balance, statement.currency),
                statement.account,
            ]
        )
    return out.getvalue().encode()


def _xml(text: str) -> str:
    """Text as XML may hold it: characters that XML forbids are left out."""
    return escape(_NOT_XML.sub("", text))


def _made_on(statement: Statement) -> str:
    day = statement.closing_date or statement.opening_date
    return f"<CreDtTm>{day.isoformat()}T18:00:00Z</CreDtTm>" if day else ""


def _statement(statement: Statement, version: int) -> str:
    currency = statement.currency
    sequence = f"<ElctrncSeqNb>{_xml(statement.sequence)}</ElctrncSeqNb>"
    entries = "".join(_entry(line, currency, version) for line in statement.lines)
    return (
        f"<Stmt><Id>{_xml(statement.statement_id)}</Id>{sequence if statement.sequence else ''}"
        f"{_made_on(statement)}"
        f"<Acct><Id><Othr><Id>{_xml(statement.account)}</Id></Othr></Id><Ccy>{currency}</Ccy></Acct>"
        f"{_balance('OPBD', statement.opening_pence, statement.opening_date, currency)}"
        f"{_balance('CLBD', statement.closing_pence, statement.closing_date, currency)}\n"
        f"{entries}</Stmt>\n"
    )


def _mark(pence: int) -> str:
    return f"<CdtDbtInd>{'CRDT' if pence >= 0 else 'DBIT'}</CdtDbtInd>"


def _amount(pence: int, currency: str) -> str:
    return f'<Amt Ccy="{currency}">{amount_string(abs(pence), currency)}</Amt>'


def _balance(kind: str, pence: int | None, day: date | None, currency: str) -> str:
    if pence is None:
        return ""
    dated = f"<Dt><Dt>{day.isoformat()}</Dt></Dt>" if day else ""
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>"
        f"{_amount(pence, currency)}{_mark(pence)}{dated}</Bal>"
    )


def _entry(line: Line, currency: str, version: int) -> str:
    status = "<Cd>BOOK</Cd>" if version >= STATUS_IN_CODE_FROM else "BOOK"
    own = _xml(line.bank_reference)
    value = f"<ValDt><Dt>{line.value_on.isoformat()}</Dt></ValDt>" if line.value_on else ""
    return (
        f"<Ntry>{_amount(line.amount_pence, currency)}{_mark(line.amount_pence)}"
        f"<Sts>{status}</Sts><BookgDt><Dt>{line.booked_on.isoformat()}</Dt></BookgDt>{value}"
        f"{f'<AcctSvcrRef>{own}</AcctSvcrRef>' if own else ''}"
        f"<NtryDtls><TxDtls>{_transaction(line, version)}</TxDtls></NtryDtls></Ntry>\n"
    )


def _transaction(line: Line, version: int) -> str:
    other = "Cdtr" if line.amount_pence < 0 else "Dbtr"
    name = f"<Nm>{_xml(line.counterparty)}</Nm>"
    party = f"<Pty>{name}</Pty>" if version >= PARTY_WRAPPED_FROM else name
    parties = f"<RltdPties><{other}>{party}</{other}></RltdPties>" if line.counterparty else ""
    text = f"<RmtInf><Ustrd>{_xml(line.text)}</Ustrd></RmtInf>" if line.text else ""
    return (
        f"<Refs><EndToEndId>{_xml(line.reference) or 'NOTPROVIDED'}</EndToEndId></Refs>"
        f"{parties}{text}"
    )

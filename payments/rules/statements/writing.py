"""Writing statements: what a bank would send. For the demo and for testing the readers. Pure."""

import csv
import io
from xml.sax.saxutils import escape

from carebudget.money import decimal_string

from .model import Line, Statement


def write_camt053(statement: Statement, *, version: int = 8) -> bytes:
    """A camt.053 file with one statement."""
    currency = statement.currency
    entries = "".join(_entry(line, currency, version) for line in statement.lines)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02d}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>{escape(statement.statement_id)}</MsgId>"
        f"<CreDtTm>{statement.closing_date}T18:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>{escape(statement.statement_id)}</Id><ElctrncSeqNb>{escape(statement.sequence)}</ElctrncSeqNb>"
        f"<CreDtTm>{statement.closing_date}T18:00:00</CreDtTm>"
        f"<Acct><Id><Othr><Id>{escape(statement.account)}</Id></Othr></Id><Ccy>{currency}</Ccy></Acct>"
        f"{_balance('OPBD', statement.opening_pence or 0, statement.opening_date, currency)}"
        f"{_balance('CLBD', statement.closing_pence or 0, statement.closing_date, currency)}"
        f"{entries}</Stmt></BkToCstmrStmt></Document>\n"
    ).encode()


def _mark(pence: int) -> str:
    return "CRDT" if pence >= 0 else "DBIT"


def _balance(kind: str, pence: int, day: object, currency: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{decimal_string(abs(pence))}</Amt><CdtDbtInd>{_mark(pence)}</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _entry(line: Line, currency: str, version: int) -> str:
    other = "Cdtr" if line.amount_pence < 0 else "Dbtr"
    name = f"<Nm>{escape(line.counterparty)}</Nm>"
    party = f"<Pty>{name}</Pty>" if version >= 8 else name
    status = "<Cd>BOOK</Cd>" if version >= 4 else "BOOK"
    return (
        f"<Ntry><NtryRef>{escape(line.bank_reference)}</NtryRef>"
        f'<Amt Ccy="{currency}">{decimal_string(abs(line.amount_pence))}</Amt>'
        f"<CdtDbtInd>{_mark(line.amount_pence)}</CdtDbtInd><Sts>{status}</Sts>"
        f"<BookgDt><Dt>{line.booked_on}</Dt></BookgDt><ValDt><Dt>{line.value_on or line.booked_on}</Dt></ValDt>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{escape(line.reference or 'NOTPROVIDED')}</EndToEndId></Refs>"
        f"<RltdPties><{other}>{party}</{other}></RltdPties>"
        f"<RmtInf><Ustrd>{escape(line.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def write_csv(statement: Statement) -> bytes:
    """A CSV file in the usual columns, oldest first, with running balances."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["Date", "Description", "Reference", "Debit", "Credit", "Balance", "Account"])
    balance = statement.opening_pence or 0
    for line in statement.lines:
        balance += line.amount_pence
        amount = decimal_string(abs(line.amount_pence))
        writer.writerow(
            [
                line.booked_on.strftime("%d/%m/%Y"),
                line.text or line.counterparty,
                line.reference,
                amount if line.amount_pence < 0 else "",
                amount if line.amount_pence > 0 else "",
                decimal_string(balance),
                statement.account,
            ]
        )
    return out.getvalue().encode()

"""The invented council's bank: a statement a month, made from what the stand-in's bank saw and a little more."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from carebudget import clock
from payments.models import StatementAccount
from payments.rules.statements import Line, Statement, write_camt053, write_csv
from payments.services.accounts import statement_account

from .stand_in import sandbox

ACCOUNT_NUMBER = "20-00-00 12345678"
OPENING_PENCE = 2_500_000
FUNDING_PENCE = 9_000_000
CHARGE_PENCE = -1_150
REFUND_PENCE = 12_000


def bank_account() -> StatementAccount:
    """The council's bank account, with the number that stands on its statements."""
    account = statement_account("bank")
    if not account.number:
        account.number = ACCOUNT_NUMBER
        account.save(update_fields=["number"])
    return account


def bank_files() -> list[tuple[str, bytes]]:
    """What the bank would send now: top-ups since its last statement as camt.053, a charge as CSV."""
    account = bank_account()
    last = account.statements.filter(closing_pence__isnull=False).order_by("-id").first()
    bank = Bank()
    bank.number = 10 * account.statements.count()
    bank.balance_pence = (last.closing_pence if last else None) or OPENING_PENCE
    known = set(account.lines.values_list("reference", flat=True))
    today = clock.today()
    lines = [bank.topup(row, today) for row in sandbox("bank_lines")]
    files = [bank.written(today, [one for one in lines if one.reference not in known], "camt")]
    charge = bank.line(today, CHARGE_PENCE, "WRENBURY BANK", "ACCOUNT CHARGE")
    return [*files, bank.written(today, [charge], "csv")]


class Bank:
    """Writes one statement after another; each begins where the one before ended."""

    def __init__(self) -> None:
        self.balance_pence = OPENING_PENCE
        self.number = 0
        self.seen: set[str] = set()

    def statement(
        self, day: date, *, oddities: bool = False, paid_in: Sequence[tuple[int, str, str]] = ()
    ) -> tuple[str, bytes]:
        """The statement up to ``day``: funding, top-ups of the payment service, a charge.

        ``paid_in`` is what people pay us: pence, name and reference.
        ``oddities`` adds what a person must explain. Every third statement is CSV, as banks have
        their days. Returns a file name and its bytes.
        """
        lines = [self.line(day, FUNDING_PENCE, "WRENBURY COUNCIL GENERAL FUND", "CARE FUNDING")]
        for row in sandbox("bank_lines"):
            if row["id"] not in self.seen:
                self.seen.add(row["id"])
                lines.append(self.topup(row, day))
        for n, (pence, name, reference) in enumerate(paid_in, start=1):
            line = self.line(day, pence, name, reference)
            lines.append(replace(line, bank_reference=f"WB{self.number:03d}IN{n:03d}"))
        lines.append(self.line(day, CHARGE_PENCE, "WRENBURY BANK", "ACCOUNT CHARGE"))
        if oddities:
            lines.append(self.line(day, REFUND_PENCE, "LARKFIELD SUPPORT", "OVERPAID IN SPRING"))
        return self.written(day, lines, "csv" if self.number % 3 == 2 else "camt")

    def topup(self, row: dict[str, Any], day: date) -> Line:
        """A top-up as the stand-in's bank saw it."""
        return self.line(day, int(row["amount_pence"]), row["counterparty"], row["reference"])

    def line(self, day: date, pence: int, counterparty: str, reference: str) -> Line:
        """One booked line with a reference of the bank's own."""
        return Line(
            booked_on=day, amount_pence=pence, counterparty=counterparty, reference=reference,
            text=reference, bank_reference=f"WB{self.number:03d}{abs(pence)}{len(reference):02d}",
        )  # fmt: skip

    def written(self, day: date, lines: list[Line], form: str) -> tuple[str, bytes]:
        """A statement of these lines as ``camt`` or ``csv``: a file name and its bytes."""
        self.number += 1
        closing = self.balance_pence + sum(line.amount_pence for line in lines)
        made = Statement(
            format="camt.053",
            account=ACCOUNT_NUMBER,
            currency="GBP",
            statement_id=f"WREN-{day:%Y}-{self.number:03d}",
            sequence=str(self.number),
            opening_pence=self.balance_pence,
            closing_pence=closing,
            opening_date=day,
            closing_date=day,
            lines=tuple(lines),
        )
        self.balance_pence = closing
        name = f"wrenbury-{day:%Y-%m-%d}-{self.number}"
        if form == "csv":
            return f"{name}.csv", write_csv(made)
        return f"{name}.xml", write_camt053(made)

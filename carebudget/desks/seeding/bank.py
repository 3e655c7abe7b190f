"""The invented council's bank: a statement a month, made from what the stand-in's bank saw and a little more."""

from datetime import date

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


class Bank:
    """Writes one statement after another; each begins where the one before ended."""

    def __init__(self) -> None:
        self.balance_pence = OPENING_PENCE
        self.number = 0
        self.seen: set[str] = set()

    def statement(self, day: date, *, oddities: bool = False) -> tuple[str, bytes]:
        """The statement up to ``day``: funding, top-ups of the payment service, a charge.

        ``oddities`` adds what a person must explain. Every third statement is CSV, as banks have
        their days. Returns a file name and its bytes.
        """
        self.number += 1
        lines = [self._line(day, FUNDING_PENCE, "WRENBURY COUNCIL GENERAL FUND", "CARE FUNDING")]
        for row in sandbox("bank_lines"):
            if row["id"] not in self.seen:
                self.seen.add(row["id"])
                lines.append(
                    self._line(day, row["amount_pence"], row["counterparty"], row["reference"])
                )
        lines.append(self._line(day, CHARGE_PENCE, "WRENBURY BANK", "ACCOUNT CHARGE"))
        if oddities:
            lines.append(self._line(day, REFUND_PENCE, "LARKFIELD SUPPORT", "OVERPAID IN SPRING"))
        return self._written(day, lines)

    def _line(self, day: date, pence: int, counterparty: str, reference: str) -> Line:
        return Line(
            booked_on=day, amount_pence=pence, counterparty=counterparty, reference=reference,
            text=reference, bank_reference=f"WB{self.number:03d}{abs(pence)}{len(reference):02d}",
        )  # fmt: skip

    def _written(self, day: date, lines: list[Line]) -> tuple[str, bytes]:
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
        if self.number % 3 == 0:
            return f"wrenbury-{day:%Y-%m}.csv", write_csv(made)
        return f"wrenbury-{day:%Y-%m}.xml", write_camt053(made)

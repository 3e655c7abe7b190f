"""ISO 20022: ``pain.001`` files for councils whose bank takes them, and its ``pain.002`` reports."""

from datetime import time
from typing import Any

from django.conf import settings

from ..rules.batches import Batch, Results, WrittenFile
from ..rules.iso20022 import Debtor, write_pain001
from ..rules.iso20022_status import read_pain002
from ..rules.payee_details import PayeeKind
from .calendars import WorkingDays, time_of_day
from .files import FileRailBase
from .protocol import NotSetUp


class Pain001Rail(FileRailBase):
    """Pays UK accounts in pounds. The bank carries a file out on the day it names."""

    name = "iso20022"
    title = "Bank file (ISO 20022)"
    pays = PayeeKind.UK
    currency = "GBP"

    @property
    def options(self) -> dict[str, Any]:
        """``settings.ISO20022``."""
        return dict(settings.ISO20022)

    @property
    def calendar(self) -> WorkingDays:
        """The bank takes files for a day until the cut-off on that day."""
        closes: time = time_of_day(self.options["cut_off"])
        return WorkingDays(closes=closes, days_before=0, days_after=0)

    def profile(self) -> dict[str, str]:
        """The debtor, with figures as digits alone. Raises ``NotSetUp``."""
        if self.currency != settings.LEDGER_CURRENCY:
            raise NotSetUp(f"The ledger is not in {self.currency}, so amounts would be wrong.")
        debtor = Debtor(
            name=self.options["name"],
            currency=self.currency,
            sort_code=self.options["sort_code"].replace("-", ""),
            account_number=self.options["account_number"],
            iban=self.options["iban"].replace(" ", ""),
            bic=self.options["bic"],
            service=self.options["service"] if self.currency == "GBP" else "",
        )
        problems = debtor.problems()
        if problems:
            raise NotSetUp(problems[0].sentence)
        return debtor.as_profile()

    def write(self, batch: Batch) -> WrittenFile:
        """The ``pain.001`` file, checked against its schema."""
        return write_pain001(batch)

    def read_results(self, content: bytes) -> Results:
        """The bank's ``pain.002``."""
        return read_pain002(content)


class SepaRail(Pain001Rail):
    """Pays IBANs in euros, for an authority whose ledger is in euros. A ledger in pounds refuses it."""

    name = "sepa"
    title = "Euro payments (SEPA)"
    pays = PayeeKind.IBAN
    currency = "EUR"

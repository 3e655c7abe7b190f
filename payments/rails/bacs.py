"""Bacs: Standard 18 files handed over through the bank or a bureau, and reports of returned credits."""

from typing import Any

from django.conf import settings

from ..rules.bacs import ServiceUser, write_bacs
from ..rules.bacs_returns import read_returned_credits
from ..rules.batches import Batch, Results, WrittenFile
from ..rules.payee_details import PayeeKind
from .files import FileRailBase
from .protocol import NotSetUp


class BacsRail(FileRailBase):
    """Pays UK accounts two working days after the file is handed over."""

    name = "bacs"
    title = "Bacs"
    pays = PayeeKind.UK

    @property
    def options(self) -> dict[str, Any]:
        """``settings.BACS``."""
        return dict(settings.BACS)

    def profile(self) -> dict[str, str]:
        """The service user, with figures as digits alone. Raises ``NotSetUp``."""
        user = ServiceUser(
            number=self.options["service_user"],
            name=self.options["name"],
            sort_code=self.options["sort_code"].replace("-", ""),
            account_number=self.options["account_number"],
        )
        problems = user.problems()
        if problems:
            raise NotSetUp(problems[0].sentence)
        return user.as_profile()

    def write(self, batch: Batch) -> WrittenFile:
        """The Standard 18 file."""
        return write_bacs(batch)

    def read_results(self, content: bytes) -> Results:
        """A report of returned credits (ARUCS), as CSV or XML."""
        return read_returned_credits(content, service_user=self.options["service_user"])

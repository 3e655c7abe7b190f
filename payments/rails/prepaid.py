"""Prepaid cards: a file of loads for the card provider, and its answers. The columns are settings."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from ..rules.batches import Batch, Outcome, Results, WrittenFile
from ..rules.payee_details import PayeeKind
from ..rules.prepaid import PrepaidProfile, read_prepaid_results, write_prepaid
from .calendars import WorkingDays, time_of_day
from .files import FileRailBase
from .protocol import NotSetUp


class PrepaidRail(FileRailBase):
    """Loads prepaid cards on the day the file names."""

    name = "prepaid"
    title = "Prepaid cards"
    pays = PayeeKind.CARD

    @property
    def options(self) -> dict[str, Any]:
        """``settings.PREPAID``."""
        return dict(settings.PREPAID)

    @property
    def calendar(self) -> WorkingDays:
        """The card provider takes files for a day until the cut-off on that day."""
        return WorkingDays(closes=time_of_day(self.options["cut_off"]), days_before=0, days_after=0)

    def profile(self) -> dict[str, str]:
        """The card provider's columns and limit as they are set now. Raises ``NotSetUp``."""
        kept = {
            "file": json.dumps(self.options["file"]),
            "limit_pence": str(self.options["payment_limit_pence"]),
        }
        problems = file_profile(kept).problems()
        if problems:
            raise NotSetUp(problems[0].sentence)
        return kept

    def write(self, batch: Batch) -> WrittenFile:
        """The file of loads, with the columns that were set when the submission was begun."""
        return write_prepaid(batch, file_profile(batch.profile))

    def read_results(self, content: bytes) -> Results:
        """The card provider's answers."""
        return read_prepaid_results(content, file_profile(self.profile()))


def file_profile(kept: Mapping[str, str]) -> PrepaidProfile:
    """The card provider's columns; what settings do not name stays as it is usual. Raises ``NotSetUp``."""
    try:
        named = json.loads(kept["file"])
        if "columns" in named:
            named["columns"] = tuple((heading, holds) for heading, holds in named["columns"])
        if "statuses" in named:
            named["statuses"] = {
                word.lower(): Outcome(outcome) for word, outcome in named["statuses"].items()
            }
        return PrepaidProfile(limit_pence=int(kept["limit_pence"]), **named)
    except (TypeError, ValueError, KeyError) as error:
        raise NotSetUp(f"The card file’s settings cannot be used: {error}.") from error

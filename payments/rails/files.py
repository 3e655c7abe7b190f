"""What all file rails share: the memory of a file rail is what was handed over, so it looks at submissions."""

from typing import Any

from carebudget import clock

from ..rules.batches import Outcome
from .calendars import WorkingDays, time_of_day
from .protocol import (
    Accepted,
    CancelAnswer,
    Cancelled,
    Limits,
    LookAnswer,
    NotThere,
    PaymentOrder,
    RailKind,
    TooLate,
    Unknown,
)

FOREVER_HOURS = 24 * 365 * 100
LOOK_AGAIN_SECONDS = 3600.0


class FileRailBase:
    """Looking and cancelling, the same for every file rail. A rail adds its name, settings and files."""

    kind = RailKind.FILE
    statement_account = "bank"
    key_window_hours = FOREVER_HOURS
    """A file rail forgets nothing: its submissions are ours."""

    def look(self, order: PaymentOrder) -> LookAnswer:
        """From the submission that carries the payment. One that is not marked as sent proves nothing."""
        item = self._item(order)
        if item is None:
            return NotThere()
        if item.submission.sent_at is None:
            return Unknown(
                why=f"It is in file {item.submission.reference}, which is not marked as sent.",
                look_after_seconds=LOOK_AGAIN_SECONDS,
            )
        return Accepted(
            external_id=item.external_id,
            returned=item.outcome in (Outcome.RETURNED, Outcome.REJECTED),
        )

    def cancel(self, order: PaymentOrder) -> CancelAnswer:
        """A payment leaves a file only with the whole file, which a person withdraws before its cut-off."""
        item = self._item(order)
        if item is None:
            return Cancelled()
        submission = item.submission
        cut_off = self.calendar.cut_off(submission.day)
        if clock.now() > cut_off:
            return TooLate(f"Files for its day closed at {cut_off:%H:%M on %-d %B}.")
        return Unknown(why=f"It leaves only when its file {submission.reference} is withdrawn.")

    def _item(self, order: PaymentOrder) -> Any:
        from ..models import SubmissionItem

        return (
            SubmissionItem.objects.filter(payment__public_id=order.payment_id, living=True)
            .select_related("submission")
            .first()
        )

    @property
    def options(self) -> dict[str, Any]:
        """The rail's settings."""
        raise NotImplementedError

    @property
    def limits(self) -> Limits:
        """From the rail's settings."""
        return Limits(
            payment_pence=self.options["payment_limit_pence"],
            batch_pence=self.options["file_limit_pence"],
            batch_count=self.options["file_limit_count"],
        )

    @property
    def calendar(self) -> WorkingDays:
        """A file is due by the cut-off on the working day before its day."""
        return WorkingDays(closes=time_of_day(self.options["cut_off"]))

"""Bacs Standard 18 payment files: one file a submission, exact to the character. Pure.

Labels (VOL1, HDR1, HDR2, UHL1, EOF1, EOF2, UTL1) have 80 characters; data and contra records 100, or 106
with a processing day of their own. Whatever cannot be carried is refused in words: nothing is cut from a
reference, nothing guessed. Names are transliterated by ``bacs_name``. The layout follows published
transcriptions of the specification, which itself is licensed; positions below count from 1 as there.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from carebudget.clock import LONDON
from carebudget.money import Pence, format_pence
from carebudget.workdays import is_working_day

from .bacs_text import FIELD, UnfitText, bacs_name, bacs_reference
from .banking import parse_account_number, parse_sort_code
from .batches import Batch, BatchItem, CannotWrite, Problem, WrittenFile
from .payee_details import UkAccount

FORMAT = "bacs-standard-18"
CREDIT = "99"
CONTRA = "17"
DAYS_AHEAD = 31
"""A processing day may be at most this many days after the day on which the file is made."""

AMOUNT_DIGITS = 11
SERIALS = range(1, 1_000_000)
KEPT_FOR = timedelta(days=7)
LINE_END = "\r\n"

_USER_NUMBER = re.compile(r"[0-9]{6}")


@dataclass(frozen=True)
class ServiceUser:
    """The authority as Bacs knows it: service user number, name, and the account it pays from."""

    number: str
    name: str
    sort_code: str
    account_number: str

    @classmethod
    def from_profile(cls, profile: dict[str, str]) -> "ServiceUser":
        """The service user as it was kept with the submission."""
        return cls(**{key: profile.get(key, "") for key in cls.__dataclass_fields__})

    def as_profile(self) -> dict[str, str]:
        """The service user as plain data, to be kept with the submission."""
        return dict(vars(self))

    def problems(self) -> list[Problem]:
        """What is wrong with the set-up, in words."""
        found = []
        if not _USER_NUMBER.fullmatch(self.number):
            found.append(
                Problem("user_number", "The Bacs service user number must have six digits.")
            )
        checks: tuple[tuple[str, Callable[[str], str], str], ...] = (
            ("our_sort_code", parse_sort_code, self.sort_code),
            ("our_account", parse_account_number, self.account_number),
            ("our_name", bacs_name, self.name),
        )
        for code, parse, value in checks:
            try:
                if parse(value) != value and code != "our_name":
                    raise ValueError("it must be digits alone")
            except ValueError as error:
                found.append(Problem(code, f"The authority’s own account for Bacs: {error}"))
        return found


def write_bacs(batch: Batch) -> WrittenFile:
    """The file of a batch. Raises ``CannotWrite`` with everything that is wrong, in words."""
    user = ServiceUser.from_profile(dict(batch.profile))
    found = [*user.problems(), *_batch_problems(batch), *_item_problems(batch, user)]
    if found:
        raise CannotWrite(found)
    records = [*_header(batch, user), *_data(batch, user), *_trailer(batch, user)]
    content = "".join(record + LINE_END for record in records).encode("ascii")
    return WrittenFile(f"{batch.reference}.txt", FORMAT, content)


def processing_day_problem(day: date, *, created_on: date) -> str:
    """Why Bacs cannot process on ``day`` a file made on ``created_on``, in words; empty when it can."""
    if day <= created_on:
        return f"{day:%-d %B %Y} is too early: Bacs processes a file on the day after it is sent."
    if not is_working_day(day):
        return f"{day:%-d %B %Y} is not a working day in England."
    if (day - created_on).days > DAYS_AHEAD:
        return f"{day:%-d %B %Y} is more than {DAYS_AHEAD} days ahead."
    return ""


def _batch_problems(batch: Batch) -> list[Problem]:
    found = []
    if not batch.items:
        found.append(Problem("empty", "There is no payment in this submission."))
    if batch.serial not in SERIALS:
        found.append(
            Problem(
                "serial", f"The serial number {batch.serial} does not fit into six digits from 1."
            )
        )
    for day in batch.days:
        problem = processing_day_problem(day, created_on=_created_on(batch))
        if problem:
            found.append(Problem("processing_day", problem))
        total = sum(item.amount_pence for item in batch.items_of(day))
        if len(str(total)) > AMOUNT_DIGITS:
            found.append(
                Problem(
                    "total",
                    f"The payments of {day:%-d %B %Y} make {format_pence(total)}, more than one file can carry.",
                )
            )
    references = [item.reference for item in batch.items]
    if len(set(references)) != len(references):
        found.append(Problem("twice", "A payment is in this submission twice."))
    return found


def _item_problems(batch: Batch, user: ServiceUser) -> list[Problem]:
    found = []
    for item in batch.items:
        if not isinstance(item.details, UkAccount):
            found.append(
                Problem("account", f"{item.reference} is not paid to a UK account.", item.reference)
            )
        elif (item.details.sort_code, item.details.account_number) == (
            user.sort_code,
            user.account_number,
        ):
            found.append(
                Problem(
                    "own_account",
                    f"{item.reference} would be paid into the account it comes from.",
                    item.reference,
                )
            )
        if item.amount_pence <= 0 or len(str(item.amount_pence)) > AMOUNT_DIGITS:
            found.append(
                Problem(
                    "amount",
                    f"{item.reference}: {format_pence(item.amount_pence)} cannot be paid by Bacs.",
                    item.reference,
                )
            )
        for code, fit in (("name", bacs_name), ("reference", bacs_reference)):
            try:
                fit(getattr(item, code))
            except UnfitText as error:
                found.append(Problem(code, f"{item.reference}: {error}", item.reference))
    return found


# -- records ------------------------------------------------------------------------------------


def _header(batch: Batch, user: ServiceUser) -> list[str]:
    volume = _laid_out((1, "VOL1"), (5, f"{batch.serial:06}"), (42, user.number), (80, "1"))
    return [volume, _file_label("HDR1", batch, user), _format_label("HDR2", batch), _user(batch)]


def _file_label(name: str, batch: Batch, user: ServiceUser) -> str:
    return _laid_out(
        (1, name), (5, "A"), (6, user.number), (12, "S"), (16, user.number),
        (22, f"{batch.serial:06}"), (28, "0001"), (32, "0001"),
        (42, _julian(_created_on(batch))), (48, _julian(batch.days[-1] + KEPT_FOR)), (55, "000000"),
    )  # fmt: skip


def _format_label(name: str, batch: Batch) -> str:
    length = "00106" if _is_multi(batch) else "00100"
    return _laid_out((1, name), (5, "F"), (6, "02000"), (11, length), (51, "00"))


def _user(batch: Batch) -> str:
    work = "4 MULTI  " if _is_multi(batch) else "1 DAILY  "
    return _laid_out(
        (1, "UHL1"), (5, _julian(batch.days[0])), (11, "999999"), (21, "00"), (23, "000000"),
        (29, work), (38, "001"),
    )  # fmt: skip


def _data(batch: Batch, user: ServiceUser) -> list[str]:
    """The payments of each day, followed by that day's contra: what is drawn from our own account."""
    records = []
    for day in batch.days:
        items = batch.items_of(day)
        records += [_credit(item, user, batch) for item in items]
        records.append(_contra(sum(item.amount_pence for item in items), day, user, batch))
    return records


def _credit(item: BatchItem, user: ServiceUser, batch: Batch) -> str:
    assert isinstance(item.details, UkAccount)
    return _record(
        destination=item.details.sort_code + item.details.account_number,
        code=CREDIT,
        user=user,
        amount_pence=item.amount_pence,
        texts=(bacs_name(user.name), bacs_reference(item.reference), bacs_name(item.name)),
        day=item.day if _is_multi(batch) else None,
    )


def _contra(amount_pence: Pence, day: date, user: ServiceUser, batch: Batch) -> str:
    """Carries the submission's reference, which our own bank shows on the statement."""
    return _record(
        destination=user.sort_code + user.account_number,
        code=CONTRA,
        user=user,
        amount_pence=amount_pence,
        texts=(bacs_reference(batch.reference), "CONTRA", bacs_name(user.name)),
        day=day if _is_multi(batch) else None,
    )


def _record(
    *,
    destination: str,
    code: str,
    user: ServiceUser,
    amount_pence: Pence,
    texts: tuple[str, str, str],
    day: date | None,
) -> str:
    record = (
        f"{destination}0{code}{user.sort_code}{user.account_number}    "
        f"{amount_pence:0{AMOUNT_DIGITS}}" + "".join(text.ljust(FIELD) for text in texts)
    )
    return record + (_julian(day) if day else "")


def _trailer(batch: Batch, user: ServiceUser) -> list[str]:
    totals = _laid_out(
        (1, "UTL1"), (5, f"{batch.total_pence:013}"), (18, f"{batch.total_pence:013}"),
        (31, f"{len(batch.days):07}"), (38, f"{len(batch.items):07}"),
    )  # fmt: skip
    return [_file_label("EOF1", batch, user), _format_label("EOF2", batch), totals]


# -- small parts --------------------------------------------------------------------------------


def _is_multi(batch: Batch) -> bool:
    return len(batch.days) > 1


def _created_on(batch: Batch) -> date:
    return batch.created_at.astimezone(LONDON).date()


def _julian(day: date) -> str:
    """A space, two digits of the year, three of the day in the year."""
    return f" {day:%y%j}"


def _laid_out(*fields: tuple[int, str]) -> str:
    """A label of 80 characters with each text at its position, counted from 1."""
    label = [" "] * 80
    for position, text in fields:
        label[position - 1 : position - 1 + len(text)] = text
    return "".join(label)

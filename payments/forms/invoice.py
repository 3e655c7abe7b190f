"""An invoice as it is typed: its head and its lines as one form, and what the buttons do to the lines.

The names of the fields are those that the service refuses by: ``number``, ``period_to``, ``lines``,
``lines-2-quantity``. Nothing here writes.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict

from carebudget import clock
from carebudget.money import decimal_string
from carebudget.people.forms_kit import DateField, PoundsField
from payments.models import Invoice, ServiceAgreement
from payments.rules.invoicing import (
    QUANTITY_LIMIT,
    LineDraft,
    check_invoice,
    line_amount,
    number_key,
)
from payments.selectors.provider import AgreementRow, earlier_invoice, last_invoice, terms_of
from payments.selectors.provider_words import unit_in_words
from payments.services import InvoiceLineDraft
from payments.services.invoicing import LINES_LIMIT

LINE_FIELDS = ("service_date", "description", "quantity", "rate_pence")
_LINE = re.compile(r"^lines-(\d{1,4})-(.+)$")
DATE_PARTS = ("day", "month", "year")
HEAD_FIELDS = (
    "number",
    "note",
    *(f"period_{end}_{part}" for end in ("from", "to") for part in DATE_PARTS),
)
STEP_DAYS = {"weekly": 7, "fortnightly": 14, "four_weekly": 28}


@dataclass(frozen=True)
class InvoiceSums:
    """What the lines come to so far, beside what may still be invoiced, in pence."""

    count: int
    total_pence: int
    may_be_pence: int

    @property
    def left_pence(self) -> int:
        """What may still be invoiced after this one; below zero when it is too much."""
        return self.may_be_pence - self.total_pence

    @property
    def over_pence(self) -> int:
        """How much too much it is."""
        return max(0, -self.left_pence)


class InvoiceForm(forms.Form):
    """The whole invoice. ``quiet`` shows what was typed without saying yet what is wrong with it."""

    number = forms.CharField(
        label="Your invoice number",
        max_length=40,
        widget=forms.TextInput(attrs={"class": "govuk-input--width-10", "spellcheck": "false"}),
        error_messages={
            "required": "Enter your invoice number.",
            "max_length": "The number can have at most 40 letters and digits.",
        },
    )
    period_from = DateField(
        label="First day", error_messages={"required": "Enter the first day of the invoice."}
    )
    period_to = DateField(
        label="Last day", error_messages={"required": "Enter the last day of the invoice."}
    )
    note = forms.CharField(
        label="A note to the person (optional)",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    lines = forms.Field(required=False)
    """Never shown: it carries what is wrong with the lines taken together."""

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        *,
        row: AgreementRow,
        count: int = 1,
        quiet: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.row, self.count, self.quiet = row, count, quiet
        self.earlier: Invoice | None = None
        for n in range(count):
            for name, one in _line_fields(row.agreement).items():
                self.fields[f"lines-{n}-{name}"] = one

    def full_clean(self) -> None:
        if not self.quiet:
            super().full_clean()
            return
        self._errors = ErrorDict()
        self.cleaned_data: dict[str, Any] = {}

    def add_error(self, field: str | None, error: Any) -> None:
        """Say which line is meant, for the list of errors at the top of the page."""
        line = _LINE.match(field or "")
        if line:
            name = f"Line {int(line[1]) + 1}"
            found = error if isinstance(error, ValidationError) else ValidationError(error)
            error = [_of_line(name, words) for words in found.messages]
        super().add_error(field, error)

    def clean(self) -> dict[str, Any]:
        """Everything the service would refuse, each beside its field, before anything is sent."""
        cleaned = super().clean() or {}
        if self.count > LINES_LIMIT:
            self.add_error("lines", f"An invoice can have at most {LINES_LIMIT} lines.")
        self._check_number(cleaned.get("number", ""))
        if not any(name != "number" for name in self.errors):
            for problem in check_invoice(
                self._drafts(),
                terms_of(self.row),
                period_from=cleaned["period_from"],
                period_to=cleaned["period_to"],
                today=clock.today(),
            ):
                self.add_error(problem.field, problem.sentence)
        return cleaned

    def _check_number(self, number: str) -> None:
        if not number:
            return
        if not number_key(number):
            self.add_error("number", "Use letters or digits in your invoice number.")
            return
        self.earlier = earlier_invoice(self.row.agreement.provider, number)
        if self.earlier:
            self.add_error(
                "number",
                f"You have sent an invoice with the number {number} before. "
                "Use another number, or look at the one you sent.",
            )

    def wrong_with_period(self) -> list[tuple[str, str]]:
        """What is wrong with the two dates alone, whatever the lines say: fields and sentences."""
        typed = [
            (name, str(error))
            for name in ("period_from", "period_to")
            for error in self.errors.get(name, [])
        ]
        if typed:
            return typed
        first, last = self.period()
        found = check_invoice(
            [], terms_of(self.row), period_from=first, period_to=last, today=clock.today()
        )
        return [(one.field, one.sentence) for one in found if one.field.startswith("period")]

    def period(self) -> tuple[date, date]:
        """The first and the last day; asked once nothing is wrong with them."""
        return self.cleaned_data["period_from"], self.cleaned_data["period_to"]

    def _drafts(self) -> list[LineDraft]:
        return [
            LineDraft(**{name: self.cleaned_data[f"lines-{n}-{name}"] for name in LINE_FIELDS})
            for n in range(self.count)
        ]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        head = {name: self.cleaned_data[name] for name in ("number", "period_from", "period_to")}
        lines = [
            InvoiceLineDraft(one.service_date, one.description, one.quantity, one.rate_pence)
            for one in self._drafts()
        ]
        return {**head, "note": self.cleaned_data["note"], "lines": lines}

    def line_rows(self) -> Iterator[tuple[int, list[BoundField]]]:
        """The lines of the page: their number from 1, and their fields."""
        for n in range(self.count):
            yield n + 1, [self[f"lines-{n}-{name}"] for name in LINE_FIELDS]

    def sums(self) -> InvoiceSums:
        """The total of the lines that make sense already."""
        total = 0
        for n in range(self.count):
            quantity, rate = self._as_far(n, "quantity"), self._as_far(n, "rate_pence")
            if quantity and rate and 0 < quantity < QUANTITY_LIMIT:
                total += line_amount(LineDraft(clock.today(), "", quantity, rate))
        return InvoiceSums(self.count, total, self.row.left_pence)

    def _as_far(self, n: int, name: str) -> Any:
        bound = self[f"lines-{n}-{name}"]
        try:
            return bound.field.clean(bound.data)
        except ValidationError:
            return None

    def amounts(self) -> list[tuple[LineDraft, int]]:
        """Every line with what it comes to, in pence."""
        return [(draft, line_amount(draft)) for draft in self._drafts()]


def _of_line(name: str, words: str) -> str:
    return words if words.startswith(name) else f"{name}: {words[:1].lower()}{words[1:]}"


def _line_fields(agreement: ServiceAgreement) -> dict[str, forms.Field]:
    unit = unit_in_words(agreement.unit)
    return {
        "service_date": DateField(
            label="Date", error_messages={"required": "Enter the day, month and year."}
        ),
        "description": forms.CharField(
            label="What you did",
            max_length=200,
            error_messages={
                "required": "Say what was done.",
                "max_length": "Use at most 200 letters.",
            },
        ),
        "quantity": forms.DecimalField(
            label=f"How many {unit}s",
            max_digits=8,
            decimal_places=2,
            widget=forms.TextInput(attrs={"class": "govuk-input--width-4", "inputmode": "decimal"}),
            error_messages={
                "required": f"Say how many {unit}s.",
                "invalid": "Enter a number, like 7 or 1.5.",
                "max_digits": "This is too many. Check how many it was.",
                "max_whole_digits": "This is too many. Check how many it was.",
                "max_decimal_places": "Use at most two digits after the point, like 1.25.",
            },
        ),
        "rate_pence": PoundsField(label=f"Price of one {unit}"),
    }


@dataclass
class TypedInvoice:
    """What was typed, as text, so that buttons can add lines and take them out and lose nothing."""

    head: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def from_post(cls, post: Mapping[str, str]) -> "TypedInvoice":
        """What the page sent: lines in the order of their numbers, whatever those are."""
        found: dict[int, dict[str, str]] = {}
        for name in post:
            line = _LINE.match(name)
            if line:
                found.setdefault(int(line[1]), {})[line[2]] = post[name]
        head = {name: post[name] for name in HEAD_FIELDS if name in post}
        return cls(head, [found[n] for n in sorted(found)])

    @classmethod
    def fresh(cls, agreement: ServiceAgreement) -> "TypedInvoice":
        """A new invoice: the days after the last one, and one line at the agreed price."""
        typed = cls(_next_period(agreement))
        typed.add_line(agreement)
        return typed

    @classmethod
    def corrected(cls, invoice: Invoice) -> "TypedInvoice":
        """A new one that says what an earlier one said, to be put right."""
        head = {
            "number": invoice.number,
            "note": invoice.note,
            **_date("period_from", invoice.period_from),
            **_date("period_to", invoice.period_to),
        }
        rows = [
            _row(line.service_date, line.description, line.quantity, line.rate_pence)
            for line in invoice.lines.all()
        ]
        return cls(head, rows)

    def add_line(self, agreement: ServiceAgreement) -> None:
        """One more line, with what the agreement says filled in."""
        if len(self.rows) < LINES_LIMIT:
            self.rows.append(_row(None, agreement.description, None, agreement.rate_pence))

    def take_out(self, number: int) -> None:
        """Take out the line with this number, counted from 1."""
        if 1 <= number <= len(self.rows):
            del self.rows[number - 1]

    def tidy(self, agreement: ServiceAgreement) -> None:
        """Leave out lines in which nothing was typed."""
        self.rows = [row for row in self.rows if not _untouched(row, agreement)]

    def fill(self, agreement: ServiceAgreement, first: date, last: date) -> None:
        """A line for each time the agreement says, within the period; lines with words in stay."""
        self.tidy(agreement)
        there = {_day_and_words(row) for row in self.rows}
        made = [
            _row(day, agreement.description, agreement.quantity, agreement.rate_pence)
            for day in days_of_support(agreement.frequency, first, last)
        ]
        self.rows += [row for row in made if _day_and_words(row) not in there]
        del self.rows[LINES_LIMIT:]

    def data(self) -> dict[str, str]:
        """As a browser would send it, the lines numbered from 0."""
        lines = {
            f"lines-{n}-{name}": value
            for n, row in enumerate(self.rows)
            for name, value in row.items()
        }
        return {**self.head, **lines}

    def form(self, row: AgreementRow, *, quiet: bool = False) -> InvoiceForm:
        """The form that shows this, or says what is wrong with it; there is always a line to type in."""
        if not self.rows:
            self.add_line(row.agreement)
        return InvoiceForm(self.data(), row=row, count=len(self.rows), quiet=quiet)


def _next_period(agreement: ServiceAgreement) -> dict[str, str]:
    """From the day after the last invoice to the end of that month, as far as support was given."""
    last = last_invoice(agreement)
    first = last.period_to + timedelta(days=1) if last else agreement.starts_on
    month_end = first.replace(day=monthrange(first.year, first.month)[1])
    until = min(month_end, agreement.ends_on, clock.today())
    if first > until:
        return {}
    return {**_date("period_from", first), **_date("period_to", until)}


def days_of_support(frequency: str, first: date, last: date) -> list[date]:
    """The first day of every whole week, fortnight, four weeks or month in a period; at least one day."""
    days = [first]
    while len(days) < LINES_LIMIT:
        following = _one_step_on(frequency, first, len(days))
        after = _one_step_on(frequency, first, len(days) + 1)
        if following is None or after is None or after - timedelta(days=1) > last:
            break
        days.append(following)
    return days


def _one_step_on(frequency: str, first: date, steps: int) -> date | None:
    if frequency in STEP_DAYS:
        return first + timedelta(days=STEP_DAYS[frequency] * steps)
    if frequency != "monthly":
        return None
    year, month = divmod(first.year * 12 + first.month - 1 + steps, 12)
    return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))


def _row(
    day: date | None, description: str, quantity: Decimal | None, rate_pence: int
) -> dict[str, str]:
    number = "" if quantity is None else f"{quantity.normalize():f}"
    return {
        **_date("service_date", day),
        "description": description,
        "quantity": number,
        "rate_pence": decimal_string(rate_pence),
    }


def _date(name: str, day: date | None) -> dict[str, str]:
    parts = ("", "", "") if day is None else (str(day.day), str(day.month), str(day.year))
    return {f"{name}_{part}": words for part, words in zip(DATE_PARTS, parts, strict=True)}


def _untouched(row: dict[str, str], agreement: ServiceAgreement) -> bool:
    dates = any(row.get(f"service_date_{part}", "").strip() for part in DATE_PARTS)
    words = row.get("description", "").strip()
    return (
        not dates
        and not row.get("quantity", "").strip()
        and words in ("", agreement.description.strip())
    )


def _day_and_words(row: dict[str, str]) -> tuple[str, ...]:
    day = (row.get(f"service_date_{part}", "").strip().lstrip("0") for part in DATE_PARTS)
    return (*day, row.get("description", "").strip().lower())

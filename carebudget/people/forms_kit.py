"""Form fields that every app uses: pounds as pence, a date in three boxes, yes or no.

Their words are plain British English. How they look is the renderer's and the templates' business.
"""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from carebudget.money import decimal_string, parse_pounds

MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]


class PoundsInput(forms.TextInput):
    """A text box with a pound sign before it."""

    template_name = "django/forms/widgets/pounds.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "spellcheck": "false", **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, int) and not isinstance(value, bool):
            return decimal_string(value)
        return super().format_value(value)


class PoundsField(forms.CharField):
    """Pounds and pence as typed; gives whole pence."""

    widget = PoundsInput
    default_error_messages = {"required": "Enter an amount in pounds and pence, like 12.50"}

    def __init__(self, *, allow_negative: bool = False, **kwargs: Any) -> None:
        self.allow_negative = allow_negative
        super().__init__(**kwargs)

    def clean(self, value: Any) -> int | None:  # type: ignore[override]
        words = super().clean(value)
        if words in self.empty_values:
            return None
        try:
            pence = parse_pounds(str(words))
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error
        if pence < 0 and not self.allow_negative:
            raise ValidationError("Enter an amount of zero or more.", code="negative")
        return pence

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(PoundsInput().format_value(initial), data)


class DateInput(forms.MultiWidget):
    """Day, month and year in three boxes."""

    template_name = "django/forms/widgets/date_boxes.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        box = {"inputmode": "numeric", "spellcheck": "false"}
        super().__init__(
            {
                "day": forms.TextInput({**box, "maxlength": "2"}),
                "month": forms.TextInput({**box, "maxlength": "9", "inputmode": "text"}),
                "year": forms.TextInput({**box, "maxlength": "4"}),
            },
            attrs,
        )

    def decompress(self, value: Any) -> list[Any]:
        if isinstance(value, date):
            return [value.day, value.month, value.year]
        if isinstance(value, str) and value.count("-") == 2:
            year, month, day = value.split("-")
            return [day, month, year]
        return [None, None, None]


class DateField(forms.Field):
    """A real date from three boxes; the month may be a number or a name."""

    widget = DateInput
    default_error_messages = {"required": "Enter the day, month and year"}

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, date):
            return value
        parts = [str(part or "").strip() for part in (value or [])]
        if not any(parts):
            return None
        missing = [
            name for name, part in zip(("day", "month", "year"), parts, strict=False) if not part
        ]
        if missing:
            raise ValidationError(
                f"The date must include a {' and a '.join(missing)}", code="incomplete"
            )
        return _real_date(*parts)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(initial != self.to_python(data))
        except ValidationError:
            return True


def _real_date(day: str, month: str, year: str) -> date:
    named = [
        n
        for n, name in enumerate(MONTHS, start=1)
        if len(month) >= 3 and name.startswith(month.lower())
    ]
    try:
        if len(year) != 4:
            raise ValidationError("The year must have four numbers, like 1958", code="year")
        return date(int(year), named[0] if named else int(month), int(day))
    except (ValueError, OverflowError) as error:
        raise ValidationError("Enter a real date, like 27 3 1958", code="unreal") from error


class YesNoField(forms.TypedChoiceField):
    """Yes or no as two radio buttons; gives ``True`` or ``False``."""

    def __init__(self, *, yes: str = "Yes", no: str = "No", **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {"required": "Choose yes or no"})
        super().__init__(
            choices=[("yes", yes), ("no", no)],
            coerce=lambda value: value == "yes",
            widget=forms.RadioSelect,
            empty_value=None,
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value

"""Fields that the forms about money share: a sum with how often it comes, and an adult's birthday."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from carebudget import clock
from carebudget.people.forms_kit import DateField, PoundsField, PoundsInput
from plans.rules.charging_finances import ADULT_AT, OLDEST
from plans.rules.charging_kinds import PERIODS
from plans.rules.charging_table import age_on

EVERY = tuple((key, words) for key, (words, _) in PERIODS.items())
BIRTHDAY = "For example, 27 3 1948."


class AmountInput(forms.MultiWidget):
    """A sum in pounds and how often it comes."""

    template_name = "plans/charging/amount_input.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"": PoundsInput(), "every": forms.Select(choices=EVERY)}, attrs)

    def decompress(self, value: Any) -> list[Any]:
        if isinstance(value, Mapping) and "pence" in value:
            return [value["pence"], value.get("every", "week")]
        return [None, "week"]


class AmountField(forms.MultiValueField):
    """Pounds and how often; gives ``{"pence": …, "every": …}``, or ``None`` when it was left empty."""

    widget = AmountInput

    def __init__(self, **kwargs: Any) -> None:
        parts = (
            PoundsField(required=False),
            forms.ChoiceField(
                choices=EVERY,
                required=False,
                error_messages={"invalid_choice": "Choose how often from the list."},
            ),
        )
        super().__init__(fields=parts, require_all_fields=False, **kwargs)

    def clean(self, value: Any) -> Any:
        """An empty sum is no answer, whatever the list beside it says."""
        pounds = value[0] if isinstance(value, (list, tuple)) and value else None
        if pounds is None or not str(pounds).strip():
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        return super().clean(value)

    def compress(self, parts: list[Any]) -> Any:
        if not parts or parts[0] is None:
            return None
        return {"pence": parts[0], "every": parts[1] or "week"}


def birthday(label: str, missing: str, initial: Any, **kwargs: Any) -> DateField:
    """A date of birth in three boxes."""
    return DateField(
        label=label,
        help_text=BIRTHDAY,
        initial=initial,
        error_messages={"required": missing},
        **kwargs,
    )


def check_born(born: date | None, *, adult: bool) -> None:
    """Raises ``ValidationError`` for a day that cannot be, and for a child where an adult is asked for."""
    if born is None:
        return
    age = age_on(born, clock.today())
    if born > clock.today() or age > OLDEST:
        raise ValidationError("Check the year.")
    if adult and age < ADULT_AT:
        raise ValidationError(f"This is for people of {ADULT_AT} and over. For a child, call us.")

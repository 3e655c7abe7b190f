"""Fields that the forms of plans need."""

from typing import Any

from django import forms

from carebudget.money import format_pence, parse_pounds


class DateField(forms.DateField):
    """A day."""


class PoundsField(forms.CharField):
    """An amount typed in pounds; gives pence."""

    def __init__(self, *args: Any, min_pence: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.min_pence = min_pence

    def to_python(self, value: Any) -> Any:
        """Pence."""
        words = super().to_python(value)
        if words in self.empty_values:
            return None
        try:
            return parse_pounds(words)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        """Pounds for the box."""
        return format_pence(value)[1:] if isinstance(value, int) else value

"""The form by which a visitor keeps a calculation with one of their cases."""

from collections.abc import Sequence
from typing import Any

from django import forms

from plans.models import Case


class KeepForm(forms.Form):
    """Whose support it is about; asked only when somebody has, or helps with, several."""

    case = forms.ChoiceField(
        label="Whose support is it about?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose whose support it is about.",
            "invalid_choice": "Choose from the list.",
        },
    )

    def __init__(self, data: Any = None, *, cases: Sequence[Case]) -> None:
        super().__init__(data)
        self.cases = {case.reference: case for case in cases}
        field = self.fields["case"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (reference, f"{case.person.full_name}, {case.pack.title}")
            for reference, case in self.cases.items()
        ]
        if len(self.cases) == 1:
            field.initial = next(iter(self.cases))

    def chosen(self) -> Case:
        """The case chosen."""
        return self.cases[self.cleaned_data["case"]]

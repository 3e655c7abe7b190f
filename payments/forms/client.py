"""What the person, or who helps them, writes about an invoice; and whom they ask instead."""

from typing import Any

from django import forms

from plans.models import PlanSupport
from providers.models import Provider

from ..selectors import providers_for


class ConfirmForm(forms.Form):
    """Yes, this is right: nothing to write."""


class QuestionForm(forms.Form):
    """Something that is not clear."""

    question = forms.CharField(
        label="What would you like to know?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Write your question."},
    )


class DisputeForm(forms.Form):
    """Something that is wrong."""

    reason = forms.CharField(
        label="What is wrong with it?",
        help_text="For example: nobody came on the Tuesday, or it was two hours and not three.",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say what is wrong with it."},
    )


class AnotherProviderForm(forms.Form):
    """Who is asked instead of a provider that said no."""

    provider = forms.ChoiceField(
        label="Who would you like to ask?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose who to ask.",
            "invalid_choice": "Choose somebody from the list.",
        },
    )

    def __init__(self, *args: Any, support: PlanSupport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.providers = {one.reference: one for one in providers_for(support)}
        field = self.fields["provider"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (key, f"{one.name} ({one.get_kind_display().lower()})")
            for key, one in self.providers.items()
        ]

    def chosen(self) -> Provider:
        """The provider chosen."""
        return self.providers[self.cleaned_data["provider"]]

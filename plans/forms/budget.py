"""Forms about the indicative budget: the worker's change with reasons."""

from django import forms

from carebudget.people.forms_kit import PoundsField


class AdjustForm(forms.Form):
    """Another sum than the rules gave, and why."""

    annual_pence = PoundsField(label="The sum for a year")
    reason = forms.CharField(
        label="Why is it not the sum that was worked out?",
        help_text="The person reads this, and it stays in the record.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Give the reason for the change."},
    )

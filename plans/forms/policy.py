"""Forms of the policy workbench around the table: what to hold it against, keeping it, and deciding."""

from django import forms

from carebudget.people.forms_kit import DateField, PoundsField
from plans.selectors.policy import EVERYBODY, OPEN_CASES


class AgainstForm(forms.Form):
    """What to hold a table against: whose assessments, and the money there is."""

    whose = forms.ChoiceField(
        label="Who to count",
        choices=(
            (EVERYBODY, "Everybody who was given a budget so far"),
            (OPEN_CASES, "Only people whose case is open now"),
        ),
        initial=EVERYBODY,
        required=False,
    )
    envelope = PoundsField(label="The money there is for a year", required=False)
    contingency = forms.DecimalField(
        label="Per cent to keep back",
        help_text="For what cannot be foreseen.",
        min_value=0,
        max_value=90,
        decimal_places=2,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "govuk-input--width-4"}),
        error_messages={
            "invalid": "Enter a number, like 5",
            "min_value": "Enter 0 or more",
            "max_value": "Enter 90 or less",
        },
    )
    percentile = forms.IntegerField(
        label="So many in a hundred plans should be covered",
        min_value=1,
        max_value=99,
        required=False,
        initial=80,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "govuk-input--width-4"}),
        error_messages={
            "invalid": "Enter a whole number, like 80",
            "min_value": "Enter 1 or more",
            "max_value": "Enter 99 or less",
        },
    )

    def clean_whose(self) -> str:
        """Everybody, unless somebody else is asked for."""
        return self.cleaned_data["whose"] or EVERYBODY


class KeepForm(forms.Form):
    """A table kept as a proposal: its name, why, and from when."""

    title = forms.CharField(
        label="A short name",
        help_text="For example: More for people with high needs.",
        max_length=120,
        error_messages={"required": "Give the proposal a short name."},
    )
    reason = forms.CharField(
        label="Why should the table change?",
        help_text="The manager who decides reads this, and it stays in the record.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say why the table should change."},
    )
    starts_on = DateField(
        label="From which day should new cases use it?", help_text="For example, 1 4 2027."
    )


class DecideForm(forms.Form):
    """The second manager's decision, with a reason."""

    reason = forms.CharField(
        label="Why?",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Give your reason. It is kept in the record."},
    )


class AdoptForm(DecideForm):
    """Adopting also says from when."""

    starts_on = DateField(label="From which day do new cases use it?")
    field_order = ("starts_on", "reason")

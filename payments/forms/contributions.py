"""Forms about what people owe: what the person tells us, and what finance answers, agrees and decides."""

from collections.abc import Iterable
from typing import Any

from django import forms

from carebudget.people.forms_handling import ReasonForm
from carebudget.people.forms_kit import DateField, PoundsField, YesNoField
from payments.forms.finance import FilterForm
from payments.models import PlanEvery, QueryKind
from payments.selectors.contributions import AGES, TABS, ChargeStanding

WORDS_LIMIT = 2000


class TellUsForm(forms.Form):
    """What somebody says about what they owe."""

    kind = forms.ChoiceField(
        label="What do you want to tell us?",
        choices=QueryKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you want to tell us."},
    )
    charge = forms.ChoiceField(label="Which bill is it about?", required=False)
    words = forms.CharField(
        label="Tell us more",
        help_text="For example: on which days nobody came, or what you could pay each week.",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Tell us in your own words."},
    )

    def __init__(self, *args: Any, bills: Iterable[ChargeStanding], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["charge"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", "All of them"),
            *(
                (
                    one.charge.reference,
                    f"{one.charge.period_from:%-d %B} to {one.charge.period_to:%-d %B %Y}",
                )
                for one in bills
            ),
        ]


class ContributionFilterForm(FilterForm):
    """Whose debts to list."""

    tab = forms.ChoiceField(choices=TABS, required=False, widget=forms.HiddenInput)
    q = forms.CharField(label="Person or number", required=False, max_length=120)
    age = forms.ChoiceField(label="How late", required=False, choices=[("", "Any"), *AGES.items()])
    order = forms.ChoiceField(
        label="Order",
        required=False,
        choices=[
            ("oldest", "Longest due first"),
            ("largest", "Largest first"),
            ("name", "By name"),
        ],
    )


class AnswerQueryForm(forms.Form):
    """What finance answers, and what is taken off the bill."""

    answer = forms.CharField(
        label="Your answer",
        help_text="The person reads it. Say what you found, in plain and kind words.",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Give your answer, so that the person can read it."},
    )
    less_pence = PoundsField(
        label="Take off the bill (optional)",
        help_text="Leave it empty when the bill is right.",
        required=False,
    )


class RepaymentPlanForm(forms.Form):
    """What was agreed about paying in parts."""

    each_pence = PoundsField(label="How much each time")
    every = forms.ChoiceField(
        label="How often",
        choices=PlanEvery.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say how often."},
    )
    first_on = DateField(label="First payment on")
    words = forms.CharField(
        label="What you agreed, and with whom",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write what you agreed on, and with whom."},
    )


class WriteOffForm(ReasonForm):
    """How much should not be asked for any more, and why."""

    amount_pence = PoundsField(label="How much")
    field_order = ["amount_pence", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            label="Why should it not be asked for any more?",
            hint="A finance manager other than you decides. Say what was tried, and how the person is.",
            **kwargs,
        )


class DecideWriteOffForm(ReasonForm):
    """The decision of the second person."""

    approved = YesNoField(
        label="Write it off?",
        yes="Yes, do not ask for it any more",
        no="No, it stays owed",
        error_messages={"required": "Say whether to write it off."},
    )
    field_order = ["approved", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label="Your reason", hint="It is kept in the record.", **kwargs)

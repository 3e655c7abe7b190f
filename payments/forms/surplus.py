"""Forms about money on a held budget: what was seen, what the person thinks, and what is decided."""

from typing import Any

from django import forms

from carebudget.people.forms_handling import ReasonForm
from carebudget.people.forms_kit import DateField, PoundsField

WORDS_LIMIT = 2000


class BalanceForm(forms.Form):
    """What a statement of the account shows."""

    balance_pence = PoundsField(
        label="What is on the account?", help_text="The closing balance on the statement."
    )
    balance_on = DateField(label="On which day?", help_text="The day on the statement.")
    committed_pence = PoundsField(
        label="What is still to be paid from it? (optional)",
        help_text="For example wages, tax or an invoice that has come and is not paid.",
        required=False,
    )
    committed_words = forms.CharField(
        label="What is that for? (optional)",
        required=False,
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AnswerSurplusForm(forms.Form):
    """What the person thinks about a notice."""

    answer = forms.CharField(
        label="What do you think?",
        help_text="For example: what the money is kept for, what is still to be paid, or that you agree.",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Tell us what you think, in your own words."},
    )


class AskForm(ReasonForm):
    """How much is to be given back."""

    amount_pence = PoundsField(label="How much is to be given back?")
    field_order = ["amount_pence", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            label="Your reasons",
            hint="The person reads them. Answer what they said.",
            **kwargs,
        )


class LowerForm(ReasonForm):
    """How much less is asked for."""

    less_pence = PoundsField(label="How much less?")
    field_order = ["less_pence", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label="Your reason", hint="The person reads it.", **kwargs)


class DropForm(ReasonForm):
    """Why it is not asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            label="Why is it not asked for?",
            hint="If the person has the notice, they read this.",
            **kwargs,
        )

"""Forms of the directory: find, register, check, price, invite."""

import re
from typing import Any

from django import forms

from carebudget.people.forms_kit import DateField, PoundsField
from providers.models import CheckKind, CheckOutcome, ProviderKind, ProviderState, RateUnit

POSTCODE = re.compile(r"^[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}$")
"""The shape of a British postcode. Source: Royal Mail, Programmers’ Guide (Postcode Address File)."""


class FindForm(forms.Form):
    """What to look for in the directory. Everything may be left empty."""

    words = forms.CharField(label="Name or what they do", required=False, max_length=80)
    postcode = forms.CharField(
        label="Postcode begins with",
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs={"class": "govuk-input--width-5"}),
    )
    kind = forms.ChoiceField(
        label="Kind", required=False, choices=[("", "Any kind"), *ProviderKind.choices]
    )
    state = forms.ChoiceField(
        label="State", required=False, choices=[("", "Any state"), *ProviderState.choices]
    )
    checks = forms.ChoiceField(
        label="Checks",
        required=False,
        choices=[
            ("", "Any"),
            ("open", "Something is open"),
            ("expiring", "Something runs out soon"),
        ],
    )

    def wanted(self) -> dict[str, str]:
        """What the selector takes; what makes no sense is left out."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or "" for name in self.fields}


class RegisterForm(forms.Form):
    """A provider to put on the list."""

    name = forms.CharField(
        label="Name",
        help_text="As people know them. For a personal assistant, their full name.",
        max_length=120,
        error_messages={"required": "Enter the provider’s name."},
    )
    kind = forms.ChoiceField(
        label="What kind of provider is it?",
        choices=ProviderKind.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Say what kind of provider this is.",
            "invalid_choice": "Choose a kind from the list.",
        },
    )
    description = forms.CharField(
        label="What do they do? (optional)",
        help_text="People read this when they choose. Say what, for whom and where.",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    email = forms.EmailField(
        label="E-mail address",
        help_text="Where the council writes to. You invite the people who sign in later.",
        error_messages={
            "required": "Enter an e-mail address.",
            "invalid": "Enter an e-mail address like name@example.com.",
        },
    )
    phone = forms.CharField(label="Phone number (optional)", required=False, max_length=30)
    postcode = forms.CharField(
        label="Postcode (optional)",
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs={"class": "govuk-input--width-10"}),
    )
    cqc_location_id = forms.CharField(
        label="CQC location number (optional)",
        help_text="Agencies that give personal care have one, like 1-123456789.",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"class": "govuk-input--width-10"}),
    )

    def clean_postcode(self) -> str:
        """A British postcode, with its space, or nothing."""
        typed = self.cleaned_data["postcode"].upper().replace(" ", "")
        postcode = f"{typed[:-3]} {typed[-3:]}" if len(typed) > 3 else typed
        if typed and not POSTCODE.match(postcode):
            raise forms.ValidationError("Enter a postcode like WR1 2AB.")
        return postcode

    def rows(self) -> list[dict[str, str]]:
        """Label and answer of everything asked, for check-your-answers."""
        kinds = dict(ProviderKind.choices)
        answers = {**self.cleaned_data, "kind": str(kinds[self.cleaned_data["kind"]])}
        return [
            {"label": str(field.label).removesuffix(" (optional)"), "words": answers[name]}
            for name, field in self.fields.items()
        ]


class ChangeForm(RegisterForm):
    """The facts of a provider that is on the list; its kind stays."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["kind"]


class CheckForm(forms.Form):
    """What a check found."""

    kind = forms.ChoiceField(
        label="What did you check?",
        choices=CheckKind.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Say what you checked.",
            "invalid_choice": "Choose what you checked from the list.",
        },
    )
    outcome = forms.ChoiceField(
        label="Did it pass?",
        choices=CheckOutcome.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Say whether it passed.",
            "invalid_choice": "Choose passed or not passed.",
        },
    )
    expires_on = DateField(
        label="When does it run out? (optional)",
        help_text="The last day on the certificate. Leave it empty if it does not run out.",
        required=False,
    )
    note = forms.CharField(
        label="What did you see?",
        help_text="For example the number of the certificate. The provider can read this.",
        required=False,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        """A check that is not passed says why."""
        cleaned = super().clean() or {}
        if cleaned.get("outcome") == CheckOutcome.FAILED and not cleaned.get("note"):
            self.add_error("note", "Say why it did not pass, so that the provider can mend it.")
        return cleaned


class RateForm(forms.Form):
    """A price that people see when they choose."""

    description = forms.CharField(
        label="What is it for?",
        help_text="For example: support at home on weekdays.",
        max_length=120,
        error_messages={"required": "Say what the price is for."},
    )
    rate_pence = PoundsField(label="What does one cost?", help_text="In pounds, like 24.50.")
    unit = forms.ChoiceField(
        label="One what?",
        choices=RateUnit.choices,
        initial=RateUnit.HOUR,
        error_messages={"invalid_choice": "Choose what the price is for from the list."},
    )


class InviteForm(forms.Form):
    """Somebody who signs in for the provider."""

    full_name = forms.CharField(
        label="Their full name",
        max_length=120,
        error_messages={"required": "Enter their full name."},
    )
    email = forms.EmailField(
        label="Their e-mail address",
        help_text="The invitation goes there. They sign in with it.",
        error_messages={
            "required": "Enter their e-mail address.",
            "invalid": "Enter an e-mail address like name@example.com.",
        },
    )

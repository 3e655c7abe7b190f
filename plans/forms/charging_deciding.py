"""Forms of the council about paying: correcting answers, deciding, and deciding with a light touch."""

from collections.abc import Mapping
from typing import Any

from django import forms

from carebudget.people.forms_kit import DateField, PoundsField
from plans.models import LightTouch
from plans.rules.charging_finances import Support
from plans.rules.charging_kinds import INCOME, Kind
from plans.rules.charging_table import Capital
from plans.services.charging_evidence import ABOUT

from .charging import (
    AmountsForm,
    DisabilityCostsForm,
    ExtrasForm,
    HomeForm,
    HouseholdForm,
    MoneyForm,
    SavingsAmountsForm,
    SavingsForm,
)

REASON_LIMIT = 4000
FREE_CHOICES = (
    ("", "None of it is free"),
    ("reablement", "Help to get back on their feet, up to six weeks"),
    ("aids", "Equipment and aids"),
    ("adaptation", "A change to the home that costs £1,000 or less"),
    ("aftercare", "After a stay in hospital (section 117)"),
    ("assessment", "Finding out what they need"),
)


class CorrectIncomeForm(AmountsForm):
    """All income on one page; an empty box means that it does not come."""

    key, group = "income", "income"

    def kinds(self) -> list[Kind]:
        return [kind for kind in INCOME if kind.asks_amount]

    def ask(self) -> None:
        super().ask()
        others = [kind for kind in INCOME if not kind.asks_amount]
        self.fields["others"] = forms.MultipleChoiceField(
            label="Money that does not count",
            choices=[(kind.key, kind.title) for kind in others],
            widget=forms.CheckboxSelectMultiple,
            required=False,
            initial=[kind.key for kind in others if f"income.{kind.key}" in self.values],
        )

    def kept(self) -> dict[str, Any]:
        ticked = self.cleaned_data["others"]
        others = [kind for kind in INCOME if not kind.asks_amount]
        return super().kept() | {
            f"income.{kind.key}": {} if kind.key in ticked else None for kind in others
        }


class CorrectSavingsAmountsForm(SavingsAmountsForm):
    """The sums of savings; they only matter between the limits."""

    def clean(self) -> dict[str, Any]:
        """Whether there must be one depends on the band, which another form asks for."""
        return super(SavingsAmountsForm, self).clean() or {}


CORRECTING: tuple[type[MoneyForm], ...] = (
    HouseholdForm,
    ExtrasForm,
    SavingsForm,
    CorrectSavingsAmountsForm,
    CorrectIncomeForm,
    HomeForm,
    DisabilityCostsForm,
)


class Corrections:
    """Every answer in one place, for the member of staff who has the papers. Not a form, but several."""

    def __init__(self, data: Any, *, values: Mapping[str, Any], limits: Capital) -> None:
        self.values = values
        self.forms = {
            form.key: form(data, values=values, limits=limits, prefix=form.key)
            for form in CORRECTING
        }

    def is_valid(self) -> bool:
        """All of them, so that every fault shows at once."""
        wrong = [form for form in self.forms.values() if not form.is_valid()]
        return not wrong

    def changes(self) -> dict[str, Any]:
        """What differs from the answers so far; ``None`` takes an answer away."""
        found: dict[str, Any] = {}
        for form in self.forms.values():
            found |= form.kept()
        nothing: dict[str, Any] = {"premiums": [], "children": 0}
        return {
            question: value
            for question, value in found.items()
            if value != self.values.get(question, nothing.get(question))
        }


class VerifyForm(forms.Form):
    """That answers and evidence were looked at together."""

    note = forms.CharField(
        label="What did you look at?",
        help_text="If you changed an answer, say why. The person can read this.",
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Write what you looked at."},
    )


class DecideChargeForm(forms.Form):
    """From when, what the support costs, what of it is free, and whether to ask for less."""

    effective_on = DateField(
        label="From which day do they pay?",
        help_text="The figures of that day are used.",
        error_messages={"required": "Enter the day from which they pay."},
    )
    cost_pence = PoundsField(
        label="What does the support that can be charged cost a week?",
        error_messages={"required": "Enter what the support costs a week."},
    )
    free_kind = forms.ChoiceField(
        label="Is a part of it always free?",
        choices=FREE_CHOICES,
        required=False,
        help_text="Leave it out of the cost above. It is named in the working.",
    )
    free_pence = PoundsField(label="What does the free part cost a week?", required=False)
    contribution_pence = PoundsField(
        label="Ask for less than the rules say (optional)",
        help_text="Never for more. Say why below.",
        required=False,
    )
    reason = forms.CharField(
        label="Reason",
        help_text="The person reads this. It starts with what the rules say.",
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Give the reason, so that the person can read it."},
    )

    def clean(self) -> dict[str, Any]:
        """A free part has a kind and a cost."""
        cleaned = super().clean() or {}
        if cleaned.get("free_pence") and not cleaned.get("free_kind"):
            self.add_error("free_kind", "Say what the free part is for.")
        nothing_said = cleaned.get("free_pence") is None and "free_pence" not in self.errors
        if cleaned.get("free_kind") and nothing_said:
            self.add_error("free_pence", "Enter what the free part costs a week.")
        return cleaned

    def free(self) -> tuple[Support, ...]:
        """The support that is never charged."""
        kind = self.cleaned_data.get("free_kind")
        return (Support(kind, self.cleaned_data["free_pence"]),) if kind else ()


class LightTouchForm(forms.Form):
    """Why there is no full assessment, and what is paid."""

    ground = forms.ChoiceField(
        label="Why is there no full assessment?",
        choices=[(value, label) for value, label in LightTouch.choices if value],
        widget=forms.RadioSelect,
        error_messages={"required": "Say why there is no full assessment."},
    )
    effective_on = DateField(
        label="From which day do they pay?",
        error_messages={"required": "Enter the day from which they pay."},
    )
    cost_pence = PoundsField(
        label="What does the support cost a week?",
        error_messages={"required": "Enter what the support costs a week."},
    )
    contribution_pence = PoundsField(
        label="The small charge a week",
        help_text="Only if you chose that the charge is small.",
        required=False,
    )
    agreed = forms.BooleanField(
        label="They agree that there is no full assessment, and know that they can ask for one",
        required=False,
    )
    reason = forms.CharField(
        label="What does this rest on?",
        help_text="Say what you saw, like a letter about a benefit. The person reads this.",
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say what this rests on."},
    )


class EvidenceForm(forms.Form):
    """A photo or PDF, and what it shows."""

    about = forms.ChoiceField(
        label="What does it show?",
        choices=list(ABOUT.items()),
        widget=forms.RadioSelect,
        error_messages={
            "required": "Say what it shows.",
            "invalid_choice": "Choose what it shows from the list.",
        },
    )
    file = forms.FileField(
        label="Photo or PDF",
        help_text="At most 10 MB. A photo taken with your phone is fine, if all of the paper can be read.",
        allow_empty_file=True,
        max_length=1000,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf"}),
        error_messages={
            "required": "Choose a photo or PDF.",
            "invalid": "Choose a photo or PDF.",
            "max_length": "Give the file a shorter name first.",
        },
    )

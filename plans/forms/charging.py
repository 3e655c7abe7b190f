"""The questions about money as forms: one form a page, for the calculator and the full assessment alike.

A form is given the answers so far and gives back what to keep, by question (``income.esa``); ``None``
takes an answer away.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from carebudget.money import format_pounds
from carebudget.people.forms_kit import PoundsField
from plans.rules.charging_finances import CHILDREN_LIMIT
from plans.rules.charging_kinds import (
    CAPITAL,
    DISABILITY_COSTS,
    HOUSING,
    INCOME,
    PREMIUMS,
    Kind,
    kind_of,
)
from plans.rules.charging_questions import chosen_kinds
from plans.rules.charging_table import Capital

from .charging_fields import AmountField, birthday, check_born

SUPPORT_CHOICES = (
    ("care", "Care and support in my daily life, or I do not know yet"),
    ("aftercare", "Support after a stay in hospital under the Mental Health Act (section 117)"),
    ("reablement", "Help for up to six weeks to get back on my feet"),
    ("aids", "Equipment, or a change to the home that costs £1,000 or less"),
)
HOUSEHOLD_CHOICES = (
    ("single", "No"),
    ("couple", "Yes, with a husband, wife, civil partner or partner"),
)


class MoneyForm(forms.Form):
    """One page of questions. ``values`` are the answers so far; ``limits`` those of savings."""

    key = ""

    def __init__(
        self, data: Any = None, *, values: Mapping[str, Any], limits: Capital, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.values, self.limits = values, limits
        self.ask()

    def ask(self) -> None:
        """Add the questions."""

    def answers(self) -> dict[str, Any]:
        """What to keep, with the mark that this page was seen."""
        return {**self.kept(), f"seen.{self.key}": True}

    def kept(self) -> dict[str, Any]:
        """The answers by question."""
        return {}


class SupportForm(MoneyForm):
    """What the support is for: some is always free."""

    key = "support"

    def ask(self) -> None:
        self.fields["kind"] = forms.ChoiceField(
            label="What is the support for?",
            choices=SUPPORT_CHOICES,
            widget=forms.RadioSelect,
            initial=self.values.get("support.kind"),
            error_messages={"required": "Choose what the support is for."},
        )

    def kept(self) -> dict[str, Any]:
        return {"support.kind": self.cleaned_data["kind"]}


class BornForm(MoneyForm):
    """When the person was born."""

    key = "born"

    def ask(self) -> None:
        self.fields["born"] = birthday(
            "When were you born?",
            "Enter when you were born.",
            self.values.get("date_of_birth"),
        )

    def clean_born(self) -> date:
        """An adult, born in this world."""
        born: date = self.cleaned_data["born"]
        check_born(born, adult=True)
        return born

    def kept(self) -> dict[str, Any]:
        return {"date_of_birth": self.cleaned_data["born"].isoformat()}


class HouseholdForm(MoneyForm):
    """Partner and children."""

    key = "household"

    def ask(self) -> None:
        self.fields["household"] = forms.ChoiceField(
            label="Do you live with a partner?",
            choices=HOUSEHOLD_CHOICES,
            widget=forms.RadioSelect,
            initial=self.values.get("household"),
            error_messages={"required": "Say whether you live with a partner."},
        )
        self.fields["partner"] = birthday(
            "If you have a partner, when were they born?",
            "",
            self.values.get("partner_date_of_birth"),
            required=False,
        )
        self.fields["children"] = forms.IntegerField(
            label="How many children under 18 live with you, that you are responsible for?",
            min_value=0,
            max_value=CHILDREN_LIMIT,
            initial=self.values.get("children", 0),
            error_messages={
                "required": "Enter how many children, or 0.",
                "invalid": "Enter a whole number, like 2, or 0.",
                "min_value": "Enter 0 or more.",
                "max_value": f"Enter at most {CHILDREN_LIMIT}.",
            },
            widget=forms.NumberInput(
                attrs={"class": "govuk-input--width-3", "inputmode": "numeric"}
            ),
        )

    def clean(self) -> dict[str, Any]:
        """With a partner, their age matters."""
        cleaned = super().clean() or {}
        if cleaned.get("household") == "couple" and "partner" not in self.errors:
            if not cleaned.get("partner"):
                self.add_error("partner", "Enter when your partner was born.")
            else:
                try:
                    check_born(cleaned["partner"], adult=False)
                except ValidationError as error:
                    self.add_error("partner", error)
        return cleaned

    def kept(self) -> dict[str, Any]:
        couple = self.cleaned_data["household"] == "couple"
        return {
            "household": self.cleaned_data["household"],
            "partner_date_of_birth": self.cleaned_data["partner"].isoformat() if couple else None,
            "children": self.cleaned_data["children"],
        }


class ExtrasForm(MoneyForm):
    """What adds a premium to the guarantee."""

    key = "extras"

    def ask(self) -> None:
        self.fields["premiums"] = forms.MultipleChoiceField(
            label="Which of these are true for you?",
            help_text="Tick all that are true. Tick nothing if none is.",
            choices=[(kind.key, _with_hint(kind)) for kind in PREMIUMS],
            widget=forms.CheckboxSelectMultiple,
            required=False,
            initial=self.values.get("premiums", []),
        )

    def kept(self) -> dict[str, Any]:
        return {"premiums": list(self.cleaned_data["premiums"])}


def _with_hint(kind: Kind) -> str:
    return f"{kind.title}. {kind.hint}" if kind.hint else kind.title


class SavingsForm(MoneyForm):
    """In which of three bands somebody's savings are: often that is all that has to be said."""

    key = "savings"

    def ask(self) -> None:
        lower = format_pounds(self.limits.lower_pence)
        upper = format_pounds(self.limits.upper_pence)
        self.fields["band"] = forms.ChoiceField(
            label="How much do you have in savings, all together?",
            help_text="Money in banks, cash, shares, and houses you do not live in. "
            "Count half of what you share with one other person.",
            choices=(
                ("below", f"{lower} or less"),
                ("between", f"More than {lower}, up to {upper}"),
                ("above", f"More than {upper}"),
            ),
            widget=forms.RadioSelect,
            initial=self.values.get("capital_band"),
            error_messages={"required": "Choose how much you have in savings."},
        )

    def kept(self) -> dict[str, Any]:
        return {"capital_band": self.cleaned_data["band"]}


class SavingsAmountsForm(MoneyForm):
    """The sums, where they matter."""

    key = "savings-amounts"
    kinds = [kind for kind in CAPITAL if kind.asks_amount]

    def ask(self) -> None:
        for kind in self.kinds:
            self.fields[kind.key] = PoundsField(
                label=kind.title,
                help_text=kind.hint,
                required=False,
                initial=self.values.get(f"capital.{kind.key}"),
            )

    def clean(self) -> dict[str, Any]:
        """Somebody between the limits has something."""
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned.get(kind.key) for kind in self.kinds):
            raise ValidationError("Enter how much you have, in one box or more.")
        return cleaned

    def kept(self) -> dict[str, Any]:
        return {f"capital.{kind.key}": self.cleaned_data[kind.key] for kind in self.kinds}


class IncomeForm(MoneyForm):
    """Which kinds of money come in."""

    key = "income"

    def ask(self) -> None:
        self.groups: dict[str, list[Kind]] = {}
        for kind in INCOME:
            self.groups.setdefault(kind.group, []).append(kind)
        for n, (title, kinds) in enumerate(self.groups.items()):
            self.fields[f"group_{n}"] = forms.MultipleChoiceField(
                label=title,
                choices=[(kind.key, kind.title) for kind in kinds],
                widget=forms.CheckboxSelectMultiple,
                required=False,
                initial=[kind.key for kind in kinds if f"income.{kind.key}" in self.values],
            )

    def kept(self) -> dict[str, Any]:
        ticked = {key for n in range(len(self.groups)) for key in self.cleaned_data[f"group_{n}"]}
        return {
            f"income.{kind.key}": self.values.get(f"income.{kind.key}", {})
            if kind.key in ticked
            else None
            for kind in INCOME
        }


class AmountsForm(MoneyForm):
    """Sums that come or go, one a kind."""

    group = ""
    must = False

    def kinds(self) -> list[Kind]:
        """The kinds that are asked about."""
        return []

    def ask(self) -> None:
        for kind in self.kinds():
            self.fields[kind.key] = AmountField(
                label=kind.title,
                help_text=kind.hint,
                required=self.must,
                initial=self.values.get(f"{self.group}.{kind.key}"),
                error_messages={"required": f"Enter how much it is: {kind.title}."},
            )

    def kept(self) -> dict[str, Any]:
        return {f"{self.group}.{kind.key}": self.cleaned_data[kind.key] for kind in self.kinds()}


class IncomeAmountsForm(AmountsForm):
    """How much of each kind that counts."""

    key, group, must = "income-amounts", "income", True

    def kinds(self) -> list[Kind]:
        return [kind_of(INCOME, key) for key in chosen_kinds(self.values)]


class HomeForm(AmountsForm):
    """Housing costs."""

    key, group = "home", "housing"

    def kinds(self) -> list[Kind]:
        return list(HOUSING)


class DisabilityCostsForm(AmountsForm):
    """Disability-related expenditure."""

    key, group = "disability-costs", "disability"

    def kinds(self) -> list[Kind]:
        return list(DISABILITY_COSTS)


class CostForm(MoneyForm):
    """What the support costs, if somebody knows."""

    key = "cost"

    def ask(self) -> None:
        self.fields["cost"] = PoundsField(
            label="What does the support cost a week?",
            help_text="Leave it empty if you do not know.",
            required=False,
            initial=self.values.get("support.cost"),
        )

    def kept(self) -> dict[str, Any]:
        return {"support.cost": self.cleaned_data["cost"]}


FORMS: dict[str, type[MoneyForm]] = {
    form.key: form
    for form in (
        SupportForm,
        BornForm,
        HouseholdForm,
        ExtrasForm,
        SavingsForm,
        SavingsAmountsForm,
        IncomeForm,
        IncomeAmountsForm,
        HomeForm,
        DisabilityCostsForm,
        CostForm,
    )
}
"""The form of each page."""

"""Forms of the support plan: the seven questions, wishes, supports, details."""

from decimal import Decimal
from typing import Any

from django import forms

from carebudget.people.forms_kit import DateField, PoundsField
from plans.models import ChallengeSubject, Frequency, Holding, PlanOutcome, PlanSupport, SupportPlan
from plans.rules.pack import Criterion, Pack
from providers.models import Provider, ProviderState, RateUnit

WORDS_LIMIT = 5000
LEAVE_OPEN = "I have not decided yet"


class CriterionForm(forms.Form):
    """One of the questions that a plan answers."""

    text = forms.CharField(
        required=False, max_length=WORDS_LIMIT, widget=forms.Textarea(attrs={"rows": 8})
    )

    def __init__(self, *args: Any, criterion: Criterion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = criterion.question
        self.fields["text"].help_text = criterion.help


class OutcomeForm(forms.Form):
    """Something the person wants to change or achieve."""

    wish = forms.CharField(
        label="What do you want to change or achieve?",
        help_text="For example: go to the market with my friend every Friday.",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write what you want to change or achieve."},
    )
    sign = forms.CharField(
        label="How will you know it is going well?",
        help_text="Something that you or somebody close to you would notice.",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    needs = forms.MultipleChoiceField(
        label="Which parts of life is this about?",
        help_text="These are the parts of life where the council must help. Choose all that fit.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, pack: Pack, eligible: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(o.key, o.title) for o in pack.outcomes if o.key in eligible]
        field = self.fields["needs"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices
        if not choices:
            del self.fields["needs"]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return {"needs": [], **self.cleaned_data}


class SupportForm(forms.Form):
    """One kind of support: what, who, how much of it, how often and at what rate."""

    description = forms.CharField(
        label="What is it?",
        help_text="For example: help with washing and getting dressed in the morning.",
        max_length=200,
        error_messages={"required": "Say what kind of support it is."},
    )
    provider = forms.ChoiceField(
        label="Who gives it?",
        help_text="Everyone in this list has been checked by the council. You can choose later.",
        required=False,
    )
    rate_pence = PoundsField(label="What does one cost?", help_text="In pounds, like 24.50.")
    unit = forms.ChoiceField(
        label="What is that for?",
        choices=[(value, f"one {label}") for value, label in RateUnit.choices],
        initial=RateUnit.HOUR,
    )
    quantity = forms.DecimalField(
        label="How many each time?",
        help_text="For example 7 if it is one hour on each day of the week, and you choose “every week”.",
        min_value=Decimal("0.01"),
        max_value=Decimal("9999"),
        decimal_places=2,
        max_digits=8,
        widget=forms.NumberInput(attrs={"class": "govuk-input--width-5", "step": "any"}),
        error_messages={
            "required": "Say how many.",
            "invalid": "Enter a number, like 7 or 1.5.",
            "min_value": "Enter a number above 0.",
            "max_value": "Enter a smaller number.",
            "max_decimal_places": "Use at most two digits after the point, like 1.25.",
            "max_digits": "Enter a smaller number.",
            "max_whole_digits": "Enter a smaller number.",
        },
    )
    frequency = forms.ChoiceField(
        label="How often?", choices=Frequency.choices, initial=Frequency.WEEKLY
    )
    outcome = forms.ChoiceField(label="Which of your wishes does it help with?", required=False)

    def __init__(self, *args: Any, plan: SupportPlan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outcomes = {str(n): outcome for n, outcome in enumerate(plan.outcomes.all(), start=1)}
        self.providers = {
            provider.reference: provider
            for provider in Provider.objects.filter(state=ProviderState.APPROVED).order_by("name")
        }
        _choose(
            self, "provider", [(p.reference, p.name) for p in self.providers.values()], LEAVE_OPEN
        )
        _choose(
            self, "outcome", [(key, o.wish) for key, o in self.outcomes.items()], "None of them"
        )
        if not self.outcomes:
            del self.fields["outcome"]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        typed = self.cleaned_data
        return {
            "description": typed["description"],
            "provider": self.providers.get(typed["provider"]),
            "rate_pence": typed["rate_pence"],
            "unit": typed["unit"],
            "quantity": typed["quantity"],
            "frequency": typed["frequency"],
            "outcome": self.outcomes.get(typed.get("outcome", "")),
        }


def _choose(form: forms.Form, name: str, choices: list[tuple[str, str]], nothing: str) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [("", nothing), *choices]


def outcome_as_typed(outcome: PlanOutcome) -> dict[str, Any]:
    """What the form shows for a stored wish."""
    return {"wish": outcome.wish, "sign": outcome.sign, "needs": list(outcome.needs)}


def support_as_typed(plan: SupportPlan, support: PlanSupport) -> dict[str, Any]:
    """What the form shows for a stored support."""
    numbers: dict[int | None, str] = {
        outcome.pk: str(n) for n, outcome in enumerate(plan.outcomes.all(), start=1)
    }
    return {
        "description": support.description,
        "provider": support.provider.reference if support.provider else "",
        "rate_pence": support.rate_pence,
        "unit": support.unit,
        "quantity": support.quantity.normalize() if support.quantity % 1 else int(support.quantity),
        "frequency": support.frequency,
        "outcome": numbers.get(support.outcome_id, ""),
    }


class DetailsForm(forms.Form):
    """What else a plan must say: when, who holds the money, what could go wrong."""

    starts_on = DateField(
        label="When does the plan start?",
        error_messages={"required": "Say when the plan starts."},
    )
    ends_on = DateField(
        label="When does it end?",
        help_text="Most plans run for a year.",
        error_messages={"required": "Say when the plan ends."},
    )
    holding = forms.ChoiceField(
        label="Who should hold the money?",
        help_text="You can change this later.",
        choices=Holding.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose who should hold the money."},
    )
    risks = forms.CharField(
        label="What could go wrong, and what helps?",
        help_text="Say how you can do what matters to you in spite of it.",
        required=False,
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    contingency = forms.CharField(
        label="What happens if support falls through?",
        help_text="For example: my neighbour comes, or the agency sends somebody else.",
        required=False,
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    contingency_pence = PoundsField(
        label="Money kept back for that, in a year",
        help_text="Put 0 if you want to keep nothing back.",
    )

    def clean(self) -> dict[str, Any]:
        """A plan ends after it starts."""
        cleaned = super().clean() or {}
        starts, ends = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", "The end must be after the start.")
        return cleaned


class CommentForm(forms.Form):
    """A few words to the other side."""

    text = forms.CharField(
        label="Write a comment",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write something first."},
    )


class ReturnForm(forms.Form):
    """Back to the person, with what would make the plan agreeable."""

    comment = forms.CharField(
        label="What should change?",
        help_text="The person reads this. Say what to do, not only what is wrong.",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say what should change."},
    )


class AgreeForm(forms.Form):
    """Yes, and why."""

    reason = forms.CharField(
        label="Why do you agree?",
        help_text="The person reads this, and it stays in the record.",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why you agree."},
    )
    conditions = forms.CharField(
        label="Conditions (optional)",
        help_text="Something that must be done as well. Leave it empty if there is nothing.",
        required=False,
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class EscalateForm(forms.Form):
    """To the next level, with a recommendation."""

    reason = forms.CharField(
        label="What do you recommend, and why?",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say what you recommend, and why."},
    )


class DeclineForm(forms.Form):
    """No, and why."""

    reason = forms.CharField(
        label="Why can the plan not be agreed?",
        help_text="The person reads this. They can change the plan, or ask us to look again.",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why the plan cannot be agreed."},
    )


class ChallengeForm(forms.Form):
    """The person's answer to a decision."""

    about = forms.ChoiceField(
        label="What is it about?",
        choices=ChallengeSubject.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Say what it is about.",
            "invalid_choice": "Choose what it is about from the list.",
        },
    )
    words = forms.CharField(
        label="What do you think is wrong, and what would put it right?",
        help_text="Your own words are best. You need no special form of words.",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={"required": "Say what you think is wrong."},
    )


class AnswerChallengeForm(forms.Form):
    """The answer to a challenge, with reasons."""

    upheld = forms.ChoiceField(
        label="Was the person right?",
        choices=(
            ("yes", "Yes. The decision will be made again"),
            ("no", "No. The decision stands"),
        ),
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether the person was right."},
    )
    answer = forms.CharField(
        label="Your reasons",
        help_text="The person reads this.",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Give your reasons, so that the person can read them."},
    )

"""Forms of finance's side: filters of lists, runs, payments, and the explaining of statement lines."""

from collections.abc import Iterable
from typing import Any

from django import forms

from carebudget.people.forms_handling import ReasonForm
from carebudget.people.forms_kit import PoundsField
from payments.models import StatementAccount
from payments.selectors.finance_invoices import ALL, DUE, TABS
from payments.selectors.open_amounts import AGES
from payments.selectors.statements import PASSES
from payments.services import EXPLANATIONS
from payments.services.accounts import BANK_NAMES

FILES_LIMIT = 20
REASON_LIMIT = 2000

USUAL_ACCOUNTS = {"bank": BANK_NAMES["main"], "stripe": BANK_NAMES["stripe"]}
"""Accounts that every council has, whether or not a statement of them was read yet."""


class FilterForm(forms.Form):
    """A form that narrows a list. What makes no sense narrows nothing, and is said beside its field."""

    def value(self, name: str) -> Any:
        """What was chosen; empty when it was not, or made no sense."""
        return None if self.errors.get(name) else self.cleaned_data.get(name)


class InvoiceFilterForm(FilterForm):
    """Which invoices to list."""

    tab = forms.ChoiceField(
        choices=[(key, title) for key, title, _ in TABS] + [(DUE, "Due for a run")],
        required=False,
        widget=forms.HiddenInput,
    )
    q = forms.CharField(label="Person, provider or number", required=False, max_length=120)
    provider = forms.ChoiceField(label="Provider", required=False)
    order = forms.ChoiceField(
        label="Order",
        required=False,
        choices=[
            ("oldest", "Oldest first"),
            ("newest", "Newest first"),
            ("largest", "Largest first"),
        ],
    )

    def __init__(self, *args: Any, providers: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["provider"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Every provider"), *providers]

    @property
    def chosen_tab(self) -> str:
        """The tab; when none is named, what waits for approval, or everything when searching."""
        usual = ALL if self.value("q") else TABS[0][0]
        return str(self.value("tab") or usual)


class SearchForm(FilterForm):
    """One box of words."""

    q = forms.CharField(label="Find", required=False, max_length=120)

    def __init__(self, *args: Any, label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].label = label


class RejectInvoiceForm(ReasonForm):
    """Why an invoice is not accepted."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            label="Why do you reject it?",
            hint="The provider reads this, and may send a corrected invoice.",
            **kwargs,
        )


class LineFilterForm(FilterForm):
    """Which side, and which lines or amounts, to list."""

    account = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    side = forms.ChoiceField(
        choices=[("lines", "Lines"), ("items", "Amounts")],
        required=False,
        widget=forms.HiddenInput,
    )
    amount = PoundsField(label="Amount", required=False, allow_negative=True)
    q = forms.CharField(label="Words", required=False, max_length=120)
    age = forms.ChoiceField(label="Age", required=False, choices=[("", "Any age"), *AGES.items()])


class MatchedFilterForm(FilterForm):
    """Which matches to list."""

    account = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    q = forms.CharField(label="Words", required=False, max_length=120)
    how = forms.ChoiceField(
        label="How it was explained", required=False, choices=[("", "Any way"), *PASSES.items()]
    )


class MatchForm(forms.Form):
    """What a line settles. The items are checked by the service, which knows what is open."""

    find = forms.CharField(
        label="Find another amount of ours",
        help_text="A payment, a run, a provider or an amount.",
        required=False,
        max_length=120,
    )
    reason = forms.CharField(
        label="How do you know? (optional)",
        required=False,
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ExplainForm(ReasonForm):
    """What a line is that settles nothing of ours."""

    explanation = forms.ChoiceField(
        label="What is this line?",
        choices=list(EXPLANATIONS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Say what this line is."},
    )
    field_order = ["explanation", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            label="How do you know?",
            hint="It is kept with the entry in the ledger.",
            **kwargs,
        )


class SetAsideForm(forms.Form):
    """What is being done about a line that cannot be explained yet."""

    note = forms.CharField(
        label="What are you waiting for?",
        help_text="The matching leaves the line alone from then on.",
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say what you are waiting for."},
    )


class FilesInput(forms.FileInput):
    """A box for one file or several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several; gives a list."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if not given:
            return [super().clean(None, initial)] if self.required else []
        if len(given) > FILES_LIMIT:
            raise forms.ValidationError(f"Choose at most {FILES_LIMIT} files at a time.")
        return list(given)


class StatementFilesForm(forms.Form):
    """Statements to bring in, and the account they are of."""

    account = forms.ChoiceField(
        label="Which account are they of?",
        widget=forms.RadioSelect,
        error_messages={"required": "Say which account the statements are of."},
    )
    statements = FilesField(
        label="Statement files",
        help_text=f"camt.053, MT940, BAI2 or CSV, as the bank gives them. Up to {FILES_LIMIT} at a time. "
        "A file that was brought in before adds nothing.",
        error_messages={"required": "Choose one file or more."},
    )

    def __init__(self, *args: Any, accounts: Iterable[StatementAccount], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["account"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list({**USUAL_ACCOUNTS, **{a.code: a.name for a in accounts}}.items())
        field.initial = "bank"

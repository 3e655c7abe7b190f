"""Forms of bank files and of payees' accounts."""

from typing import Any

from django import forms
from django.conf import settings

from carebudget.people.forms_handling import ReasonForm
from carebudget.people.forms_kit import DateField, PoundsField
from carebudget.people.models import User
from payments.models import ContactKind
from payments.rails import get_any_rail, rails_of_kind
from payments.rails.protocol import RailKind
from payments.rules.payee_details import PayeeKind

KINDS = [
    (PayeeKind.UK.value, "A bank account in the United Kingdom"),
    (PayeeKind.CARD.value, "A prepaid card"),
    (PayeeKind.IBAN.value, "An account with an IBAN"),
]


class FileDayForm(forms.Form):
    """The day of a new file."""

    day = DateField(label="Day of the file", required=False)

    def __init__(self, *args: Any, first: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["day"].help_text = f"Leave it empty for the first it can have: {first}."


class FileFiguresForm(forms.Form):
    """What the bank shows of a file: typed, not copied, so that it is really compared."""

    count = forms.IntegerField(
        label="How many payments does the bank show?",
        min_value=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": "Enter how many payments the bank shows.",
            "invalid": "Enter how many payments the bank shows, in figures.",
        },
    )
    total_pence = PoundsField(label="Which sum does the bank show?")


class ReportForm(forms.Form):
    """A report of the bank about files that were sent."""

    rail = forms.ChoiceField(
        label="Which way of paying is it about?",
        widget=forms.RadioSelect,
        error_messages={"required": "Say which way of paying the report is about."},
    )
    file = forms.FileField(
        label="The report", error_messages={"required": "Choose the file that the bank gave you."}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rail"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (name, get_any_rail(name).title)
            for name in settings.PAYMENT_RAILS
            if name in rails_of_kind(RailKind.FILE)
        ]


class PayeeForm(forms.Form):
    """New account details of a payee. The service checks them; only its words are shown."""

    kind = forms.ChoiceField(
        label="Where do they want to be paid?",
        choices=KINDS,
        widget=forms.RadioSelect,
        initial="uk",
    )
    name = forms.CharField(label="Name on the account", required=False, max_length=140)
    business = forms.ChoiceField(
        label="Whose account is it?",
        choices=[("yes", "A business or an organisation’s"), ("no", "A person’s own")],
        widget=forms.RadioSelect,
    )
    sort_code = forms.CharField(
        label="Sort code", required=False, max_length=20, help_text="Six digits, like 20-00-00."
    )
    account_number = forms.CharField(
        label="Account number", required=False, max_length=20, help_text="Eight digits."
    )
    iban = forms.CharField(label="IBAN, only for such an account", required=False, max_length=60)
    bic = forms.CharField(label="BIC, if it is known", required=False, max_length=20)
    card = forms.CharField(
        label="Card reference, only for a prepaid card",
        required=False,
        max_length=40,
        help_text="The card provider’s own reference. Never the long number on the front.",
    )
    reason = forms.CharField(
        label="How did they ask for it?",
        help_text="By letter, on the phone, in person; and why it changes.",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ConfirmPayeeForm(forms.Form):
    """How a second person asked the payee."""

    contact_kind = forms.ChoiceField(
        label="How did you ask them?",
        choices=ContactKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say how you asked the payee."},
    )
    contact_user = forms.ChoiceField(
        label="Whom did you speak to, if it was somebody who spoke for them before?", required=False
    )
    words = forms.CharField(
        label="What did they say?",
        help_text="Never use a number or an address that came with the new details.",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say whom you spoke to and what they said."},
    )

    def __init__(self, *args: Any, contacts: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contacts = {user.email: user for user in contacts}
        field = self.fields["contact_user"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", "Nobody of these"),
            *((email, user.full_name) for email, user in self.contacts.items()),
        ]

    def clean_contact_user(self) -> User | None:
        """The person behind the chosen address."""
        return self.contacts.get(self.cleaned_data["contact_user"])


class HoldForm(ReasonForm):
    """Why something is held."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            auto_id="id_hold_%s",
            label="Why is it held?",
            hint="Whoever lets it go reads this. It is kept in the record, with your name.",
            **kwargs,
        )

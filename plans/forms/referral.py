"""Forms by which a case begins: a worker refers somebody, or somebody asks for help."""

from datetime import date
from typing import Any

from django import forms

from carebudget.people.forms_kit import DateField
from carebudget.people.models import RepresentativeKind, Role, User
from plans.models import Case, ProgrammePack, ReferralSource

BORN = "For example, 27 3 1948."
ASKED_BY = (
    (ReferralSource.SELF, "For myself"),
    (ReferralSource.FAMILY, "For somebody in my family, or a friend"),
)


def programmes() -> dict[str, ProgrammePack]:
    """The newest version of every programme that takes new cases, by key."""
    newest: dict[str, ProgrammePack] = {}
    for pack in ProgrammePack.objects.in_force().defer("content", "source_yaml"):
        newest.setdefault(pack.key, pack)
    return {key: newest[key] for key in sorted(newest)}


class _ProgrammeForm(forms.Form):
    """A form that ends in a programme."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.packs = programmes()
        field = self.fields["pack"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, pack.title) for key, pack in self.packs.items()]
        if len(self.packs) == 1:
            field.initial = next(iter(self.packs))

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return {**self.cleaned_data, "pack": self.packs[self.cleaned_data["pack"]]}

    def in_words(self, name: str) -> str:
        """What was chosen or typed, as the check page shows it."""
        value = self.cleaned_data.get(name)
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            return next((str(label) for key, label in field.choices if key == value), "")  # type: ignore[union-attr,misc]
        if isinstance(value, date):
            return f"{value.day} {value:%B %Y}"
        return str(value or "")

    def rows(self) -> list[dict[str, str]]:
        """Label, answer and field of everything asked, for check-your-answers."""
        return [
            {"name": name, "label": str(field.label), "words": self.in_words(name)}
            for name, field in self.fields.items()
        ]


def _programme(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the kind of support."},
    )


class ReferForm(_ProgrammeForm):
    """A worker refers a person."""

    full_name = forms.CharField(
        label="Full name", max_length=120, error_messages={"required": "Enter their full name."}
    )
    preferred_name = forms.CharField(
        label="What they like to be called (optional)", required=False, max_length=60
    )
    date_of_birth = DateField(
        label="Date of birth",
        help_text=BORN,
        error_messages={"required": "Enter their date of birth."},
    )
    pack = _programme("What kind of support is it about?")
    source = forms.ChoiceField(
        label="Who asked?",
        choices=ReferralSource.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say who asked."},
    )
    reason = forms.CharField(
        label="What is difficult at the moment?",
        help_text="In their own words if you can. They can read it.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Write what is difficult at the moment."},
    )
    email = forms.EmailField(
        label="E-mail address (optional)",
        help_text="They need one to sign in. You can invite somebody who helps them instead.",
        required=False,
        error_messages={"invalid": "Enter an e-mail address like name@example.com."},
    )
    phone = forms.CharField(label="Phone number (optional)", required=False, max_length=30)
    address = forms.CharField(
        label="Address (optional)",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    needs_in_communication = forms.CharField(
        label="What do they need to understand and be understood? (optional)",
        help_text="For example large print, British Sign Language, or time to answer.",
        required=False,
        max_length=200,
    )


class AskForHelpForm(_ProgrammeForm):
    """Somebody asks for themselves, or for somebody in the family."""

    source = forms.ChoiceField(
        label="Who is it for?",
        choices=ASKED_BY,
        widget=forms.RadioSelect,
        error_messages={"required": "Say who it is for."},
    )
    full_name = forms.CharField(
        label="Full name of the person who needs help",
        max_length=120,
        error_messages={"required": "Enter the name of the person who needs help."},
    )
    date_of_birth = DateField(
        label="Their date of birth",
        help_text=BORN,
        error_messages={"required": "Enter the date of birth of the person who needs help."},
    )
    pack = _programme("What kind of support is it about?")
    reason = forms.CharField(
        label="What is difficult at the moment?",
        help_text="A few words are enough. You can say more later.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Write what is difficult at the moment."},
    )
    email = forms.EmailField(
        label="E-mail address",
        help_text="We send a link to this address, so that you can see what is happening.",
        error_messages={
            "required": "Enter an e-mail address.",
            "invalid": "Enter an e-mail address like name@example.com.",
        },
    )
    phone = forms.CharField(
        label="Phone number",
        max_length=30,
        error_messages={"required": "Enter a phone number, so that a worker can call you."},
    )


class AssignForm(forms.Form):
    """Which worker has the case."""

    worker = forms.ChoiceField(
        label="Who should have this case?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose a worker.",
            "invalid_choice": "Choose a worker from the list.",
        },
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        workers = User.objects.filter(role_holdings__role=Role.WORKER, is_active=True)
        if case.team_id:
            workers = workers.filter(
                role_holdings__role=Role.WORKER, role_holdings__team=case.team_id
            )
        self.workers = {str(worker.public_id): worker for worker in workers.order_by("full_name")}
        field = self.fields["worker"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, worker.full_name) for key, worker in self.workers.items()]

    def chosen(self) -> User:
        """The worker chosen."""
        return self.workers[self.cleaned_data["worker"]]


class InviteHelperForm(forms.Form):
    """Somebody the person trusts to help with their budget."""

    full_name = forms.CharField(
        label="Their full name",
        max_length=120,
        error_messages={"required": "Enter their full name."},
    )
    email = forms.EmailField(
        label="Their e-mail address",
        help_text="We send them a link to sign in with.",
        error_messages={
            "required": "Enter their e-mail address.",
            "invalid": "Enter an e-mail address like name@example.com.",
        },
    )
    kind = forms.ChoiceField(
        label="How do they help?",
        choices=RepresentativeKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say how they help."},
    )
    relationship = forms.CharField(
        label="Who are they to the person?",
        help_text="For example daughter, neighbour or advocate.",
        max_length=60,
        error_messages={"required": "Say who they are to the person, like daughter or neighbour."},
    )


class InvitePersonForm(forms.Form):
    """The e-mail address that the person's own invitation goes to."""

    person_email = forms.EmailField(
        label="E-mail address",
        error_messages={
            "required": "Enter their e-mail address.",
            "invalid": "Enter an e-mail address like name@example.com.",
        },
    )

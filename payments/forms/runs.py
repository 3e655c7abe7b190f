"""Forms of payment runs: what a run is narrowed to, what goes into it, and how much somebody may approve."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.conf import settings

from carebudget.people.forms_handling import ReasonForm
from carebudget.people.forms_kit import DateField, PoundsField
from carebudget.people.models import User
from payments.rails import get_any_rail, kind_of
from payments.rails.protocol import RailKind
from payments.selectors.due_payees import DueToPayee
from payments.selectors.obligations import Wanted

from .finance import FilterForm


def rail_choices() -> list[tuple[str, str]]:
    """Every way of paying, with how it goes."""
    return [
        (
            name,
            f"{get_any_rail(name).title} ({'a file for the bank' if kind_of(name) == RailKind.FILE else 'sent at once'})",
        )
        for name in settings.PAYMENT_RAILS
    ]


class WantedForm(FilterForm):
    """What a run is narrowed to. Nothing chosen means everything."""

    rail = forms.ChoiceField(label="Paid by", required=False)
    pack = forms.ChoiceField(label="Programme", required=False)
    team = forms.ChoiceField(label="Team", required=False)
    due_by = DateField(label="Due by", required=False)
    least = PoundsField(label="From", required=False)
    most = PoundsField(label="Up to", required=False)

    def __init__(
        self,
        *args: Any,
        packs: Iterable[tuple[str, str]],
        teams: Iterable[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("rail", rail_choices()),
            ("pack", [("", "Every programme"), *packs]),
            ("team", [("", "Every team"), *((team, team) for team in teams)]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = list(choices)

    @property
    def rail_name(self) -> str:
        """The chosen way of paying, or the first that is installed."""
        return str(self.value("rail") or next(iter(settings.PAYMENT_RAILS)))

    @property
    def wanted(self) -> Wanted:
        """What was chosen, as sources understand it."""
        return Wanted(
            pack=self.value("pack") or "",
            team=self.value("team") or "",
            due_by=self.value("due_by"),
            from_pence=self.value("least"),
            to_pence=self.value("most"),
        )

    @property
    def narrows(self) -> bool:
        """Whether anything but the way of paying was chosen."""
        return any(self.value(name) for name in ("pack", "team", "due_by", "least", "most"))

    def clean(self) -> dict[str, Any]:
        """The smaller amount comes first."""
        cleaned = super().clean() or {}
        least, most = cleaned.get("least"), cleaned.get("most")
        if least is not None and most is not None and least > most:
            self.add_error("most", "Enter an amount that is not below the first one.")
        return cleaned


class MakeRunForm(forms.Form):
    """What goes into a run: everything due and wanted, or what is due to some payees."""

    which = forms.ChoiceField(
        label="What goes into the run?",
        choices=[("all", "Everything below"), ("some", "Only those that are ticked")],
        widget=forms.RadioSelect,
        initial="all",
        error_messages={"required": "Say whether to pay everything, or only some."},
    )
    payees = forms.MultipleChoiceField(
        label="Who is paid", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, due: Sequence[DueToPayee], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["payees"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.reference, one.name) for one in due if not one.why_not]

    def clean(self) -> dict[str, Any]:
        """Some means at least one."""
        cleaned = super().clean() or {}
        if cleaned.get("which") == "some" and not cleaned.get("payees") and not self.errors:
            self.add_error("payees", "Choose at least one of them, or pay everything.")
        return cleaned


class ApprovalLimitForm(ReasonForm):
    """How much one finance manager may approve."""

    whose = forms.ChoiceField(
        label="Whose limit?", error_messages={"required": "Say whose limit it is."}
    )
    run_pence = PoundsField(label="Most in one run")
    day_pence = PoundsField(label="Most in one day")
    field_order = ["whose", "run_pence", "day_pence", "reason"]

    def __init__(self, *args: Any, managers: Iterable[User], **kwargs: Any) -> None:
        super().__init__(
            *args, label="Why?", hint="It is kept in the record, with your name.", **kwargs
        )
        field = self.fields["whose"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(user.email, user.full_name) for user in managers]

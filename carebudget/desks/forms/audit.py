"""The form by which an auditor searches the record."""

from datetime import timedelta
from typing import Any

from django import forms

from carebudget import clock
from carebudget.audit.selectors import RecordSearch
from plans.selectors.timeline import WORDS

from ..selectors.audit import actors_called


class DayInput(forms.DateInput):
    """One box for a day: filters are tried out quickly, and browsers of staff have a calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _verbs() -> list[tuple[str, str]]:
    words = sorted((what[0].upper() + what[1:], verb) for verb, what in WORDS.items())
    return [("", "Anything"), *((verb, f"{what} ({verb})") for what, verb in words)]


class RecordSearchForm(forms.Form):
    """Everything is optional; what is filled in must all be true."""

    about = forms.CharField(
        label="Number",
        required=False,
        max_length=120,
        help_text="Of a case, plan, invoice, run or provider",
    )
    who = forms.CharField(label="Who did it", required=False, max_length=120, help_text="A name, or part of one")  # fmt: skip
    verb = forms.ChoiceField(label="What was done", required=False, choices=_verbs)
    since = forms.DateField(
        label="From",
        required=False,
        widget=DayInput,
        error_messages={"invalid": "Enter a real day."},
    )
    until = forms.DateField(
        label="To",
        required=False,
        widget=DayInput,
        error_messages={"invalid": "Enter a real day."},
    )
    chain = forms.CharField(label="Chain", required=False, max_length=80, help_text="Such as case: or run:")  # fmt: skip

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        since, until = found.get("since"), found.get("until")
        if since and until and until < since:
            self.add_error("until", "This day is before the first one.")
        return found

    @property
    def is_empty(self) -> bool:
        """Nothing is asked: everything shows."""
        return not any(self.cleaned_data.values())

    def search(self) -> RecordSearch:
        """What was asked, for the selectors. The last day counts to its end."""
        asked = self.cleaned_data
        return RecordSearch(
            verb=asked["verb"],
            about=asked["about"].strip(),
            actors=actors_called(asked["who"]) if asked["who"].strip() else None,
            chain=asked["chain"].strip(),
            since=clock.midnight(asked["since"]) if asked["since"] else None,
            before=clock.midnight(asked["until"] + timedelta(days=1)) if asked["until"] else None,
        )

"""Forms of month end: reasons for open checks, which day a report is for, and how journals read."""

from collections.abc import Iterable
from typing import Any

from django import forms

from carebudget import clock
from carebudget.people.models import Team
from payments.forms.finance import REASON_LIMIT, FilterForm
from payments.models import AccountKind, Detail, JournalProfile, PeriodCheck
from payments.rules.journals import SOURCES

LIST_LIMIT = 20_000
CODE_LIMIT = 40


class AskToCloseForm(forms.Form):
    """For each check that does not hold: why the month may close all the same."""

    def __init__(self, *args: Any, checks: Iterable[PeriodCheck], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in checks:
            self.fields[f"reason_{one.key}"] = forms.CharField(
                label=f"{one.title}: why may it stay open?",
                help_text=f"{one.figure}. {one.words}",
                max_length=REASON_LIMIT,
                required=False,
                initial=one.reason,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @property
    def reasons(self) -> dict[str, str]:
        """What was written, by the key of the check."""
        return {name.removeprefix("reason_"): said for name, said in self.cleaned_data.items()}


class WordsForm(forms.Form):
    """What the person who closes a month looked at."""

    words = forms.CharField(
        label="What did you check?",
        help_text="It is kept in the record, with your name.",
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say what you checked. It is kept in the record."},
    )


class DayForm(FilterForm):
    """The day that a report is for."""

    on = forms.DateField(
        label="At the end of",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "govuk-input--width-10"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Enter a real day, like 2026-10-31."},
    )  # fmt: skip

    def clean_on(self) -> Any:
        """No day that is still to come by years, and none before there were councils like ours."""
        day = self.cleaned_data["on"]
        if day is not None and not 1990 <= day.year <= clock.today().year + 5:
            raise forms.ValidationError("Enter a day in a year that we have figures for.")
        return day


def pairs(text: str, what: str) -> list[tuple[str, str]]:
    """``Team = code`` a line; empty lines are left out. Raises ``ValidationError`` naming the line."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        left, equals, right = (part.strip() for part in line.partition("="))
        if not (left and equals and right):
            raise forms.ValidationError(f"Line {number}: write {what}, like the others.")
        if len(right) > CODE_LIMIT:
            raise forms.ValidationError(f"Line {number}: at most {CODE_LIMIT} characters after =.")
        found.append((left, right))
    return found


class ProfileForm(forms.Form):
    """How one general ledger wants its journals."""

    name = forms.CharField(
        label="Name of the profile", max_length=80, error_messages={"required": "Give it a name."}
    )
    detail = forms.ChoiceField(
        label="How much it says", choices=Detail.choices, widget=forms.RadioSelect
    )
    columns = forms.CharField(
        label="Columns",
        help_text=f"One a line, in their order: the heading, = and where it comes from. Use {', '.join(SOURCES)}.",
        max_length=LIST_LIMIT,
        widget=forms.Textarea(attrs={"rows": 9, "spellcheck": "false"}),
        error_messages={"required": "Name at least one column."},
    )
    cost_centres = forms.CharField(
        label="Cost centre of each team",
        help_text="One a line: the team’s name, = and its code.",
        required=False,
        max_length=LIST_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )
    other_cost_centre = forms.CharField(
        label="Cost centre of everything else",
        help_text="Also for accounts that belong to no team, like the bank.",
        max_length=CODE_LIMIT,
        error_messages={"required": "Give a code."},
    )
    subjectives = forms.CharField(
        label="Subjective code of each kind of account",
        help_text=f"One a line: the kind, = and its code. Kinds: {', '.join(AccountKind.values)}. For one programme alone: budget:carers = E4100.",
        required=False,
        max_length=LIST_LIMIT,
        widget=forms.Textarea(attrs={"rows": 9, "spellcheck": "false"}),
    )
    other_subjective = forms.CharField(
        label="Subjective code of everything else",
        max_length=CODE_LIMIT,
        error_messages={"required": "Give a code."},
    )
    control_line = forms.BooleanField(
        label="End each file with a line of control totals", required=False
    )

    def clean_columns(self) -> list[tuple[str, str]]:
        """Headings and sources."""
        return pairs(self.cleaned_data["columns"], "a heading, = and where it comes from")

    def clean_cost_centres(self) -> dict[str, str]:
        """Codes by team; a team must exist."""
        found = dict(pairs(self.cleaned_data["cost_centres"], "a team, = and its code"))
        known = set(Team.objects.values_list("name", flat=True))
        unknown = [team for team in found if team not in known]
        if unknown:
            raise forms.ValidationError(f"There is no team called {unknown[0]}.")
        return found

    def clean_subjectives(self) -> dict[str, str]:
        """Codes by kind of account, or kind and programme."""
        found = dict(pairs(self.cleaned_data["subjectives"], "a kind of account, = and its code"))
        unknown = [key for key in found if key.partition(":")[0] not in AccountKind.values]
        if unknown:
            raise forms.ValidationError(f"There is no kind of account called {unknown[0]}.")
        return found


def as_typed(profile: JournalProfile) -> dict[str, Any]:
    """A profile as its form shows it."""

    def lines(rows: Iterable[tuple[str, str]]) -> str:
        return "\n".join(f"{left} = {right}" for left, right in rows)

    return {
        "name": profile.name,
        "detail": profile.detail,
        "columns": lines(profile.columns),
        "cost_centres": lines(profile.cost_centres.items()),
        "other_cost_centre": profile.other_cost_centre,
        "subjectives": lines(profile.subjectives.items()),
        "other_subjective": profile.other_subjective,
        "control_line": profile.control_line,
    }

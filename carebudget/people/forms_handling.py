"""How pages hand a form to a service: form, service, redirect.

A refusal of a service is shown beside its field, or at the top, and nothing that was typed is lost.
Also the check-your-answers step, without a session: what was typed travels in hidden fields.
Knows no particular form and no particular service.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest

from carebudget.errors import Conflict, Refused

STEP = "step"
"""The name of the buttons that say where a form goes: ``check``, ``change`` or ``send``."""

NOT_TYPED = frozenset({"csrfmiddlewaretoken", STEP})


@dataclass
class Attempt:
    """What came of a call inside ``refusals_on``."""

    refusal: Refused | Conflict | None = None

    @property
    def accepted(self) -> bool:
        """The service did it."""
        return self.refusal is None


@contextmanager
def refusals_on(form: forms.BaseForm) -> Iterator[Attempt]:
    """Show what a service refuses on ``form``: beside ``error.field`` if the form has it, else on top.

    ::

        if form.is_valid():
            with refusals_on(form) as attempt:
                agree_plan(plan=plan, by=by, **form.cleaned_data)
            if attempt.accepted:
                return redirect(...)

    ``NotAllowed`` is not caught: what you may not do does not exist (404).
    """
    attempt = Attempt()
    try:
        yield attempt
    except (Refused, Conflict) as refusal:
        attempt.refusal = refusal
        show_refusal(form, refusal)


def show_refusal(form: forms.BaseForm, refusal: Refused | Conflict) -> None:
    """Put the sentence and the next step of ``refusal`` on ``form``."""
    field = refusal.field if refusal.field in form.fields else None
    form.add_error(field, f"{refusal.sentence} {refusal.next_step}".strip())


class ActForm(forms.Form):
    """A form of one button: nothing to fill in, but a service may still refuse."""


class ReasonForm(forms.Form):
    """An act that needs a reason, kept in the record."""

    reason = forms.CharField(
        label="Reason",
        max_length=2000,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Give a reason. It is kept in the record."},
    )

    def __init__(self, *args: Any, label: str = "", hint: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if label:
            self.fields["reason"].label = label
        self.fields["reason"].help_text = hint


def step_of(request: HttpRequest) -> str:
    """Which button sent a form that has a check-your-answers page; ``check`` when none is named."""
    step = request.POST.get(STEP, "check")
    return step if step in {"check", "change", "send"} else "check"


def typed(form: forms.BaseForm) -> list[tuple[str, str]]:
    """Every name and value as typed, for the hidden fields of a check-your-answers page."""
    data: Any = form.data
    if not hasattr(data, "lists"):
        return [(name, str(value)) for name, value in data.items() if name not in NOT_TYPED]
    return [
        (name, value) for name, values in data.lists() if name not in NOT_TYPED for value in values
    ]

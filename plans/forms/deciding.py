"""Forms of the worker: checking an assessment, deciding, and setting the indicative budget."""

from typing import Any

from django import forms

from plans.rules.eligibility import EligibilityProposal
from plans.rules.pack import Pack
from plans.services import OutcomeJudgement

REASON_LIMIT = 4000
YES_NO = (("yes", "Yes"), ("no", "No"))


class NoteForm(forms.Form):
    """The worker's note when the answers have been talked through."""

    note = forms.CharField(
        label="What did you talk through, and with whom?",
        help_text="Say what you saw or heard that made you keep or correct an answer. "
        "The person can read this.",
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Write what you talked through, and with whom."},
    )


class HandBackForm(forms.Form):
    """Asking the person for more before the answers are checked."""

    comment = forms.CharField(
        label="What should they add or change?",
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Write what they should add or change."},
    )


class DecisionForm(forms.Form):
    """One judgement for each outcome, then the whole. Starts from what the rules propose."""

    def __init__(self, data: Any = None, *, pack: Pack, proposal: EligibilityProposal) -> None:
        proposed = {outcome.outcome: outcome for outcome in proposal.outcomes}
        initial: dict[str, Any] = {
            "eligible": "yes" if proposal.eligible else "no",
            "reason": proposal.sentence,
        }
        for outcome in pack.outcomes:
            rule = proposed[outcome.key]
            initial[f"{outcome.key}_unmet"] = "no" if not rule.unmet else "yes"
            initial[f"{outcome.key}_ways"] = list(rule.ways)
            initial[f"{outcome.key}_reason"] = rule.sentence
        super().__init__(data, initial=initial)
        self.pack, self.proposal = pack, proposal
        for outcome in pack.outcomes:
            self._ask_about(outcome.key, outcome.title)
        self.fields["eligible"] = forms.ChoiceField(
            label="Is the person eligible for a budget?",
            choices=YES_NO,
            widget=forms.RadioSelect,
            error_messages={"required": "Say whether the person is eligible."},
        )
        self.fields["reason"] = _reason(
            "Why?",
            "The person reads this. Say it as you would to them.",
            "Give the reason for the decision.",
        )

    def _ask_about(self, key: str, title: str) -> None:
        self.fields[f"{key}_unmet"] = forms.ChoiceField(
            label="What did you find?",
            choices=(("yes", "They cannot manage this"), ("no", "They can manage this")),
            widget=forms.RadioSelect,
            error_messages={"required": f"Say whether they can manage this: {title}."},
        )
        self.fields[f"{key}_ways"] = forms.MultipleChoiceField(
            label="In which ways?",
            choices=[(way.key, way.title) for way in self.pack.ways],
            widget=forms.CheckboxSelectMultiple,
            required=False,
        )
        self.fields[f"{key}_reason"] = _reason(
            "Reason",
            "Starts with what the rules say. Change it to what you found.",
            f"Give a reason for this part: {title}.",
        )

    def clean(self) -> dict[str, Any]:
        """Somebody who cannot manage, cannot in at least one of the ways of the regulations."""
        cleaned = super().clean() or {}
        for outcome in self.pack.outcomes:
            unmet = cleaned.get(f"{outcome.key}_unmet") == "yes"
            if unmet and self.pack.ways and not cleaned.get(f"{outcome.key}_ways"):
                self.add_error(
                    f"{outcome.key}_ways",
                    f"Choose at least one way in which they cannot: {outcome.title}.",
                )
        return cleaned

    def judgements(self) -> list[OutcomeJudgement]:
        """One judgement for each outcome of the pack."""
        cleaned = self.cleaned_data
        return [
            OutcomeJudgement(
                outcome=outcome.key,
                unmet=(unmet := cleaned[f"{outcome.key}_unmet"] == "yes"),
                ways=tuple(cleaned[f"{outcome.key}_ways"]) if unmet else (),
                reason=cleaned[f"{outcome.key}_reason"],
            )
            for outcome in self.pack.outcomes
        ]


def _reason(label: str, hint: str, missing: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": missing},
    )

"""What a caseload is narrowed by. A filter never refuses: what it does not know, it leaves out."""

from typing import Any

from django import forms

from plans.models import Stage
from plans.selectors import stage_label

STAGES = [("", "All open stages"), *((stage.value, stage_label(stage)) for stage in Stage)]


class CaseloadFilter(forms.Form):
    """Stage and name or number, as typed in the address."""

    stage = forms.ChoiceField(label="Stage", choices=STAGES, required=False)
    search = forms.CharField(label="Name or case number", max_length=120, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["search"].widget.attrs |= {"spellcheck": "false", "autocomplete": "off"}

    def wanted(self) -> tuple[str, str]:
        """The stage and the words to look for; empty where nothing usable was given."""
        self.is_valid()
        return self.cleaned_data.get("stage", ""), self.cleaned_data.get("search", "")

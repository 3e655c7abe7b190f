"""The questionnaire as forms: one form a section, built from the programme pack.

Nothing is required while answering: a person may leave a question and come back. What is still
missing is listed before the answers are sent.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from plans.models import Answer
from plans.rules.answers import NUMBER_LIMIT, TEXT_LIMIT
from plans.rules.pack import Question, Section

YES_NO = (("yes", "Yes"), ("no", "No"))


class QuestionsForm(forms.Form):
    """Some questions of the pack; each field is named by its question's key."""

    def __init__(self, *args: Any, questions: Iterable[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = {question.key: question for question in questions}
        for question in self.questions.values():
            self.fields[question.key] = field_for(question)

    def values(self) -> dict[str, Any]:
        """What to save: the answers that were given, in the shape of their questions.

        A box with choices that was left untouched is no answer, unless it was answered before and
        every tick has been taken away.
        """
        return {
            key: shaped(question, self.cleaned_data.get(key))
            for key, question in self.questions.items()
            if self._was_answered(question)
        }

    def _was_answered(self, question: Question) -> bool:
        value = self.cleaned_data.get(question.key)
        if value in (None, "", []):
            return question.key in self.initial and question.kind in ("text", "multi")
        return True


class SectionForm(QuestionsForm):
    """One page of the questionnaire."""

    def __init__(self, *args: Any, section: Section, **kwargs: Any) -> None:
        super().__init__(*args, questions=section.questions, **kwargs)
        self.section = section


def field_for(question: Question) -> forms.Field:
    """The field that asks ``question``, in the person's own words where it is a text."""
    common: dict[str, Any] = {
        "label": question.text,
        "help_text": question.hint,
        "required": False,
    }
    choices = [(option.key, option.label) for option in question.options]
    match question.kind:
        case "single":
            return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **common)
        case "multi":
            return forms.MultipleChoiceField(
                choices=choices, widget=forms.CheckboxSelectMultiple, **common
            )
        case "yes_no":
            return forms.ChoiceField(choices=YES_NO, widget=forms.RadioSelect, **common)
        case "number":
            return forms.IntegerField(
                min_value=0,
                max_value=NUMBER_LIMIT,
                error_messages={
                    "invalid": "Enter a whole number, like 3.",
                    "min_value": "Enter a whole number of 0 or more.",
                    "max_value": "Enter a smaller number.",
                },
                **common,
            )
        case _:
            return forms.CharField(
                max_length=TEXT_LIMIT, widget=forms.Textarea(attrs={"rows": 5}), **common
            )


def shaped(question: Question, value: Any) -> Any:
    """From what the form gives to what the pack's question wants."""
    if question.kind == "yes_no":
        return value == "yes"
    return value


def initial_for(questions: Iterable[Question], answers: Mapping[str, Answer]) -> dict[str, Any]:
    """From stored answers to what the form shows."""
    return {
        question.key: as_typed(question, answers[question.key].value)
        for question in questions
        if question.key in answers
    }


def as_typed(question: Question, value: Any) -> Any:
    """From a stored value to what the form shows."""
    if question.kind == "yes_no" and isinstance(value, bool):
        return "yes" if value else "no"
    return value


def in_words(question: Question, value: Any) -> str:
    """The answer as a person reads it; ``""`` when there is none."""
    if value is None or value == "":
        return ""
    match question.kind:
        case "single":
            option = question.option(str(value))
            return option.label if option else str(value)
        case "multi":
            chosen = [option.label for option in question.options if option.key in value]
            return "; ".join(chosen) or "None of these"
        case "yes_no":
            return "Yes" if value else "No"
        case _:
            return str(value)

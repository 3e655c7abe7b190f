"""Checking answers against a pack's questions. Pure. An error names the path and says what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .pack import Pack, Question

TEXT_LIMIT = 10_000
NUMBER_LIMIT = 10**6


class AnswerError(ValueError):
    """An answer that does not fit its question. ``path`` is ``answers.<question>``."""

    def __init__(self, path: str, message: str) -> None:
        self.path = path
        self.message = message
        super().__init__(f"{path}: {message}")


@dataclass(frozen=True)
class SectionProgress:
    """How much of one section is answered; only questions that must be answered count."""

    key: str
    title: str
    answered: int
    total: int

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.answered >= self.total


def check_answer(question: Question, value: Any) -> Any:
    """The value in its one right shape. Raises ``AnswerError``."""
    path = f"answers.{question.key}"
    match question.kind:
        case "single":
            if not isinstance(value, str) or question.option(value) is None:
                raise AnswerError(path, f"choose one of: {_choices(question)}")
            return value
        case "multi":
            if not isinstance(value, list) or any(
                not isinstance(v, str) or question.option(v) is None for v in value
            ):
                raise AnswerError(path, f"choose from: {_choices(question)}")
            return [option.key for option in question.options if option.key in value]
        case "yes_no":
            if not isinstance(value, bool):
                raise AnswerError(path, "answer yes or no")
            return value
        case "number":
            if (
                isinstance(value, bool)
                or not isinstance(value, int)
                or not 0 <= value <= NUMBER_LIMIT
            ):
                raise AnswerError(path, "enter a whole number of 0 or more")
            return value
        case _:
            if not isinstance(value, str):
                raise AnswerError(path, "write your answer in words")
            if len(value) > TEXT_LIMIT:
                raise AnswerError(path, f"use at most {TEXT_LIMIT:,} characters")
            return value


def _choices(question: Question) -> str:
    return ", ".join(option.key for option in question.options)


def check_answers(pack: Pack, answers: Mapping[str, Any], *, complete: bool) -> dict[str, Any]:
    """All answers in their right shape. With ``complete``, a missing required one is an error."""
    if not isinstance(answers, Mapping):
        raise AnswerError("answers", "must be a group of question: answer")
    known = {question.key: question for question in pack.questions}
    for key in answers:
        if key not in known:
            raise AnswerError(f"answers.{key}", "there is no such question in this programme")
    checked = {key: check_answer(known[key], answers[key]) for key in known if key in answers}
    if complete:
        for question in unanswered(pack, checked):
            raise AnswerError(f"answers.{question.key}", "this question must be answered")
    return checked


def is_answered(question: Question, answers: Mapping[str, Any]) -> bool:
    """Whether there is an answer; an empty list counts, because "none of these" is one."""
    value = answers.get(question.key)
    return value is not None and value != ""


def unanswered(pack: Pack, answers: Mapping[str, Any]) -> list[Question]:
    """Required questions without an answer, in order."""
    return [q for q in pack.questions if q.required and not is_answered(q, answers)]


def completion(pack: Pack, answers: Mapping[str, Any]) -> tuple[SectionProgress, ...]:
    """How far each section has got."""
    return tuple(
        SectionProgress(
            key=section.key,
            title=section.title,
            answered=sum(1 for q in section.questions if q.required and is_answered(q, answers)),
            total=sum(1 for q in section.questions if q.required),
        )
        for section in pack.sections
    )

"""The questionnaire, for the person and those who help them: one section a page, saved as they go."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from plans.forms.questions import QuestionsForm, SectionForm, in_words, initial_for
from plans.models import Answer, Assessment, AssessmentState, Case
from plans.rules.answers import SectionProgress, completion, unanswered
from plans.rules.pack import Pack, Question, Section
from plans.selectors import case_by_reference, stage_progress
from plans.services import save_answers, start_assessment, submit_assessment

from .loading import answers_of, assessment_or_404, case_of, current_assessment, from_url


@dataclass(frozen=True)
class Answered:
    """One question with its answer in words, as the check page and the worker's page show it."""

    question: Question
    words: str
    answer: Answer | None
    missing: bool


def answered(question: Question, answers: dict[str, Answer]) -> Answered:
    """The question and what was said to it."""
    answer = answers.get(question.key)
    words = in_words(question, answer.value) if answer else ""
    return Answered(question, words, answer, question.required and not words)


def how_far(section: Section, step: SectionProgress, values: dict[str, Any]) -> str:
    """``done``, ``begun`` or ``to_do``; a part where nothing is required is done once it is touched."""
    if step.complete and (step.total or any(q.key in values for q in section.questions)):
        return "done"
    return "begun" if step.answered else "to_do"


@needs("plans.answer", load=case_by_reference)
def questionnaire(request: HttpRequest, case: Case) -> HttpResponse:
    """The list of sections with how far each has got; or what happens next, once it is sent."""
    assessment = current_assessment(case)
    form = ActForm(request.POST or None)
    if request.method == "POST":
        form = ActForm(request.POST)
        with refusals_on(form) as attempt:
            assessment = start_assessment(case=case, by=signed_in(request))
        if attempt.accepted and assessment is not None:
            first = assessment.pack.rules.sections[0]
            return redirect("plans:questions_section", case.reference, first.key)
    context: dict[str, Any] = {"case": case, "assessment": assessment, "form": form}
    if assessment is None:
        context["pack"] = case.pack.rules
        return render(request, "plans/questions_start.html", context)
    pack = assessment.pack.rules
    answers = answers_of(assessment)
    values = {key: answer.value for key, answer in answers.items()}
    progress = completion(pack, values)
    sections = [
        (section, step, how_far(section, step, values))
        for section, step in zip(pack.sections, progress, strict=True)
    ]
    context |= {
        "pack": pack,
        "sections": sections,
        "done": sum(state == "done" for _, _, state in sections),
        "ready": all(step.complete for step in progress),
        "editable": assessment.state == AssessmentState.DRAFT,
        "steps": stage_progress(case),
        "helpers_who_answered": sorted({a.answered_by.full_name for a in answers.values()}),
    }
    return render(request, "plans/questions.html", context)


@needs("plans.answer", load=case_of)
def questions_section(request: HttpRequest, case: Case) -> HttpResponse:
    """One page of questions. Saved on every button, and on every change where JavaScript runs."""
    assessment = assessment_or_404(case)
    pack = assessment.pack.rules
    section = _section(pack, from_url(request, "section"))
    if assessment.state != AssessmentState.DRAFT:
        return redirect("plans:questionnaire", case.reference)
    if request.method == "POST" and "save" in request.GET:
        return _autosave(request, assessment, section)
    answers = answers_of(assessment)
    form = SectionForm(
        request.POST if request.method == "POST" else None,
        section=section,
        initial=initial_for(section.questions, answers),
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            save_answers(assessment=assessment, values=form.values(), by=signed_in(request))
        if attempt.accepted:
            return _after_saving(request, case, pack, section)
    return render(
        request,
        "plans/questions_section.html",
        {
            "case": case,
            "section": section,
            "number": pack.sections.index(section) + 1,
            "of": len(pack.sections),
            "form": form,
            "questions": [
                (question, form[question.key], answers.get(question.key))
                for question in section.questions
            ],
            "previous": _beside(pack, section, -1),
        },
    )


def _section(pack: Pack, key: str) -> Section:
    try:
        return pack.section(key)
    except KeyError as error:
        raise Http404 from error


def _beside(pack: Pack, section: Section, step: int) -> Section | None:
    at = pack.sections.index(section) + step
    return pack.sections[at] if 0 <= at < len(pack.sections) else None


def _after_saving(request: HttpRequest, case: Case, pack: Pack, section: Section) -> HttpResponse:
    """Where "Save" leads: on to the next section, back to the list, or back to checking."""
    if request.POST.get("go") == "later":
        messages.success(request, "Saved. You can come back at any time.")
        return redirect("plans:questionnaire", case.reference)
    following = _beside(pack, section, +1)
    if following is None or request.GET.get("then") == "check":
        return redirect("plans:questions_check", case.reference)
    return redirect("plans:questions_section", case.reference, following.key)


def _autosave(request: HttpRequest, assessment: Assessment, section: Section) -> HttpResponse:
    """Save one question as it is answered; answers with a few quiet words for beside it."""
    asked = [question for question in section.questions if question.key == request.GET["save"]]
    if not asked:
        raise Http404
    initial = initial_for(asked, answers_of(assessment))
    form = QuestionsForm(request.POST, questions=asked, initial=initial)
    words = "Not saved yet. Choose “Save and continue” to try again."
    saved = False
    if form.is_valid():
        with refusals_on(form) as attempt:
            save_answers(assessment=assessment, values=form.values(), by=signed_in(request))
        saved = attempt.accepted
    if not saved and form.errors:
        words = str(next(iter(next(iter(form.errors.values()))), words))
    return render(request, "plans/saved.html", {"saved": saved, "words": words})


@needs("plans.answer", load=case_by_reference)
def questions_check(request: HttpRequest, case: Case) -> HttpResponse:
    """Check your answers, then send them to the worker."""
    assessment = assessment_or_404(case)
    if assessment.state != AssessmentState.DRAFT:
        return redirect("plans:questionnaire", case.reference)
    form = ActForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        with refusals_on(form) as attempt:
            submit_assessment(assessment=assessment, by=signed_in(request))
        if attempt.accepted:
            return redirect("plans:questionnaire", case.reference)
    pack = assessment.pack.rules
    answers = answers_of(assessment)
    missing = unanswered(pack, {key: answer.value for key, answer in answers.items()})
    return render(
        request,
        "plans/questions_check.html",
        {
            "case": case,
            "assessment": assessment,
            "form": form,
            "missing": missing,
            "sections": [
                (section, [answered(question, answers) for question in section.questions])
                for section in pack.sections
            ],
        },
    )

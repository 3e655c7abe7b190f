"""The worker's pages: talk the answers through, correct them, and decide about eligibility."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import refusals_on
from plans.forms.deciding import DecisionForm, HandBackForm, NoteForm
from plans.forms.questions import QuestionsForm, as_typed, in_words
from plans.models import Answer, Assessment, AssessmentState, Case
from plans.rules.eligibility import EligibilityProposal, OutcomeProposal, propose_eligibility
from plans.rules.pack import Outcome, Pack, Question, Section
from plans.selectors import case_by_reference
from plans.services import decide_eligibility, hand_back_assessment, verify_assessment

from .loading import answers_of, assessment_or_404, current_decision, values_of


@dataclass(frozen=True)
class Looked:
    """One question as the worker sees it: the person's answer, what it was corrected to, the field."""

    question: Question
    words: str
    corrected: str
    answer: Answer | None
    field: Any


@dataclass(frozen=True)
class Part:
    """One section of the questionnaire beside what the rules make of it."""

    section: Section
    own_words: list[Looked]
    asked: list[Looked]
    proposals: list[OutcomeProposal]


def parts_of(
    pack: Pack,
    answers: dict[str, Answer],
    proposal: EligibilityProposal,
    form: QuestionsForm | None,
) -> list[Part]:
    """The person's words beside the proposed result, section by section."""
    proposed = {outcome.outcome: outcome for outcome in proposal.outcomes}
    parts = []
    for section in pack.sections:
        looked = [
            _looked(question, answers.get(question.key), form) for question in section.questions
        ]
        outcomes = list(dict.fromkeys(q.outcome for q in section.questions if q.outcome))
        parts.append(
            Part(
                section=section,
                own_words=[one for one in looked if one.question.kind == "text"],
                asked=[one for one in looked if one.question.kind != "text"],
                proposals=[proposed[key] for key in outcomes],
            )
        )
    return parts


def _looked(question: Question, answer: Answer | None, form: QuestionsForm | None) -> Looked:
    corrected = ""
    if answer and answer.verified_value is not None and answer.verified_value != answer.value:
        corrected = in_words(question, answer.verified_value)
    return Looked(
        question=question,
        words=in_words(question, answer.value) if answer else "",
        corrected=corrected,
        answer=answer,
        field=form[question.key] if form and question.key in form.fields else None,
    )


@needs("plans.verify", load=case_by_reference)
def assessment(request: HttpRequest, case: Case) -> HttpResponse:
    """Everything the person said, beside what the rules make of it; correct, verify or hand back."""
    found = assessment_or_404(case)
    answers = answers_of(found)
    pack = found.pack.rules
    values = values_of(answers)
    open_now = found.state == AssessmentState.SUBMITTED
    correcting, note, back = _forms(request, pack, values)
    if request.method == "POST" and open_now:
        done = (
            _hand_back(request, found, back)
            if request.POST.get("act") == "hand_back"
            else _verify(request, found, correcting, note, values)
        )
        if done:
            return redirect(
                "plans:decide" if done == "verified" else "plans:assessment", case.reference
            )
    proposal = propose_eligibility(pack, values)
    return render(
        request,
        "plans/assessment.html",
        {
            "case": case,
            "assessment": found,
            "pack": pack,
            "proposal": proposal,
            "parts": parts_of(pack, answers, proposal, correcting if open_now else None),
            "correcting": correcting,
            "note_form": note,
            "back_form": back,
            "open_now": open_now,
            "helpers_who_answered": sorted({a.answered_by.full_name for a in answers.values()}),
        },
    )


def _forms(
    request: HttpRequest, pack: Pack, values: dict[str, Any]
) -> tuple[QuestionsForm, NoteForm, HandBackForm]:
    """The three forms of the page; only the one whose button was pressed is bound."""
    choosable = [question for question in pack.questions if question.kind != "text"]
    initial = {q.key: as_typed(q, values[q.key]) for q in choosable if q.key in values}
    act = request.POST.get("act") if request.method == "POST" else None
    verifying = request.POST if act == "verify" else None
    return (
        QuestionsForm(verifying, questions=choosable, initial=initial),
        NoteForm(verifying),
        HandBackForm(request.POST if act == "hand_back" else None),
    )


def _verify(
    request: HttpRequest,
    found: Assessment,
    correcting: QuestionsForm,
    note: NoteForm,
    values: dict[str, Any],
) -> str:
    if not (correcting.is_valid() & note.is_valid()):
        return ""
    corrections = {
        key: value for key, value in correcting.values().items() if values.get(key) != value
    }
    with refusals_on(note) as attempt:
        verify_assessment(
            assessment=found,
            corrections=corrections,
            note=note.cleaned_data["note"],
            by=signed_in(request),
        )
    return "verified" if attempt.accepted else ""


def _hand_back(request: HttpRequest, found: Assessment, form: HandBackForm) -> str:
    if not form.is_valid():
        return ""
    with refusals_on(form) as attempt:
        hand_back_assessment(
            assessment=found, comment=form.cleaned_data["comment"], by=signed_in(request)
        )
    return "handed_back" if attempt.accepted else ""


@dataclass(frozen=True)
class Judged:
    """One outcome on the decide page: the person's words, the rules' proposal, the fields."""

    outcome: Outcome
    proposal: OutcomeProposal
    said: list[Looked]
    unmet: Any
    ways: Any
    reason: Any


@needs("plans.decide", load=case_by_reference)
def decide(request: HttpRequest, case: Case) -> HttpResponse:
    """One judgement for each outcome, with its reason, then the whole. Both proposal and decision stay."""
    found = assessment_or_404(case)
    if found.state == AssessmentState.DECIDED:
        return render(
            request,
            "plans/decided.html",
            {"case": case, "decision": current_decision(case), "pack": found.pack.rules},
        )
    if found.state != AssessmentState.VERIFIED:
        messages.warning(request, "Check the answers first. Then you can decide.")
        return redirect("plans:assessment", case.reference)
    pack = found.pack.rules
    answers = answers_of(found)
    proposal = propose_eligibility(pack, values_of(answers))
    form = DecisionForm(
        request.POST if request.method == "POST" else None, pack=pack, proposal=proposal
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            decide_eligibility(
                assessment=found,
                outcomes=form.judgements(),
                eligible=form.cleaned_data["eligible"] == "yes",
                reason=form.cleaned_data["reason"],
                by=signed_in(request),
            )
        if attempt.accepted:
            return redirect("plans:decide", case.reference)
    return render(
        request,
        "plans/decide.html",
        {
            "case": case,
            "assessment": found,
            "pack": pack,
            "proposal": proposal,
            "form": form,
            "judged": _judged(pack, answers, proposal, form),
            "wellbeing": [title for key, title in pack.wellbeing if key in proposal.wellbeing],
        },
    )


def _judged(
    pack: Pack, answers: dict[str, Answer], proposal: EligibilityProposal, form: DecisionForm
) -> list[Judged]:
    proposed = {outcome.outcome: outcome for outcome in proposal.outcomes}
    return [
        Judged(
            outcome=outcome,
            proposal=proposed[outcome.key],
            said=[
                _looked(question, answers.get(question.key), None)
                for question in pack.questions
                if question.outcome == outcome.key and question.key in answers
            ],
            unmet=form[f"{outcome.key}_unmet"],
            ways=form[f"{outcome.key}_ways"],
            reason=form[f"{outcome.key}_reason"],
        )
        for outcome in pack.outcomes
    ]

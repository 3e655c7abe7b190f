"""The questionnaire: saved as it is answered, sent, checked with the person by the worker."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from carebudget import clock
from carebudget.errors import Conflict, Refused
from carebudget.machine import move
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import Answer, Assessment, AssessmentState, Case, Stage
from ..rules.answers import AnswerError, check_answer, unanswered
from .common import needs_words, record_on, tell_person, tell_worker
from .stages import move_case


def answers_of(assessment: Assessment, *, verified: bool = False) -> dict[str, Any]:
    """The answers as the rules take them; with ``verified``, the worker's corrections instead."""
    rows = assessment.answers.all()
    return {
        row.question: row.verified_value
        if verified and row.verified_value is not None
        else row.value
        for row in rows
    }


@transaction.atomic
def start_assessment(*, case: Case, by: User) -> Assessment:
    """Open the questionnaire; asking twice gives the one that is open."""
    require(by, "plans.start_assessment", case)
    row = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    standing = row.assessments.filter(state__in=["draft", "submitted", "verified"]).first()
    if standing:
        return standing
    if row.stage == Stage.REFERRED:
        move_case(row, "start_assessment", by=by)
    elif row.stage != Stage.ASSESSING:
        raise Conflict("case_assessed", "The questions were answered already.")
    case.refresh_from_db(fields=["stage"])
    assessment = Assessment.objects.create(case=row, pack=row.pack, started_at=clock.now())
    tell_person(
        case,
        key=f"assessment.started:{assessment.public_id}",
        title="Your questions are ready",
        body="Answer them in your own words, alone or with somebody you trust. You can stop and come back.",
        href=f"/my-budget/{case.reference}/questions/",
    )
    return assessment


@transaction.atomic
def save_answers(*, assessment: Assessment, values: Mapping[str, Any], by: User) -> None:
    """Keep some answers; others stay as they are. ``None`` takes an answer away.

    Raises ``Refused`` whose ``field`` is the question when a value does not fit.
    """
    require(by, "plans.answer", assessment)
    row = _locked(assessment)
    if row.state != AssessmentState.DRAFT:
        raise Conflict(
            "assessment_sent",
            "These answers were sent, so they cannot be changed here.",
            "Call your social worker.",
        )
    questions = {question.key: question for question in row.pack.rules.questions}
    standing = {answer.question: answer for answer in row.answers.all()}
    changed = []
    for key, value in values.items():
        if key not in questions:
            raise Refused("question_unknown", "There is no such question.", field=key)
        if value is None:
            if key in standing:
                standing[key].delete()
                changed.append(key)
            continue
        try:
            checked = check_answer(questions[key], value)
        except AnswerError as error:
            raise Refused(
                "answer_wrong", f"{error.message[0].upper()}{error.message[1:]}.", field=key
            ) from error
        if key in standing and standing[key].value == checked:
            continue
        Answer.objects.update_or_create(
            assessment=row,
            question=key,
            defaults={"value": checked, "answered_by": by, "answered_at": clock.now()},
        )
        changed.append(key)
    if changed:
        record_on(
            row.case,
            "assessment.answered",
            f"assessment:{row.public_id}",
            by,
            changes={"questions": changed},
        )


@transaction.atomic
def submit_assessment(*, assessment: Assessment, by: User) -> Assessment:
    """Send the answers to the worker. Raises ``Refused`` naming the first question that is missing."""
    require(by, "plans.answer", assessment)
    row = _locked(assessment)
    if row.state != AssessmentState.DRAFT:
        return row
    missing = unanswered(row.pack.rules, answers_of(row))
    if missing:
        raise Refused(
            "answers_missing",
            f"{len(missing)} question{'s are' if len(missing) > 1 else ' is'} not answered yet. The first is: {missing[0].text}",
            "Answer it, then send your answers.",
            field=missing[0].key,
        )
    move(row, "submit", by=by)
    record_on(
        row.case,
        "assessment.submitted",
        f"assessment:{row.public_id}",
        by,
        changes={"state": row.state},
    )
    tell_worker(
        row.case,
        key=f"assessment.submitted:{row.public_id}:{row.submitted_at:%Y%m%d%H%M%S}",
        title=f"{row.case.person.full_name} has answered the questions",
        body="Read them, talk them through, and verify them.",
        href=f"/cases/{row.case.reference}/assessment/",
    )
    return row


@transaction.atomic
def hand_back_assessment(*, assessment: Assessment, comment: str, by: User) -> Assessment:
    """Ask the person for more; what they wrote stays."""
    require(by, "plans.verify", assessment)
    words = needs_words(comment, "comment", "Say what is missing.")
    row = _locked(assessment)
    move(row, "hand_back")
    record_on(row.case, "assessment.handed_back", f"assessment:{row.public_id}", by, reason=words)
    tell_person(
        row.case,
        key=f"assessment.handed_back:{row.public_id}:{clock.now():%Y%m%d%H%M%S}",
        title="Your worker has a question about your answers",
        body=words,
        href=f"/my-budget/{row.case.reference}/questions/",
    )
    return row


@transaction.atomic
def verify_assessment(
    *, assessment: Assessment, corrections: Mapping[str, Any], note: str, by: User
) -> Assessment:
    """The worker has talked the answers through. Corrections stand beside the person's own answers.

    A correction without a note is refused: the person must be able to read why.
    """
    require(by, "plans.verify", assessment)
    row = _locked(assessment)
    questions = {question.key: question for question in row.pack.rules.questions}
    standing = {answer.question: answer for answer in row.answers.all()}
    changed = {}
    for key, value in corrections.items():
        if key not in questions:
            raise Refused("question_unknown", "There is no such question.", field=key)
        try:
            checked = check_answer(questions[key], value)
        except AnswerError as error:
            raise Refused(
                "answer_wrong", f"{error.message[0].upper()}{error.message[1:]}.", field=key
            ) from error
        if key not in standing or standing[key].value != checked:
            changed[key] = checked
    if changed:
        needs_words(note, "note", "You changed an answer. Say why.")
    for key, checked in changed.items():
        answer = standing.get(key) or Answer(
            assessment=row, question=key, value=checked, answered_by=by, answered_at=clock.now()
        )
        answer.verified_value = checked
        answer.verifying_note = note.strip()
        answer.save()
    move(row, "verify", by=by, note=note.strip())
    record_on(
        row.case,
        "assessment.verified",
        f"assessment:{row.public_id}",
        by,
        reason=note.strip(),
        changes={"corrected": sorted(changed)},
    )
    return row


def _locked(assessment: Assessment) -> Assessment:
    return (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("case__person__user", "case__worker", "pack")
        .prefetch_related("case__person__representations")
        .get(pk=assessment.pk)
    )

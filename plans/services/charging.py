"""The questions about money: begun, answered by whom, sent, handed back, and checked with the evidence."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from carebudget import clock
from carebudget.errors import Conflict, Refused
from carebudget.machine import move
from carebudget.people.access import require
from carebudget.people.models import Person, User

from ..models import (
    OPEN_FINANCES,
    Case,
    FinancialAnswer,
    FinancialAssessment,
    FinancialOrigin,
    FinancialState,
)
from ..rules.answers import AnswerError
from ..rules.charging_questions import check_money_answer, unfinished
from ..selectors.charging import money_values, open_finances, standing_charge
from .common import needs_words, record_on, tell_person, tell_worker


@transaction.atomic
def start_finances(*, case: Case, by: User) -> FinancialAssessment:
    """Open the questions about money; asking twice gives the ones that are open.

    What was answered before is filled in, so that only what has changed must be said again.
    """
    require(by, "plans.answer_finances", case)
    refuse_where_nothing_is_charged(case)
    Person.objects.select_for_update().get(pk=case.person_id)
    standing = FinancialAssessment.objects.filter(
        person=case.person_id, state__in=OPEN_FINANCES
    ).first()
    if standing:
        return standing
    speaks = by.has_perm("plans.view_case_as_client", case)
    return _begin(case, FinancialOrigin.PERSON if speaks else FinancialOrigin.WORKER, by)


def refuse_where_nothing_is_charged(case: Case) -> None:
    """Whether anybody pays at all is the programme's to say."""
    if not case.pack.rules.charged:
        raise Refused(
            "not_charged",
            "Nobody pays anything towards this support.",
            "There is nothing to answer and nothing to send.",
        )


def _begin(case: Case, origin: FinancialOrigin, by: User) -> FinancialAssessment:
    older = standing_charge(case.person)
    assessment = FinancialAssessment.objects.create(
        person=case.person, case=case, origin=origin, replaces=older, started_at=clock.now()
    )
    if older is not None and older.finances:
        _keep_answers(assessment, money_values(older), by)
    record_on(case, "charge.started", f"charge:{assessment.reference}", by)
    if origin == FinancialOrigin.WORKER:
        tell_person(
            case,
            key=f"charge.started:{assessment.reference}",
            title="Tell us about your money",
            body="You may have to pay a part of your support. Answer some questions, and we tell you how much, before anything starts.",
            href=f"/my-budget/{case.reference}/paying/",
        )
    return assessment


def _keep_answers(assessment: FinancialAssessment, values: Mapping[str, Any], by: User) -> None:
    FinancialAnswer.objects.bulk_create(
        FinancialAnswer(
            assessment=assessment,
            question=question,
            value=value,
            answered_by=by,
            answered_at=clock.now(),
        )
        for question, value in values.items()
        if question != "date_of_birth"
    )


@transaction.atomic
def save_finances(*, assessment: FinancialAssessment, values: Mapping[str, Any], by: User) -> None:
    """Keep some answers; others stay as they are. ``None`` takes an answer away.

    Raises ``Refused`` whose ``field`` is the question when a value does not fit.
    """
    require(by, "plans.answer_finances", assessment)
    row = locked_finances(assessment)
    if row.state != FinancialState.DRAFT:
        raise Conflict(
            "finances_sent",
            "These answers were sent, so they cannot be changed here.",
            "Call us, and we give them back to you.",
        )
    standing = {answer.question: answer for answer in row.answers.all()}
    changed = []
    for question, value in values.items():
        if value is None:
            if question in standing:
                standing[question].delete()
                changed.append(question)
            continue
        checked = checked_answer(question, value)
        if question in standing and standing[question].value == checked:
            continue
        FinancialAnswer.objects.update_or_create(
            assessment=row,
            question=question,
            defaults={"value": checked, "answered_by": by, "answered_at": clock.now()},
        )
        changed.append(question)
    if changed:
        record_on(
            row.case,
            "charge.answered",
            f"charge:{row.reference}",
            by,
            changes={"questions": sorted(changed)},
        )


def checked_answer(question: str, value: Any) -> Any:
    """The value in its right shape. Raises ``Refused`` beside the question."""
    try:
        return check_money_answer(question, value)
    except AnswerError as error:
        sentence = f"{error.message[0].upper()}{error.message[1:]}."
        raise Refused("answer_wrong", sentence, field=question) from error


@transaction.atomic
def keep_calculation(*, case: Case, values: Mapping[str, Any], by: User) -> FinancialAssessment:
    """Carry the answers of the public calculator into the person's own questions about money.

    Answers that are there already and were not asked about in the calculator stay. Raises
    ``Conflict`` when the questions were sent already.
    """
    require(by, "plans.answer_finances", case)
    assessment = start_finances(case=case, by=by)
    if assessment.state != FinancialState.DRAFT:
        raise Conflict(
            "finances_sent",
            "The council has your answers already, and is looking at them.",
            "Call us if something has changed.",
        )
    kept = {
        question: value
        for question, value in values.items()
        if not question.startswith("support.") and question != "date_of_birth"
    }
    gone = {
        answer.question: None
        for answer in assessment.answers.all()
        if answer.question not in kept and "." in answer.question
    }
    save_finances(assessment=assessment, values={**gone, **kept}, by=by)
    if assessment.origin == FinancialOrigin.PERSON:
        assessment.origin = FinancialOrigin.CALCULATOR
        assessment.save(update_fields=["origin"])
    return assessment


@transaction.atomic
def submit_finances(*, assessment: FinancialAssessment, by: User) -> FinancialAssessment:
    """Send the answers to the council. Raises ``Refused`` naming the first page that waits."""
    require(by, "plans.answer_finances", assessment)
    row = locked_finances(assessment)
    if row.state != FinancialState.DRAFT:
        return row
    waiting = unfinished(money_values(row))
    if waiting:
        raise Refused(
            "answers_missing",
            f"“{waiting[0].title}” is not answered yet.",
            "Answer it, then send your answers.",
            field=waiting[0].key,
        )
    move(row, "submit", by=by)
    record_on(
        row.case,
        "charge.submitted",
        f"charge:{row.reference}",
        by,
        changes={"state": row.state},
    )
    tell_worker(
        row.case,
        key=f"charge.submitted:{row.reference}:{row.submitted_at:%Y%m%d%H%M%S}",
        title=f"{row.case.person.full_name} has answered the questions about money",
        body="Look at the answers beside the evidence, check them, and decide what is to be paid.",
        href=f"/cases/{row.case.reference}/paying/",
    )
    return row


@transaction.atomic
def hand_back_finances(
    *, assessment: FinancialAssessment, comment: str, by: User
) -> FinancialAssessment:
    """Ask for more; the answers and the evidence stay."""
    require(by, "plans.work_charge", assessment)
    words = needs_words(comment, "comment", "Say what is missing.")
    row = locked_finances(assessment)
    move(row, "hand_back")
    record_on(row.case, "charge.handed_back", f"charge:{row.reference}", by, reason=words)
    tell_person(
        row.case,
        key=f"charge.handed_back:{row.reference}:{clock.now():%Y%m%d%H%M%S}",
        title="We have a question about your money",
        body=words,
        href=f"/my-budget/{row.case.reference}/paying/",
    )
    return row


@transaction.atomic
def verify_finances(
    *,
    assessment: FinancialAssessment,
    corrections: Mapping[str, Any],
    note: str,
    by: User,
) -> FinancialAssessment:
    """Answers and evidence agree, or were corrected. A correction stands beside the person's own answer.

    ``None`` corrects an answer away. A correction without a note is refused: the person must be able
    to read why.
    """
    require(by, "plans.work_charge", assessment)
    row = locked_finances(assessment)
    standing = {answer.question: answer for answer in row.answers.all()}
    changed: dict[str, Any] = {}
    for question, value in corrections.items():
        checked = None if value is None else checked_answer(question, value)
        was = standing[question].counts if question in standing else None
        if checked != was:
            changed[question] = checked
    if changed:
        needs_words(note, "note", "You changed an answer. Say why.")
    for question, checked in changed.items():
        answer = standing.get(question) or FinancialAnswer(
            assessment=row,
            question=question,
            value=None,
            answered_by=by,
            answered_at=clock.now(),
        )
        answer.corrected = True
        answer.verified_value = checked
        answer.verifying_note = note.strip()
        answer.save()
    move(row, "verify", by=by, note=note.strip())
    record_on(
        row.case,
        "charge.verified",
        f"charge:{row.reference}",
        by,
        reason=note.strip(),
        changes={"corrected": sorted(changed)},
    )
    return row


@transaction.atomic
def look_at_finances_again(*, case: Case, by: User) -> FinancialAssessment | None:
    """A challenge was upheld: the same answers are checked and decided afresh.

    Where there were no answers, because it was decided without a full assessment, the questions open.
    """
    older = standing_charge(case.person)
    if older is None or open_finances(case.person) is not None:
        return None
    assessment = FinancialAssessment.objects.create(
        person=case.person,
        case=case,
        origin=FinancialOrigin.CHALLENGE,
        replaces=older,
        started_at=clock.now(),
    )
    if older.finances:
        _keep_answers(assessment, money_values(older), by)
        move(assessment, "submit", by=by)
    record_on(case, "charge.started", f"charge:{assessment.reference}", by)
    return assessment


def locked_finances(assessment: FinancialAssessment) -> FinancialAssessment:
    """The assessment, locked, with the people of its case."""
    return (
        FinancialAssessment.objects.select_for_update(of=("self",))
        .select_related("person", "case__person__user", "case__worker", "case__pack")
        .prefetch_related("case__person__representations", "case__person__family_ties")
        .get(pk=assessment.pk)
    )

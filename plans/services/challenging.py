"""Challenges: the person's answer to a decision, looked at by somebody who did not make it.

Raised within 12 months, acknowledged at once (3 working days is the rule), answered with reasons.
"""

from datetime import datetime, timedelta

from django.db import transaction

from carebudget import clock
from carebudget.errors import Conflict, Refused
from carebudget.machine import move
from carebudget.notify.services import send_to_all
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import (
    Case,
    Challenge,
    ChallengeState,
    ChallengeSubject,
    DecisionState,
    EligibilityDecision,
    IndicativeBudget,
    IndicativeBudgetState,
    Stage,
)
from ..selectors.cases import care_managers
from ..selectors.charging import standing_charge
from .charging import look_at_finances_again
from .common import needs_words, record_on, tell_person
from .stages import move_case

MONTHS_12 = timedelta(days=366)


def decision_challenged(case: Case, about: str) -> tuple[User | None, datetime | None]:
    """Who made the decision that a challenge is about, and when."""
    if about == ChallengeSubject.ELIGIBILITY:
        made = (
            EligibilityDecision.objects.filter(assessment__case=case)
            .order_by("-decided_at")
            .first()
        )
        return (made.decided_by, made.decided_at) if made else (None, None)
    if about == ChallengeSubject.BUDGET:
        budget = case.budgets.exclude(state=IndicativeBudgetState.SUPERSEDED).first()
        return (budget.confirmed_by, budget.confirmed_at) if budget else (None, None)
    if about == ChallengeSubject.CHARGE:
        charge = standing_charge(case.person)
        return (charge.decided_by, charge.decided_at) if charge else (None, None)
    plan = case.plans.order_by("-version").first()
    decision = plan.decisions.exclude(state=DecisionState.PENDING).last() if plan else None
    return (decision.decided_by, decision.decided_at) if decision else (None, None)


@transaction.atomic
def raise_challenge(*, case: Case, about: str, words: str, by: User) -> Challenge:
    """Ask for a decision to be looked at again. Raises ``Refused`` beside the field at fault."""
    require(by, "plans.challenge", case)
    if about not in ChallengeSubject.values:
        raise Refused("subject_unknown", "Say which decision it is about.", field="about")
    said = needs_words(words, "words", "Say what you think is wrong.")
    maker, made_at = decision_challenged(case, about)
    if made_at is None:
        raise Refused("nothing_decided", "Nothing has been decided about this yet.", field="about")
    if clock.now() - made_at > MONTHS_12:
        raise Refused(
            "too_late",
            "This was decided more than 12 months ago.",
            "Call us: we may still look at it.",
        )
    if case.challenges.filter(about=about, state__in=["raised", "considered"]).exists():
        raise Conflict("challenge_open", "You have asked us this already. We are looking at it.")
    challenge = Challenge.objects.create(
        case=case,
        about=about,
        words=said,
        raised_by=by,
        raised_at=clock.now(),
        decision_made_by=maker,
    )
    if about == ChallengeSubject.BUDGET:
        budget = (
            IndicativeBudget.objects.select_for_update()
            .filter(case=case, state="confirmed")
            .first()
        )
        if budget:
            move(budget, "challenge")
    record_on(
        case,
        "challenge.raised",
        f"challenge:{challenge.reference}",
        by,
        reason=said,
        changes={"about": about},
    )
    tell_person(
        case,
        key=f"challenge.raised:{challenge.reference}",
        title="We have your challenge",
        body=f"Its number is {challenge.reference}. Somebody who did not make the decision will look at it.",
        href=f"/my-budget/{case.reference}/",
    )
    send_to_all(
        to=[manager for manager in care_managers(case) if manager != maker],
        key=f"challenge.raised.staff:{challenge.reference}",
        title=f"{case.person.full_name} asks us to look at a decision again",
        body=said,
        href=f"/cases/{case.reference}/challenge/{challenge.reference}/",
    )
    return challenge


@transaction.atomic
def take_up_challenge(*, challenge: Challenge, by: User) -> Challenge:
    """Begin to consider it; never by whoever made the decision (the database refuses too)."""
    row = _locked(challenge)
    require(by, "plans.consider_challenge", row)
    if row.state == ChallengeState.CONSIDERED and row.considered_by_id == by.pk:
        return row
    move(row, "consider", by=by)
    record_on(row.case, "challenge.taken_up", f"challenge:{row.reference}", by)
    tell_person(
        row.case,
        key=f"challenge.taken_up:{row.reference}",
        title="Your challenge is being looked at",
        body=f"{by.full_name} is looking at it and will write to you with reasons.",
        href=f"/my-budget/{row.case.reference}/",
    )
    return row


@transaction.atomic
def answer_challenge(*, challenge: Challenge, upheld: bool, answer: str, by: User) -> Challenge:
    """Answer with reasons. When upheld, the decision is opened again."""
    row = _locked(challenge)
    require(by, "plans.consider_challenge", row)
    words = needs_words(answer, "answer", "Give your reasons, so that the person can read them.")
    if row.considered_by_id != by.pk:
        raise Conflict("challenge_not_yours", "Take the challenge up first.")
    move(row, "uphold" if upheld else "not_uphold", answer=words)
    if (
        upheld
        and row.about == ChallengeSubject.ELIGIBILITY
        and row.case.stage == Stage.NOT_ELIGIBLE
    ):
        move_case(row.case, "assess_again", by=by)
    if upheld and row.about == ChallengeSubject.CHARGE:
        look_at_finances_again(case=row.case, by=by)
    if row.about == ChallengeSubject.BUDGET and not upheld:
        budget = (
            IndicativeBudget.objects.select_for_update()
            .filter(case=row.case, state="challenged")
            .first()
        )
        if budget:
            move(budget, "confirm", by=budget.confirmed_by)
    record_on(
        row.case,
        "challenge.answered",
        f"challenge:{row.reference}",
        by,
        reason=words,
        changes={"upheld": upheld},
    )
    ending = (
        "We will put it right."
        if upheld
        else "If you are still not happy, the Local Government and Social Care Ombudsman can look at it, free of charge."
    )
    tell_person(
        row.case,
        key=f"challenge.answered:{row.reference}",
        title="We have answered your challenge",
        body=f"{'You were right.' if upheld else 'The decision stands.'} {words} {ending}",
        href=f"/my-budget/{row.case.reference}/",
    )
    return row


def _locked(challenge: Challenge) -> Challenge:
    return (
        Challenge.objects.select_for_update(of=("self",))
        .select_related("case__person__user", "case__worker", "case__pack")
        .prefetch_related("case__person__representations", "case__person__family_ties")
        .get(pk=challenge.pk)
    )

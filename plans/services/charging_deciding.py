"""Deciding what somebody pays: worked out by the rules, decided by a person, told with the working."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from carebudget import clock
from carebudget.errors import Conflict, Refused
from carebudget.machine import move
from carebudget.money import Pence, format_pence
from carebudget.notify.models import Document
from carebudget.notify.services import keep_document
from carebudget.people.access import require
from carebudget.people.models import Person, User

from ..models import (
    WHOLE_COST,
    Case,
    ChargingFigures,
    FiguresKind,
    FinancialAssessment,
    FinancialOrigin,
    FinancialState,
    LightTouch,
)
from ..rules.answers import AnswerError
from ..rules.charging import Figures, contribution
from ..rules.charging_finances import Support, check_finances
from ..rules.charging_questions import as_finances
from ..rules.charging_result import Contribution, without_full_assessment
from ..rules.charging_table import MissingLine
from ..selectors.charging import money_values, open_finances, standing_charge
from .charging import locked_finances, refuse_where_nothing_is_charged
from .charging_files import figures_on, policy_file, table_file
from .common import needs_words, record_on, tell_person

COMPLETE_THE_TABLE = (
    "Nothing is guessed. Ask whoever keeps the tables to add the figure with its source."
)

FURTHEST_AHEAD = timedelta(days=366)


@dataclass(frozen=True)
class Terms:
    """What a decision rests on besides the answers: from when, what the support costs, what of it is free.

    ``cost_pence`` is ``None`` while nobody knows the cost yet; a decision always has one.
    """

    effective_on: date
    cost_pence: Pence | None
    free: tuple[Support, ...] = ()


def worked_out(finances: Mapping[str, Any], figures: Figures, *, field: str = "") -> Contribution:
    """The contribution by the rules. Raises ``Refused`` when a line is missing or answers do not fit."""
    try:
        return contribution(check_finances(finances), figures)
    except MissingLine as error:
        raise Refused(
            "charging_line_missing", error.sentence, COMPLETE_THE_TABLE, field=field
        ) from error
    except AnswerError as error:
        path = error.path.removeprefix("finances.")
        raise Refused(
            "finances_do_not_fit",
            f"The answers cannot be used: {path.replace('_', ' ')}: {error.message}.",
            "Correct the answer first.",
            field=field,
        ) from error


def finances_to_decide(assessment: FinancialAssessment, terms: Terms) -> dict[str, Any]:
    """The answers as the rules take them, with the person's own birthday and what the support costs."""
    care = [] if terms.cost_pence is None else [Support("care", terms.cost_pence)]
    return as_finances(money_values(assessment)) | {
        "date_of_birth": assessment.person.date_of_birth.isoformat(),
        "support": [one.as_data() for one in (*care, *terms.free)],
    }


def propose_charge(assessment: FinancialAssessment, terms: Terms) -> Contribution:
    """What the rules say, before anybody decides. Writes nothing."""
    figures = figures_on(terms.effective_on)
    return worked_out(finances_to_decide(assessment, terms), figures, field="effective_on")


@transaction.atomic
def decide_charge(
    *,
    assessment: FinancialAssessment,
    terms: Terms,
    contribution_pence: Pence | None = None,
    reason: str,
    by: User,
) -> FinancialAssessment:
    """Decide what is paid a week. ``contribution_pence`` may be less than the rules say, never more.

    Raises ``Refused`` when a figure is missing: nothing is guessed. Source: Care Act 2014 s.14 and s.17.
    """
    require(by, "plans.work_charge", assessment)
    row = locked_finances(assessment)
    if row.state != FinancialState.VERIFIED:
        raise Conflict(
            "finances_not_verified",
            f"This assessment is “{row.get_state_display()}”.",
            "Check the answers first.",
        )
    refuse_where_nothing_is_charged(row.case)
    _refuse_an_odd_day(row.case, terms.effective_on)
    words = needs_words(reason, "reason", "Give the reason, so that the person can read it.")
    figures = figures_on(terms.effective_on)
    finances = finances_to_decide(row, terms)
    result = worked_out(finances, figures, field="effective_on")
    calculated = result.pence_a_week
    if calculated is None or terms.cost_pence is None:
        raise Refused("cost_missing", "Enter what the support costs a week.", field="cost_pence")
    pays = calculated if contribution_pence is None else contribution_pence
    if pays > calculated:
        raise Refused(
            "above_the_rules",
            f"The rules allow at most {format_pence(calculated)} a week.",
            "You may ask for less, never for more.",
            field="contribution_pence",
        )
    table, policy = keep_figures(figures)
    _make_room(row)
    move(
        row,
        "decide",
        by=by,
        finances=finances,
        table=table,
        policy=policy,
        policy_version=figures.policy.version,
        effective_on=terms.effective_on,
        cost_pence=result.cost_pence,
        calculated_pence=calculated,
        contribution_pence=pays,
        full_cost=result.full_cost,
        working=result.as_data(),
        reason=words,
    )
    _record_decision(row, "charge.decided", by)
    tell_charge(row)
    return row


@transaction.atomic
def decide_lightly(
    *,
    case: Case,
    ground: str,
    cost_pence: Pence,
    contribution_pence: Pence = 0,
    effective_on: date,
    agreed: bool,
    reason: str,
    by: User,
) -> FinancialAssessment:
    """Decide without a full assessment, with the reason. The person may always ask for a full one.

    ``ground`` is one of ``LightTouch``. With consent and evidence (or after a refusal) the whole cost is
    paid; a small charge that is clearly affordable may be set, or none where benefits show that nothing
    can be paid. Source: SI 2014/2672 regulation 10; statutory guidance, chapter 8.
    """
    require(by, "plans.work_charge", case)
    refuse_where_nothing_is_charged(case)
    _refuse_an_odd_day(case, effective_on)
    words = needs_words(reason, "reason", "Say what this rests on, so that the person can read it.")
    Person.objects.select_for_update().get(pk=case.person_id)
    pays = _lightly(ground, cost_pence, contribution_pence, agreed)
    row = _open_or_new(case)
    _make_room(row)
    label = str(LightTouch(ground).label)
    result = without_full_assessment(label, pays, cost_pence, effective_on)
    move(
        row,
        "decide_lightly",
        by=by,
        light_touch=ground,
        effective_on=effective_on,
        cost_pence=cost_pence,
        calculated_pence=None,
        contribution_pence=pays,
        full_cost=ground in WHOLE_COST,
        working=result.as_data(),
        reason=words,
    )
    _record_decision(row, "charge.decided_lightly", by)
    tell_charge(row)
    return row


def _refuse_an_odd_day(case: Case, effective_on: date) -> None:
    asked_on = timezone.localtime(case.opened_at).date()
    if effective_on < asked_on:
        raise Refused(
            "charge_too_early",
            f"{case.person.called} asked for help on {asked_on:%-d %B %Y}, so nothing can be charged before.",
            field="effective_on",
        )
    if effective_on > clock.today() + FURTHEST_AHEAD:
        raise Refused("charge_too_late", "This day is more than a year away.", field="effective_on")


def _lightly(ground: str, cost: Pence, asked: Pence, agreed: bool) -> Pence:
    if ground not in LightTouch.values or not ground:
        raise Refused("ground_unknown", "Say why there is no full assessment.", field="ground")
    if ground != LightTouch.REFUSED and not agreed:
        raise Refused(
            "consent_missing",
            "Without a full assessment the person must agree.",
            "Talk to them, or open the questions about money.",
            field="agreed",
        )
    if ground in WHOLE_COST:
        return cost
    if ground == LightTouch.BENEFITS:
        return 0
    if not 0 < asked <= cost:
        raise Refused(
            "charge_not_small",
            f"Enter a small charge: more than nothing, at most {format_pence(cost)} a week.",
            field="contribution_pence",
        )
    return asked


def _open_or_new(case: Case) -> FinancialAssessment:
    found = open_finances(case.person)
    if found is None:
        found = FinancialAssessment.objects.create(
            person=case.person,
            case=case,
            origin=FinancialOrigin.WORKER,
            replaces=standing_charge(case.person),
            started_at=clock.now(),
        )
    return locked_finances(found)


def _make_room(row: FinancialAssessment) -> None:
    """One decision of a person stands at a time."""
    for older in FinancialAssessment.objects.select_for_update().filter(
        person=row.person_id, state=FinancialState.DECIDED
    ):
        move(older, "supersede")


def _record_decision(row: FinancialAssessment, verb: str, by: User) -> None:
    record_on(
        row.case,
        verb,
        f"charge:{row.reference}",
        by,
        reason=row.reason,
        changes={
            "pence_a_week": row.contribution_pence,
            "calculated_pence": row.calculated_pence,
            "full_cost": row.full_cost,
            "effective_on": row.effective_on.isoformat() if row.effective_on else "",
            "table": str(row.table or ""),
            "policy": f"{row.policy.key} ({row.policy_version})" if row.policy else "",
            "light_touch": row.light_touch,
        },
    )


# ---- the figures, kept word for word


def keep_figures(figures: Figures) -> tuple[ChargingFigures, ChargingFigures]:
    """The table and the policy as they stand now, kept for good. The same version twice is kept once.

    Raises ``Refused`` when a version that was used before has other content now.
    """
    table, content, text = table_file(figures.table.key)
    _, policy_content, policy_text = policy_file(figures.policy.authority)
    return (
        _kept(FiguresKind.TABLE, table.key, table.version, table.title, content, text),
        _kept(
            FiguresKind.POLICY,
            figures.policy.authority,
            hashlib.sha256(policy_text.encode()).hexdigest()[:12],
            figures.policy.title,
            policy_content,
            policy_text,
        ),
    )


def _kept(
    kind: str, key: str, version: str, title: str, content: Any, text: str
) -> ChargingFigures:
    digest = hashlib.sha256(text.encode()).hexdigest()
    ChargingFigures.objects.bulk_create(
        [
            ChargingFigures(
                kind=kind,
                key=key,
                version=version,
                title=title,
                content=content,
                source_yaml=text,
                digest=digest,
                kept_at=clock.now(),
            )
        ],
        ignore_conflicts=True,
    )
    kept = ChargingFigures.objects.get(kind=kind, key=key, version=version)
    if kept.digest != digest:
        raise Refused(
            "figures_version_used",
            f"{key}: version {version} was used before with other figures.",
            "Give the changed table a new version.",
        )
    return kept


# ---- telling


def charge_letter(assessment: FinancialAssessment, *, before: Pence | None = None) -> Document:
    """The decision as a letter with its whole working; asking twice gives the same letter."""
    case = assessment.case
    return keep_document(
        key=f"charge-letter:{assessment.reference}",
        kind="charge letter",
        title=f"What you pay {assessment.reference}",
        subject=f"charge:{assessment.reference}",
        template="documents/charging_letter.html",
        context={
            "case": case,
            "assessment": assessment,
            "result": Contribution.from_data(assessment.working or {}),
            "net": pays_net(assessment),
            "before": before,
            "site": settings.SITE_URL,
        },
    )


def pays_net(assessment: FinancialAssessment) -> bool:
    """Whether a direct payment is paid with the contribution taken off, by the policy of the decision."""
    content = assessment.policy.content if assessment.policy else None
    versions: Sequence[Mapping[str, Any]] = (
        content["versions"] if content else policy_file()[1]["versions"]
    )
    wanted = assessment.policy_version
    found = next((one for one in versions if one["version"] == wanted), versions[-1])
    return bool(found["direct_payments"] == "net")


def tell_charge(assessment: FinancialAssessment, *, before: Pence | None = None) -> None:
    """Tell the person and those who help, with the letter."""
    pays = format_pence(assessment.contribution_pence or 0)
    case = assessment.case
    title = f"What you pay for your support: {pays} a week"
    if not assessment.contribution_pence:
        title = "You pay nothing for your support"
    begins = f"{assessment.effective_on:%-d %B %Y}"
    tell_person(
        case,
        key=f"charge.decided:{assessment.reference}",
        title=title,
        body=f"From {begins}. See how we worked it out. If you think it is wrong, or if something changes, tell us.",
        href=f"/my-budget/{case.reference}/paying/",
        document=charge_letter(assessment, before=before),
    )

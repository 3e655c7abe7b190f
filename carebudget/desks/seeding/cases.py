"""Cases of the demo, walked through the services to the stage wanted. Deterministic for one seed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from carebudget import clock
from carebudget.people.models import User
from plans import services
from plans.models import Assessment, Case, SupportPlan
from plans.rules.eligibility import propose_eligibility
from plans.services.assessing import answers_of
from providers.models import Provider

from .names import CRITERIA, REASONS, WISHES

STAGES = (
    "referred", "assessing", "submitted", "verified", "not_eligible", "eligible", "budgeted", "planning",
    "awaiting_agreement", "returned", "escalated", "agreed", "live",
)  # fmt: skip
NEED_BY_LEVEL = {"low": 1, "middle": 2, "high": 3}


@dataclass(frozen=True)
class Staff:
    """Who does what in the seeded cases."""

    worker: User
    manager: User
    panel: User


def answers_for(case: Case, rng: Random, *, level: str, eligible: bool = True) -> dict[str, Any]:
    """A believable set of answers at one level of need."""
    pack = case.pack.rules
    values: dict[str, Any] = {}
    touched = [outcome.key for outcome in pack.outcomes]
    rng.shuffle(touched)
    touched = touched[: (6 if level != "low" else 4)] if eligible else []
    for question in pack.questions:
        concerned = question.outcome in touched
        if question.kind == "text":
            if rng.random() < 0.55:
                values[question.key] = rng.choice(REASONS) if concerned else "I manage, thank you."
        elif question.role == "need":
            top = len(question.options) - 1
            values[question.key] = question.options[
                min(NEED_BY_LEVEL[level], top) if concerned else 0
            ].key
        elif question.role == "ways":
            values[question.key] = (
                [question.options[rng.randrange(len(question.options))].key] if concerned else []
            )
        elif question.role == "unpaid":
            values[question.key] = question.options[
                rng.choice([0, 0, 1, 2]) if concerned else 0
            ].key
        elif question.kind == "multi":
            values[question.key] = [option.key for option in question.options[1:4]]
        else:
            values[question.key] = question.options[0].key
    return values


def decide_as_proposed(assessment: Assessment, by: User) -> None:
    """The worker follows the rules' proposal, in their own words."""
    proposal = propose_eligibility(assessment.pack.rules, answers_of(assessment, verified=True))
    services.decide_eligibility(
        assessment=assessment,
        outcomes=[
            services.OutcomeJudgement(
                outcome=o.outcome,
                unmet=o.unmet,
                ways=o.ways,
                reason=f"We talked this through at home. {o.sentence}",
            )
            for o in proposal.outcomes
        ],
        eligible=proposal.eligible,
        reason=proposal.sentence,
        by=by,
    )


def write_plan(
    plan: SupportPlan,
    rng: Random,
    providers: list[Provider],
    by: User,
    *,
    share: Decimal,
    starts_on: date,
) -> None:
    """Fill a plan with the person's words and with support worth about ``share`` of the budget."""
    for key, words in CRITERIA.items():
        services.save_criterion(plan=plan, criterion=key, text=words, by=by)
    wish, sign = rng.choice(WISHES)
    needs = [o.key for o in plan.case.pack.rules.outcomes[:2]]
    first = services.add_outcome(plan=plan, wish=wish, sign=sign, needs=needs, by=by)
    wish, sign = rng.choice([w for w in WISHES if w[0] != wish])
    second = services.add_outcome(plan=plan, wish=wish, sign=sign, needs=needs[:1], by=by)
    weekly = int(plan.indicative_budget.annual_pence * share) // 52
    chosen = rng.sample(providers, k=min(2, len(providers)))
    for n, provider in enumerate(chosen):
        rate = provider.rates.order_by("id").first()
        assert rate is not None
        part = weekly * (7 if n == 0 else 3) // 10
        times = max(1, part // rate.rate_pence)
        services.add_support(
            plan=plan,
            description=rate.description,
            provider=provider,
            rate_pence=rate.rate_pence,
            unit=rate.unit,
            quantity=Decimal(times),
            frequency="weekly",
            outcome=first if n == 0 else second,
            by=by,
        )
    services.save_plan_details(
        plan=plan,
        risks="I might fall on the way out. Two rails and good shoes help, and somebody walks behind me.",
        contingency="My daughter comes for two days, then the agency sends somebody I know.",
        contingency_pence=weekly * 2,
        holding="council",
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=364),
        by=by,
    )


def agree(plan: SupportPlan, staff: Staff) -> SupportPlan:
    """Agree at the level that the limits ask for, passing it up where they do."""
    authority = services.authority_needed(plan)
    if authority.level == "worker":
        return services.agree_plan(
            plan=plan, reason="It meets the needs and is clearly the person’s own.", by=staff.worker
        )
    services.escalate_plan(
        plan=plan,
        reason="I recommend it: it is the person’s own, and it is costed well.",
        by=staff.worker,
    )
    decider = staff.manager if authority.level == "manager" else staff.panel
    return services.agree_plan(
        plan=plan,
        reason="The plan answers all seven questions and the cost is reasonable.",
        by=decider,
    )


def on(day: date, hour: int = 10) -> Any:
    """Travel to a working hour of a day."""
    return clock.travel(datetime(day.year, day.month, day.day, hour, 12, tzinfo=clock.LONDON))

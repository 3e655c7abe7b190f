"""Service agreements: the person offers what their agreed plan says, the provider answers."""

from django.db import transaction

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Conflict, Refused
from carebudget.machine import move
from carebudget.money import Pence, format_pence, share
from carebudget.notify.services import send_message, send_to_all
from carebudget.people.access import require
from carebudget.people.models import User
from plans.models import PlanState, PlanSupport, Stage, SupportPlan
from plans.selectors import clients_and_helpers
from plans.services.stages import move_case
from providers.models import Provider

from ..models import AgreementState, ServiceAgreement

ENDED = (AgreementState.DECLINED, AgreementState.ENDED)


def members_of(provider: Provider) -> list[User]:
    """Everyone who speaks for a provider now."""
    return list(
        User.objects.filter(
            provider_memberships__provider=provider, provider_memberships__ended_at=None
        )
    )


def limit_for(support: PlanSupport, plan: SupportPlan) -> Pence:
    """The most that may be invoiced under this support in the plan's period, in pence."""
    assert plan.starts_on is not None
    assert plan.ends_on is not None
    days = (plan.ends_on - plan.starts_on).days + 1
    if days >= 365 or support.frequency == "once":
        return support.annual_pence
    return share(support.annual_pence, days, 365)


@transaction.atomic
def offer_agreements(*, plan: SupportPlan, by: User) -> list[ServiceAgreement]:
    """Offer every support of an agreed plan to its provider. Supports already offered are left alone.

    Raises ``Refused`` when the plan is not agreed or names no provider.
    """
    require(by, "payments.offer_agreement", plan.case)
    plan = SupportPlan.objects.select_for_update().select_related("case__person").get(pk=plan.pk)
    if plan.state not in (PlanState.AGREED, PlanState.ACTIVE):
        raise Refused("plan_not_agreed", "Support can be arranged once the plan is agreed.")
    supports = plan.supports.filter(provider__isnull=False, annual_pence__gt=0, rate_pence__gt=0)
    waiting = supports.exclude(
        pk__in=ServiceAgreement.objects.filter(plan=plan).exclude(state__in=ENDED).values("support")
    ).select_related("provider")
    offered = [_offer(plan, one, one.provider, by) for one in waiting if one.provider]
    if not offered and not plan.agreements.exists():
        raise Refused(
            "nothing_to_offer",
            "No support in this plan names a provider yet.",
            "Ask your social worker to help you choose one.",
        )
    return offered


@transaction.atomic
def offer_to_another(*, support: PlanSupport, provider: Provider, by: User) -> ServiceAgreement:
    """Offer a support that its provider declined to another one, at the price and on the terms agreed.

    The sealed plan stays as it is: what it may cost does not change, only who is asked. Asking the same
    provider twice gives the first offer. Raises ``Conflict`` when somebody else has the work meanwhile.
    """
    require(by, "payments.offer_agreement", support.plan.case)
    plan = (
        SupportPlan.objects.select_for_update(of=("self",))
        .select_related("case__person")
        .get(pk=support.plan_id)
    )
    if plan.state not in (PlanState.AGREED, PlanState.ACTIVE):
        raise Refused("plan_not_agreed", "Support can be arranged once the plan is agreed.")
    standing = (
        ServiceAgreement.objects.filter(support=support)
        .exclude(state__in=ENDED)
        .select_related("provider")
        .first()
    )
    if standing and standing.provider_id == provider.pk:
        return standing
    if standing:
        raise Conflict(
            "support_offered_already",
            f"{standing.provider.name} has been asked meanwhile.",
            "Wait for their answer, or look at the support again.",
        )
    if not provider.is_approved:
        raise Refused(
            "provider_not_checked",
            f"{provider.name} is not a checked provider.",
            "Choose another one.",
            field="provider",
        )
    if not support.annual_pence or not support.rate_pence:
        raise Refused("support_costs_nothing", "This support costs nothing, so nothing is offered.")
    return _offer(plan, support, provider, by)


def _offer(
    plan: SupportPlan, support: PlanSupport, provider: Provider, by: User
) -> ServiceAgreement:
    assert plan.starts_on is not None
    assert plan.ends_on is not None
    agreement = ServiceAgreement.objects.create(
        case=plan.case,
        plan=plan,
        support=support,
        provider=provider,
        description=support.description,
        rate_pence=support.rate_pence,
        unit=support.unit,
        quantity=support.quantity,
        frequency=support.frequency,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        limit_pence=limit_for(support, plan),
        offered_by=by,
        offered_at=clock.now(),
    )
    record(
        chain=plan.case.chain,
        verb="agreement.offered",
        subject=f"agreement:{agreement.reference}",
        by=by,
        changes={
            "provider": provider.reference,
            "rate_pence": agreement.rate_pence,
            "limit_pence": agreement.limit_pence,
        },
    )
    send_to_all(
        to=members_of(provider),
        key=f"agreement.offered:{agreement.reference}",
        title=f"{plan.case.person.full_name} would like your support",
        body=f"{agreement.description}, at {format_pence(agreement.rate_pence)} for each {agreement.unit}. "
        "Read the terms and say yes or no.",
        href=f"/provider/agreements/{agreement.reference}/",
    )
    return agreement


@transaction.atomic
def accept_agreement(*, agreement: ServiceAgreement, by: User) -> ServiceAgreement:
    """The provider says yes. The first yes makes the plan active and the case live."""
    require(by, "payments.answer_agreement", agreement)
    agreement = _locked(agreement)
    move(agreement, "accept", by=by)
    if agreement.starts_on <= clock.today():
        move(agreement, "start")
    record(
        chain=agreement.case.chain,
        verb="agreement.accepted",
        subject=f"agreement:{agreement.reference}",
        by=by,
        changes={"state": agreement.state},
    )
    _go_live(agreement, by)
    send_to_all(
        to=clients_and_helpers(agreement.case),
        key=f"agreement.accepted:{agreement.reference}",
        title=f"{agreement.provider.name} said yes",
        body=f"They will give you: {agreement.description}. It starts on {agreement.starts_on:%-d %B %Y}.",
        href=f"/my-budget/{agreement.case.reference}/support/",
    )
    return agreement


@transaction.atomic
def decline_agreement(*, agreement: ServiceAgreement, reason: str, by: User) -> ServiceAgreement:
    """The provider says no, with a reason; the person can choose somebody else."""
    require(by, "payments.answer_agreement", agreement)
    if not reason.strip():
        raise Refused("reason_missing", "Say why you cannot do this.", field="reason")
    agreement = _locked(agreement)
    move(agreement, "decline", by=by, reason=reason)
    record(
        chain=agreement.case.chain,
        verb="agreement.declined",
        subject=f"agreement:{agreement.reference}",
        by=by,
        reason=reason,
    )
    send_to_all(
        to=clients_and_helpers(agreement.case),
        key=f"agreement.declined:{agreement.reference}",
        title=f"{agreement.provider.name} cannot do this",
        body=f"They said: “{reason}”. Your social worker can help you find somebody else.",
        href=f"/my-budget/{agreement.case.reference}/support/",
    )
    if agreement.case.worker:
        send_message(
            to=agreement.case.worker,
            key=f"agreement.declined:{agreement.reference}",
            title=f"{agreement.provider.name} declined {agreement.case.person.full_name}",
            body=f"They said: “{reason}”. Help the person find another provider.",
            href=f"/cases/{agreement.case.reference}/",
        )
    return agreement


def start_agreements_due() -> int:
    """What the beat does each day: accepted agreements whose first day has come are running."""
    due = ServiceAgreement.objects.filter(
        state=AgreementState.ACCEPTED, starts_on__lte=clock.today()
    )
    return sum(_start(agreement) for agreement in list(due))


def _start(agreement: ServiceAgreement) -> int:
    with transaction.atomic():
        row = _locked(agreement)
        if row.state != AgreementState.ACCEPTED:
            return 0
        move(row, "start")
        record(
            chain=row.case.chain,
            verb="agreement.started",
            subject=f"agreement:{row.reference}",
            by=None,
        )
    return 1


def _go_live(agreement: ServiceAgreement, by: User) -> None:
    plan = SupportPlan.objects.select_for_update().get(pk=agreement.plan_id)
    if plan.state == PlanState.AGREED:
        move(plan, "activate")
    if agreement.case.stage == Stage.AGREED:
        move_case(agreement.case, "go_live", by=by)


def _locked(agreement: ServiceAgreement) -> ServiceAgreement:
    return (
        ServiceAgreement.objects.select_for_update(of=("self",))
        .select_related("case__person", "case__worker", "provider")
        .get(pk=agreement.pk)
    )

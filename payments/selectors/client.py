"""What the person's side reads about money: invoices that wait, agreements, and every figure opened."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum

from carebudget.audit.models import AuditEvent
from plans.models import Case, PlanState, PlanSupport, SupportPlan
from plans.selectors import TimelineItem, as_item, case_by_reference
from providers.models import Provider, ProviderState

from ..models import (
    MOVING,
    AccountKind,
    AgreementState,
    Invoice,
    InvoiceState,
    Leg,
    Payment,
    PaymentState,
    ServiceAgreement,
)
from .money import RUNNING

HOLDING = (
    InvoiceState.RECEIVED,
    InvoiceState.QUERIED,
    InvoiceState.CONFIRMED,
    InvoiceState.DISPUTED,
)
"""States in which an invoice holds money in the budget that is not spent yet."""

NOT_OWED = (InvoiceState.REJECTED, InvoiceState.CREDITED)
OVER = (AgreementState.DECLINED, AgreementState.ENDED)
SHARED = ("budget.part.person", "budget.part.council")
"""What a person pays comes into the budget and the council's share leaves it: together nothing."""
SAID = ("invoice.queried", "invoice.query_answered", "invoice.disputed", "invoice.rejected")


@dataclass(frozen=True)
class Waiting:
    """Invoices that wait for the person's yes: how many, and their sum in pence."""

    count: int = 0
    total_pence: int = 0


@dataclass(frozen=True)
class SupportLine:
    """One support of the agreed plan, with its agreement and those who said no before."""

    support: PlanSupport
    agreement: ServiceAgreement | None = None
    declined: list[ServiceAgreement] = field(default_factory=list)

    @property
    def step(self) -> str:
        """Where it stands: a state of the agreement, or ``free``, ``no_provider`` or ``to_offer``."""
        if self.agreement:
            return str(self.agreement.state)
        if not self.support.annual_pence or not self.support.rate_pence:
            return "free"
        return "to_offer" if self.support.provider_id else "no_provider"

    @property
    def is_offered_next(self) -> bool:
        """Whether ``offer_agreements`` would offer it now."""
        named = bool(self.support.provider_id and self.support.annual_pence)
        return named and bool(self.support.rate_pence) and self.step in ("to_offer", *OVER)


@dataclass(frozen=True)
class SupportStanding:
    """How far the support of one agreed plan is set up."""

    to_offer: list[PlanSupport] = field(default_factory=list)
    asked: list[ServiceAgreement] = field(default_factory=list)
    declined: list[ServiceAgreement] = field(default_factory=list)
    running: list[ServiceAgreement] = field(default_factory=list)


@dataclass(frozen=True)
class Promise:
    """A running agreement: what may be invoiced under it, what was, and the rest, in pence."""

    agreement: ServiceAgreement
    limit_pence: int
    invoiced_pence: int

    @property
    def rest_pence(self) -> int:
        """Promised and not invoiced yet."""
        return self.limit_pence - self.invoiced_pence


def plan_in_force(case: Case) -> SupportPlan | None:
    """The agreed plan that support is arranged under; never the one in the making."""
    plan = case.plans.filter(state__in=[PlanState.AGREED, PlanState.ACTIVE]).first()
    if plan is not None:
        plan.case = case
    return plan


def support_lines(plan: SupportPlan) -> list[SupportLine]:
    """Every support of an agreed plan with where its agreement stands, in two queries."""
    agreements: dict[int, list[ServiceAgreement]] = {}
    for one in plan.agreements.select_related("provider").order_by("-offered_at", "-id"):
        agreements.setdefault(one.support_id, []).append(one)
    lines = []
    for support in plan.supports.select_related("provider", "outcome"):
        mine = agreements.get(support.pk, [])
        standing = next((one for one in mine if one.state not in OVER), None)
        lines.append(
            SupportLine(
                support=support,
                agreement=standing or (mine[0] if mine else None),
                declined=[one for one in mine if one.state == AgreementState.DECLINED],
            )
        )
    return lines


def support_standings(cases: Iterable[Case]) -> dict[int, SupportStanding]:
    """How far support is set up in many cases, by the case's id, in two queries.

    Cases without an agreed plan are left out.
    """
    supports = list(
        PlanSupport.objects.filter(
            plan__case__in=[case.pk for case in cases],
            plan__state__in=[PlanState.AGREED, PlanState.ACTIVE],
        )
        .annotate(case_id=F("plan__case_id"))
        .order_by("position", "id")
    )
    agreements: dict[int, list[ServiceAgreement]] = {}
    for one in (
        ServiceAgreement.objects.filter(support__in=[support.pk for support in supports])
        .select_related("provider")
        .order_by("-offered_at", "-id")
    ):
        agreements.setdefault(one.support_id, []).append(one)
    found: dict[int, SupportStanding] = {}
    for support in supports:
        here = found.setdefault(support.case_id, SupportStanding())
        mine = agreements.get(support.pk, [])
        standing = next((one for one in mine if one.state not in OVER), None)
        if standing is None and mine:
            if mine[0].state == AgreementState.DECLINED:
                here.declined.append(mine[0])
        elif standing and standing.state == AgreementState.OFFERED:
            here.asked.append(standing)
        elif standing:
            here.running.append(standing)
        elif support.provider_id and support.annual_pence and support.rate_pence:
            here.to_offer.append(support)
    return found


def nobody_took_it() -> Q:
    """Agreements of the plan in force whose support has no agreement that stands."""
    standing = ServiceAgreement.objects.exclude(state__in=OVER)
    return Q(plan__state__in=[PlanState.AGREED, PlanState.ACTIVE]) & ~Q(
        support__in=standing.values("support")
    )


def providers_for(support: PlanSupport) -> QuerySet[Provider]:
    """Checked providers with a published price in the support's unit within what the plan allows.

    Without those who have said no to it already.
    """
    said_no = ServiceAgreement.objects.filter(support=support, state=AgreementState.DECLINED)
    return (
        Provider.objects.filter(
            state=ProviderState.APPROVED,
            rates__unit=support.unit,
            rates__rate_pence__lte=support.rate_pence,
        )
        .exclude(pk__in=said_no.values("provider"))
        .distinct()
        .order_by("name")
    )


def invoice_of_case(reference: str, invoice: str) -> Invoice:
    """The invoice with its lines and payments, which must belong to the case in the address."""
    found = (
        Invoice.objects.select_related(
            "provider", "agreement__support", "confirmed_by", "approved_by", "case"
        )
        .prefetch_related(
            "lines", Prefetch("payments", Payment.objects.select_related("run").order_by("-id"))
        )
        .get(reference=invoice)
    )
    if found.case.reference != reference:
        raise Invoice.DoesNotExist
    found.case = case_by_reference(reference)
    return found


def invoices_of_case(case: Case) -> QuerySet[Invoice]:
    """Every invoice about a case, newest first."""
    return case.invoices.select_related("provider", "agreement").order_by("-sent_at", "-id")


def invoices_to_answer(case: Case) -> QuerySet[Invoice]:
    """Invoices that wait for the person's yes, longest waiting first."""
    return (
        case.invoices.filter(state=InvoiceState.RECEIVED)
        .select_related("provider", "agreement")
        .order_by("sent_at", "id")
    )


def waiting_of_cases(cases: Iterable[Case]) -> dict[int, Waiting]:
    """What waits for the person's yes in many cases, by the case's id, in one query."""
    rows = (
        Invoice.objects.filter(case__in=[case.pk for case in cases], state=InvoiceState.RECEIVED)
        .values("case_id")
        .annotate(n=Count("id"), total=Sum("total_pence"))
        .order_by()
    )
    return {row["case_id"]: Waiting(row["n"], row["total"]) for row in rows}


def said_about(invoice: Invoice) -> list[TimelineItem]:
    """Questions, answers and reasons about an invoice, oldest first, from the record."""
    events = (
        AuditEvent.objects.filter(
            chain__key=invoice.case.chain, subject=f"invoice:{invoice.reference}", verb__in=SAID
        )
        .select_related("chain", "words")
        .order_by("id")
    )
    return [as_item(event) for event in events]


def budget_entries(case: Case) -> list[Leg]:
    """What was put into a budget, and when; negative amounts are credits, as the ledger keeps them."""
    put_in = _moved(case).filter(entry__event__startswith="budget.")
    return list(put_in.exclude(entry__event__in=SHARED).order_by("id"))


def spending(case: Case) -> QuerySet[Leg]:
    """Every entry by which money left the budget or came back, newest first."""
    return _moved(case).exclude(entry__event__startswith="budget.").order_by("-id")


def _moved(case: Case) -> QuerySet[Leg]:
    return Leg.objects.filter(
        account__kind=AccountKind.BUDGET, account__case=case, entry__kind__in=MOVING
    ).select_related("entry")


def invoices_behind(legs: Iterable[Leg]) -> dict[int, Invoice]:
    """The invoices that entries stand for, by the entry's id, with their payments."""
    rows = (
        Invoice.objects.filter(entry__in=[leg.entry_id for leg in legs])
        .select_related("provider", "agreement")
        .prefetch_related(
            Prefetch("payments", Payment.objects.select_related("run").order_by("-id"))
        )
    )
    return {invoice.entry_id: invoice for invoice in rows if invoice.entry_id}


def invoices_holding(case: Case) -> QuerySet[Invoice]:
    """Invoices that hold money in the budget and are not approved yet, oldest first."""
    return (
        case.invoices.filter(state__in=HOLDING)
        .select_related("provider", "agreement")
        .order_by("sent_at", "id")
    )


def promises(case: Case) -> list[Promise]:
    """Running agreements with what is left under each; together they are what is promised."""
    rows = (
        case.agreements.filter(state__in=RUNNING)
        .select_related("provider", "plan")
        .annotate(invoiced=Sum("invoices__total_pence", filter=~Q(invoices__state__in=NOT_OWED)))
        .order_by("description", "id")
    )
    return [Promise(row, row.limit_pence, row.invoiced or 0) for row in rows]


def last_payment(invoice: Invoice) -> Payment | None:
    """The newest attempt to pay an invoice that was not called off; payments come newest first."""
    return next(
        (one for one in invoice.payments.all() if one.state != PaymentState.CANCELLED), None
    )

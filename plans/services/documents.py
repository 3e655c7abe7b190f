"""The agreed plan as a document: made once, from the sealed plan."""

from django.db import transaction

from carebudget.errors import Conflict
from carebudget.notify.models import Document
from carebudget.notify.services import keep_document

from ..models import SEALED, SupportPlan


def plan_document(*, plan: SupportPlan) -> Document:
    """The PDF of an agreed plan; made now if it is not there yet. States what s.25 of the Care Act asks."""
    row = SupportPlan.objects.select_related(
        "case__person", "case__pack", "document", "indicative_budget"
    ).get(pk=plan.pk)
    if row.document:
        return row.document
    if row.state not in SEALED:
        raise Conflict("plan_not_agreed", "A plan becomes a document when it is agreed.")
    pack = row.case.pack.rules
    decision = row.decisions.filter(state__startswith="agreed").select_related("decided_by").last()
    document = keep_document(
        key=f"plan:{row.reference}:{row.snapshot_digest[:16]}",
        kind="plan",
        title=f"Support plan {row.reference}",
        subject=f"case:{row.case.reference}",
        template="documents/plan.html",
        context={
            "plan": row,
            "case": row.case,
            "criteria": [(c, row.criteria.get(c.key, "")) for c in pack.criteria],
            "supports": row.supports.select_related("provider", "outcome"),
            "outcomes": row.outcomes.all(),
            "titles": {outcome.key: outcome.title for outcome in pack.outcomes},
            "eligible_needs": _needs(row),
            "decision": decision,
        },
    )
    with transaction.atomic():
        SupportPlan.objects.filter(pk=row.pk, document=None).update(document=document)
    return document


def _needs(plan: SupportPlan) -> list[tuple[str, bool, str]]:
    made = getattr(plan.indicative_budget.assessment, "decision", None)
    titles = {o.key: o.title for o in plan.case.pack.rules.outcomes}
    return [(titles[o.outcome], o.unmet, o.reason) for o in made.outcomes.all()] if made else []

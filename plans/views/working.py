"""The working of an indicative budget as data, for whoever may see the budget."""

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from carebudget.people.access import needs
from plans.models import Case
from plans.rules.allocation import Allocation
from plans.selectors import case_by_reference

from .budget import CONFIRMED
from .loading import budget_or_404


@require_safe
@needs("plans.view_budget", load=case_by_reference)
def budget_working(request: HttpRequest, case: Case) -> JsonResponse:
    """Every step of the sum, as it was kept when it was worked out. Like its page, once it is confirmed."""
    found = budget_or_404(case)
    if found.state not in CONFIRMED:
        raise Http404
    allocation = Allocation.from_data(found.working)
    return JsonResponse(
        {
            "case": case.reference,
            "programme": found.pack.key,
            "version": found.pack.version,
            "annual_pence": found.annual_pence,
            "changed_because": found.adjustment_reason,
            "confirmed_at": found.confirmed_at,
            "worked_out_at": found.created_at,
            "working": allocation.as_data(),
        },
        json_dumps_params={"indent": 2, "ensure_ascii": False},
    )

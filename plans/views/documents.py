"""Documents about a case: who may read them, and the agreed plan as a PDF."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from carebudget.notify.permissions import may_view
from carebudget.notify.views.messages import document_response
from carebudget.people.access import needs
from carebudget.people.models import User
from plans.models import SEALED, Case, SupportPlan
from plans.selectors import case_by_reference, plan_by_reference
from plans.services import plan_document as make_document

from .loading import plan_with_parts


@may_view("case")
def sees_case(user: User, reference: str) -> bool:
    """Letters about a case: the person's side, and staff who may see the case."""
    try:
        return user.has_perm("plans.view_timeline", case_by_reference(reference))
    except Case.DoesNotExist:
        return False


@may_view("plan")
def sees_plan(user: User, reference: str) -> bool:
    """Documents about a plan: whoever may see the plan."""
    try:
        return user.has_perm("plans.view_plan", plan_by_reference(reference))
    except SupportPlan.DoesNotExist:
        return False


@require_safe
@needs("plans.view_plan", load=case_by_reference)
def plan_document(request: HttpRequest, case: Case) -> HttpResponse:
    """The agreed plan as a PDF; made now if the queue has not made it yet."""
    plan = plan_with_parts(case)
    if plan is None or plan.state not in SEALED:
        raise Http404
    return document_response(make_document(plan=plan))

"""The desk of a person and of those who help them: their budget, and the whole story of a case."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from carebudget.people.access import SIGNED_IN, needs, signed_in
from plans.models import OPEN_STAGES, Case
from plans.selectors import case_by_reference, case_events, cases_of_client, told, voice_for

from ..selectors.my_budget import my_budget as read_my_budget
from ..selectors.my_budget import people_of

PEOPLE_ON_A_PAGE = 20
EVENTS_ON_A_PAGE = 50


@require_safe
@needs(SIGNED_IN)
def my_budgets(request: HttpRequest) -> HttpResponse:
    """Straight to the one budget there is; a list for somebody who helps several; kind words for none."""
    user = signed_in(request)
    cases = cases_of_client(user)
    if len(cases) == 1:
        return redirect("desks:my_budget", cases[0].reference)
    if not cases:
        return render(request, "desks/my_budget_none.html")
    page = Paginator(cases, PEOPLE_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "desks/my_budget_list.html",
        {"page": page, "people": people_of(list(page.object_list), user)},
    )


@require_safe
@needs("plans.view_case_as_client", load=case_by_reference)
def my_budget(request: HttpRequest, case: Case) -> HttpResponse:
    """What to do next, the money, who has it, who helps, and what happened lately."""
    desk = read_my_budget(case, signed_in(request))
    return render(
        request,
        "desks/my_budget.html",
        {"desk": desk, "case": case, "voice": desk.voice, "is_open": case.stage in OPEN_STAGES},
    )


@require_safe
@needs("plans.view_timeline", load=case_by_reference)
def story(request: HttpRequest, case: Case) -> HttpResponse:
    """Everything that happened, newest first, with who did it and why."""
    user = signed_in(request)
    page = Paginator(case_events(case), EVENTS_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "desks/my_budget_story.html",
        {
            "case": case,
            "mine": user.has_perm("plans.view_case_as_client", case),
            "voice": voice_for(case, user),
            "page": page,
            "items": told(page.object_list),
        },
    )

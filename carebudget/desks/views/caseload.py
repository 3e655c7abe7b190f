"""The desk of social workers, managers and the panel: what needs doing now, and by when."""

from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from carebudget.people.access import needs, signed_in
from plans.selectors import challenges_to_consider

from ..forms.caseload import CaseloadFilter
from ..selectors.caseload import (
    Scope,
    cases_for,
    figures_of,
    rows_of,
    scopes_of,
    stages_of,
    team_of,
)

PAGE_SIZE = 25
CHALLENGES_SHOWN = 10


@require_safe
@needs("plans.view_caseload")
def caseload(request: HttpRequest) -> HttpResponse:
    """The list that was asked for, what waits for the reader first; filters, figures and the team."""
    user = signed_in(request)
    scopes = scopes_of(user)
    scope = next((one for one in scopes if one.key == request.GET.get("scope")), scopes[0])
    form = CaseloadFilter(request.GET)
    stage, search = form.wanted()
    worker = _worker(request, scope)
    every_stage = cases_for(user, scope=scope.key, search=search, worker=worker)
    rows = cases_for(user, scope=scope.key, stage=stage, search=search, worker=worker)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    listed = rows_of(list(page.object_list), user)
    challenges = (
        list(challenges_to_consider(user)[:CHALLENGES_SHOWN])
        if user.roles & {"manager", "panel"}
        else []
    )
    return render(
        request,
        "desks/caseload.html",
        {
            "scope": scope,
            "tabs": [(one, cases_for(user, scope=one.key).count()) for one in scopes],
            "form": form,
            "stage": stage,
            "search": search,
            "narrowed": bool(stage or search or worker),
            "figures": figures_of(rows),
            "stages": [
                (key, words, count, _address(scope, search, worker, key))
                for key, words, count in stages_of(every_stage)
            ],
            "page": page,
            "to_do": [row for row in listed if row.turn.action],
            "others": [row for row in listed if not row.turn.action],
            "challenges": challenges,
            "team": team_of(user) if scope.key == "team" else [],
            "worker": worker,
            "may_refer": user.has_perm("plans.refer"),
            "may_see_forecast": signed_in(request).has_perm("payments.view_forecast"),
        },
    )


def _worker(request: HttpRequest, scope: Scope) -> UUID | None:
    """The worker whose cases a manager wants to see; nobody when the address says nothing usable."""
    try:
        return UUID(request.GET["worker"]) if scope.key == "team" else None
    except (KeyError, ValueError):
        return None


def _address(scope: Scope, search: str, worker: UUID | None, stage: str) -> str:
    asked = {"scope": scope.key, "stage": stage, "search": search, "worker": worker or ""}
    return "?" + urlencode({key: value for key, value in asked.items() if value})

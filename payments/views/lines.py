"""One statement line: what it may settle and why, matching and explaining by hand, and taking it back."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from carebudget.errors import Conflict
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ReasonForm, refusals_on
from carebudget.people.models import User
from payments.forms.finance import ExplainForm, MatchForm, SetAsideForm
from payments.models import LineState, StatementLine
from payments.selectors.finance_story import story_of_line
from payments.selectors.open_amounts import Candidates, candidates, line_by_id
from payments.selectors.statements import PASSES, earlier_matches, standing_match
from payments.services import explain_line, match_line, set_line_aside, undo_match

CHOSEN_LIMIT = 500
ITEMS_SHOWN = 20

LOOKING = ("find", "sum")
"""Buttons of the matching form that only look; nothing is written."""


@needs("payments.view_reconciling", load=line_by_id)
def line(request: HttpRequest, found: StatementLine) -> HttpResponse:
    """The line; what may fit and why; match, explain or set aside; or, when explained, why and undo."""
    user = signed_in(request)
    acts = user.has_perm("payments.reconcile")
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if act and (not acts or act not in (*ACTS, *LOOKING)):
        raise Http404
    bound = _bound_forms(request, act)
    chosen = request.POST.getlist("items")[:CHOSEN_LIMIT]
    if act in ACTS and bound[act].is_valid():
        with refusals_on(bound[act]) as attempt:
            ACTS[act](found, user, chosen, bound[act])
        if attempt.accepted:
            messages.success(request, DONE[act])
            return redirect("payments:line", found.public_id)
    if act:
        found = line_by_id(str(found.public_id))
    context = {
        "line": found,
        "acts": acts,
        "forms": bound,
        "acted": bound.get(act),
        "act": act,
        "earlier": earlier_matches(found),
        "story": story_of_line(found),
        "back": f"{reverse('payments:reconciling')}?account={found.account.code}",
    }
    explained = found.state == LineState.MATCHED
    context |= _explained(found) if explained else _to_explain(found, bound["match"], chosen)
    return render(request, "payments/finance/line.html", context)


def _bound_forms(request: HttpRequest, act: str) -> dict[str, forms.Form]:
    def data(*names: str) -> Any:
        return request.POST if act in names else None

    return {
        "match": MatchForm(data("match", *LOOKING)),
        "explain": ExplainForm(data("explain"), auto_id="id_explain_%s"),
        "aside": SetAsideForm(data("aside")),
        "undo": ReasonForm(
            data("undo"),
            auto_id="id_undo_%s",
            label="Why do you take it back?",
            hint="The opposite entry is posted, and both sides are open again. Nothing is deleted.",
        ),
    }


def _match(found: StatementLine, by: User, chosen: list[str], form: Any) -> None:
    items = candidates(found, chosen=chosen).items
    match_line(line=found, items=items, reason=form.cleaned_data["reason"], by=by)


def _explain(found: StatementLine, by: User, chosen: list[str], form: Any) -> None:
    explain_line(line=found, by=by, **form.cleaned_data)


def _aside(found: StatementLine, by: User, chosen: list[str], form: Any) -> None:
    set_line_aside(line=found, by=by, **form.cleaned_data)


def _undo(found: StatementLine, by: User, chosen: list[str], form: Any) -> None:
    match = standing_match(found)
    if match is None:
        raise Conflict("match_undone", "This was taken back already.")
    undo_match(match=match, by=by, **form.cleaned_data)


ACTS: dict[str, Callable[[StatementLine, User, list[str], Any], None]] = {
    "match": _match,
    "explain": _explain,
    "aside": _aside,
    "undo": _undo,
}
"""Each button of the page that writes."""

DONE = {
    "match": "The line is explained. Here is the entry it posted.",
    "explain": "The line is explained. Here is the entry it posted.",
    "aside": "The line is set aside with your note.",
    "undo": "It is taken back. The line and what it settled are open again.",
}


def _to_explain(found: StatementLine, form: forms.Form, chosen: list[str]) -> dict[str, Any]:
    find = str(form["find"].value() or "").replace("\x00", "")
    offered = candidates(found, find=find, chosen=chosen)
    return {"offered": offered, "sum": _sum(found, offered), "find": find.strip()}


def _sum(found: StatementLine, offered: Candidates) -> dict[str, Any]:
    """What is ticked beside the line, in pence and in words."""
    difference = found.amount_pence - offered.chosen_pence
    return {
        "count": offered.chosen_count,
        "pence": offered.chosen_pence,
        "difference": difference,
        "fits": offered.chosen_count > 0 and difference == 0,
    }


def _explained(found: StatementLine) -> dict[str, Any]:
    match = standing_match(found)
    if match is None:
        return {}
    items = match.items.select_related("payment__provider", "topup__run", "account").order_by("pk")
    return {
        "match": match,
        "how": PASSES.get(match.pass_name, match.pass_name),
        "items": list(items[:ITEMS_SHOWN]),
        "more_items": max(0, items.count() - ITEMS_SHOWN),
        "legs": list(match.entry.legs.select_related("account").order_by("pk")),
    }


@needs("payments.reconcile", load=line_by_id)
def line_sum(request: HttpRequest, found: StatementLine) -> HttpResponse:
    """The running sum alone, for htmx; anybody else is sent to the line."""
    if request.method != "POST" or not getattr(request, "htmx", False):
        return redirect("payments:line", found.public_id)
    offered = candidates(found, chosen=request.POST.getlist("items")[:CHOSEN_LIMIT])
    return render(
        request, "payments/finance/bits/line_sum.html", {"line": found, "sum": _sum(found, offered)}
    )

"""A proposal for another table: read by managers, handed in by its author, decided by another."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from carebudget import clock
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from plans.forms.policy import AdoptForm, DecideForm
from plans.models import PolicyProposal, ProposalState
from plans.selectors.policy import population, proposal_by_reference, proposal_story
from plans.selectors.policy_report import Report, report_on
from plans.services import adopt_proposal, reject_proposal, submit_proposal, take_back_proposal

from .policy import bench, drawn, table_of
from .policy_export import report_as_csv, report_as_json


@dataclass(frozen=True)
class Act:
    """A button of the page: its form, who may press it, the service behind it, and what is said then."""

    form: type[forms.Form]
    needs: str
    do: Callable[..., PolicyProposal]
    words: str


ACTS = {
    "submit": Act(
        ActForm,
        "plans.write_policy",
        submit_proposal,
        "It is handed in. The other managers have been told.",
    ),
    "take_back": Act(
        ActForm,
        "plans.write_policy",
        take_back_proposal,
        "It is yours again, and you can change it.",
    ),
    "adopt": Act(
        AdoptForm,
        "plans.adopt_policy",
        adopt_proposal,
        "It is adopted. The author has been told.",
    ),
    "reject": Act(
        DecideForm,
        "plans.adopt_policy",
        reject_proposal,
        "It is not adopted. The author has been told why.",
    ),
}
"""Each button of the page."""


@needs("plans.view_policy", load=proposal_by_reference)
def proposal(request: HttpRequest, proposal: PolicyProposal) -> HttpResponse:
    """What would change, what it does to everybody assessed so far, and the decision."""
    user = signed_in(request)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    acts = {
        name: one.form(request.POST if act == name else None, auto_id=f"id_{name}_%s")
        for name, one in ACTS.items()
    }
    acts["adopt"].initial = {"starts_on": max(proposal.starts_on, clock.today())}
    if act in acts and not user.has_perm(ACTS[act].needs, proposal):
        raise Http404
    if act in acts and acts[act].is_valid():
        with refusals_on(acts[act]) as attempt:
            ACTS[act].do(proposal=proposal, by=user, **acts[act].cleaned_data)
        if attempt.accepted:
            messages.success(request, ACTS[act].words)
            return redirect("plans:policy_proposal", proposal.reference)
        proposal.refresh_from_db()
    waiting = proposal.state == ProposalState.SUBMITTED
    return render(
        request,
        "plans/policy/proposal.html",
        {
            "proposal": proposal,
            "pack": proposal.base_pack,
            **drawn(_report(request, proposal), was="Now", becomes="As proposed"),
            "acts": acts,
            "act": act,
            "acted": acts.get(act),
            "may_write": user.has_perm("plans.write_policy", proposal),
            "may_decide": waiting and user.has_perm("plans.adopt_policy", proposal),
            "story": proposal_story(proposal),
        },
    )


@needs("plans.write_policy", load=proposal_by_reference)
def proposal_change(request: HttpRequest, proposal: PolicyProposal) -> HttpResponse:
    """The author's draft on the workbench."""
    if proposal.state != ProposalState.DRAFT:
        messages.warning(request, "It was handed in. Take it back, then change it.")
        return redirect("plans:policy_proposal", proposal.reference)
    return bench(request, proposal.base_pack, table_of(proposal), proposal)


@require_safe
@needs("plans.view_policy", load=proposal_by_reference)
def proposal_csv(request: HttpRequest, proposal: PolicyProposal) -> HttpResponse:
    """The proposal's figures for a spreadsheet."""
    return report_as_csv(proposal.base_pack, _report(request, proposal), title=proposal.title)


@require_safe
@needs("plans.view_policy", load=proposal_by_reference)
def proposal_json(request: HttpRequest, proposal: PolicyProposal) -> HttpResponse:
    """The proposal's figures for a program."""
    return report_as_json(proposal.base_pack, _report(request, proposal), title=proposal.title)


def _report(request: HttpRequest, proposal: PolicyProposal) -> Report:
    return report_on(
        proposal.base_pack,
        population(proposal.base_pack),
        proposal.base_pack.rules.allocation,
        table_of(proposal),
        user=signed_in(request),
        envelope_pence=proposal.envelope_pence,
        contingency_percent=proposal.contingency_percent,
    )

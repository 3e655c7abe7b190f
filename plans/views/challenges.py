"""Answering a decision: the person's page, and the page of whoever looks at it again."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from plans.forms.planning import AnswerChallengeForm, ChallengeForm
from plans.models import Case, Challenge, ChallengeState
from plans.selectors import case_by_reference, challenge_by_reference, standing_charge
from plans.services import answer_challenge, raise_challenge, take_up_challenge

from .loading import current_budget, current_decision, is_client_side

OPEN = (ChallengeState.RAISED, ChallengeState.CONSIDERED)


@needs("plans.view_challenge", load=case_by_reference)
def challenge(request: HttpRequest, case: Case) -> HttpResponse:
    """Tell the council that a decision is wrong; and see what came of it."""
    mine = is_client_side(signed_in(request), case)
    about = request.GET.get("about", "")
    form = ChallengeForm(
        request.POST if request.method == "POST" else None, initial={"about": about}
    )
    if request.method == "POST":
        if not mine:
            raise Http404
        if form.is_valid():
            with refusals_on(form) as attempt:
                raise_challenge(case=case, by=signed_in(request), **form.cleaned_data)
            if attempt.accepted:
                return redirect("plans:challenge", case.reference)
    challenges = list(case.challenges.select_related("raised_by", "considered_by"))
    open_ones = [one for one in challenges if one.state in OPEN]
    return render(
        request,
        "plans/challenge.html",
        {
            "case": case,
            "form": form,
            "mine": mine,
            "challenges": challenges,
            "open_ones": open_ones,
            "writing": mine and (not open_ones or request.method == "POST" or bool(about)),
            "pack": case.pack.rules,
        },
    )


def challenge_of_case(case_reference: str, reference: str) -> Challenge:
    """The challenge, which must belong to the case in the address."""
    found = challenge_by_reference(reference)
    if found.case.reference != case_reference:
        raise Challenge.DoesNotExist
    return found


@needs("plans.consider_challenge", load=challenge_of_case)
def challenge_answer(request: HttpRequest, found: Challenge) -> HttpResponse:
    """Look at a decision again: the person's words, the decision, and the answer with reasons."""
    act = request.POST.get("act") if request.method == "POST" else None
    taking = ActForm(request.POST if act == "take_up" else None)
    answering = AnswerChallengeForm(request.POST if act == "answer" else None)
    if act == "take_up":
        with refusals_on(taking) as attempt:
            take_up_challenge(challenge=found, by=signed_in(request))
        if attempt.accepted:
            return _again(found)
    if act == "answer" and answering.is_valid():
        with refusals_on(answering) as attempt:
            answer_challenge(
                challenge=found,
                upheld=answering.cleaned_data["upheld"] == "yes",
                answer=answering.cleaned_data["answer"],
                by=signed_in(request),
            )
        if attempt.accepted:
            return _again(found)
    context: dict[str, Any] = {
        "case": found.case,
        "challenge": found,
        "taking": taking,
        "answering": answering,
        "decision": current_decision(found.case) if found.about == "eligibility" else None,
        "budget": current_budget(found.case) if found.about == "budget" else None,
        "charge": standing_charge(found.case.person) if found.about == "charge" else None,
        "is_mine": found.considered_by_id == signed_in(request).pk,
    }
    return render(request, "plans/challenge_answer.html", context)


def _again(found: Challenge) -> HttpResponse:
    return redirect("plans:challenge_answer", found.case.reference, found.reference)

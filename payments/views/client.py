"""Support set up by the person: who was asked, what they said, and asking them. Also for the worker."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from carebudget.text import join_words
from payments.forms.client import AnotherProviderForm
from payments.selectors import SupportLine, plan_in_force, support_lines
from payments.services import offer_agreements, offer_to_another
from payments.services.agreements import limit_for
from plans.models import Case, SupportPlan
from plans.selectors import case_by_reference, how_much

from .client_reading import about
from .client_words import after_offering, support_label, support_words


def case_of_support(reference: str, number: int = 0) -> Case:
    """The case in the address of a page about one of its supports."""
    return case_by_reference(reference)


@needs("payments.offer_agreement", load=case_by_reference)
def support(request: HttpRequest, case: Case) -> HttpResponse:
    """Every support of the agreed plan: who gives it, whether they said yes, and what to do."""
    plan = plan_in_force(case)
    lines = support_lines(plan) if plan else []
    around = about(request, case)
    return render(
        request,
        "payments/client/support.html",
        around
        | {
            "plan": plan,
            "lines": [
                (n, line, support_words(line), support_label(line), how_much(line.support))
                for n, line in enumerate(lines, start=1)
            ],
            "to_offer": [one for one in lines if one.step in ("to_offer", "ended")],
            "said_no": next(
                ((n, one) for n, one in enumerate(lines, start=1) if one.step == "declined"), None
            ),
            "next_words": after_offering(lines, mine=around["mine"]),
        },
    )


@needs("payments.offer_agreement", load=case_by_reference)
def support_offer(request: HttpRequest, case: Case) -> HttpResponse:
    """Check what each provider is told, then ask them."""
    plan = plan_in_force(case)
    if plan is None:
        return redirect("payments:support", case.reference)
    asked = [line for line in support_lines(plan) if line.is_offered_next]
    form = ActForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        with refusals_on(form) as attempt:
            offered = offer_agreements(plan=plan, by=signed_in(request))
        if attempt.accepted:
            if offered:
                names = join_words(sorted({one.provider.name for one in offered}))
                messages.success(request, f"You have asked {names}. You are told when they answer.")
            else:
                messages.info(request, "Everybody has been asked already.")
            return redirect("payments:support", case.reference)
    elif not asked:
        return redirect("payments:support", case.reference)
    return render(
        request,
        "payments/client/support_offer.html",
        about(request, case)
        | {
            "plan": plan,
            "form": form,
            "offers": [
                (line, how_much(line.support), limit_for(line.support, plan)) for line in asked
            ],
        },
    )


@needs("payments.offer_agreement", load=case_of_support)
def support_another(request: HttpRequest, case: Case) -> HttpResponse:
    """Nobody gives this support yet: ask another checked provider, at the price in the plan."""
    plan = plan_in_force(case)
    line = _line(request, plan) if plan else None
    if plan is None or line is None:
        raise Http404
    form = AnotherProviderForm(
        request.POST if request.method == "POST" else None, support=line.support
    )
    if request.method == "POST" and form.is_valid():
        chosen = form.chosen()
        line.support.plan = plan
        with refusals_on(form) as attempt:
            offer_to_another(support=line.support, provider=chosen, by=signed_in(request))
        if attempt.accepted:
            messages.success(
                request, f"You have asked {chosen.name}. You are told when they answer."
            )
            return redirect("payments:support", case.reference)
    elif request.method != "POST" and line.step not in ("declined", "ended", "no_provider"):
        return redirect("payments:support", case.reference)
    return render(
        request,
        "payments/client/support_another.html",
        about(request, case)
        | {
            "plan": plan,
            "line": line,
            "form": form,
            "much": how_much(line.support),
            "limit": limit_for(line.support, plan),
        },
    )


def _line(request: HttpRequest, plan: SupportPlan) -> SupportLine | None:
    """The support that the address names by its place on the page."""
    number = request.resolver_match.kwargs["number"] if request.resolver_match else 0
    lines = support_lines(plan)
    return lines[number - 1] if 1 <= number <= len(lines) else None

"""Keeping the directory: register a provider, check it, suspend it, price it, and who signs in for it."""

from uuid import UUID

from django.contrib import messages
from django.forms import model_to_dict
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, ReasonForm, refusals_on, step_of, typed
from carebudget.people.models import User
from providers.forms.registering import ChangeForm, CheckForm, InviteForm, RateForm, RegisterForm
from providers.models import CheckKind, CheckOutcome, Provider, ProviderMember, ProviderState
from providers.selectors import check_standings, people_supported, provider_by_reference
from providers.services import (
    add_rate,
    change_provider,
    end_membership,
    invite_member,
    record_check,
    register_provider,
    suspend_provider,
)


@needs("providers.register")
def register(request: HttpRequest) -> HttpResponse:
    """Put a provider on the list, after checking the answers."""
    if request.method != "POST":
        return render(request, "providers/register.html", {"form": RegisterForm()})
    form = RegisterForm(request.POST)
    step = step_of(request)
    if form.is_valid() and step == "send":
        with refusals_on(form) as attempt:
            provider = register_provider(by=signed_in(request), **form.cleaned_data)
        if attempt.accepted:
            messages.success(
                request,
                f"{provider.name} is on the list. Now make the checks, and invite who signs in.",
            )
            return redirect("providers:provider", provider.reference)
    if form.is_valid() and step == "check":
        answers = {"form": form, "rows": form.rows(), "typed": typed(form)}
        return render(request, "providers/register_check.html", answers)
    return render(request, "providers/register.html", {"form": form})


@needs("providers.check", load=provider_by_reference)
def change(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Put the facts of a provider right."""
    form = ChangeForm(
        request.POST if request.method == "POST" else None, initial=model_to_dict(provider)
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            changed = change_provider(provider=provider, by=signed_in(request), **form.cleaned_data)
        if attempt.accepted:
            messages.success(request, f"The facts of {changed.name} are kept.")
            return redirect("providers:provider", provider.reference)
    return render(request, "providers/change.html", {"provider": provider, "form": form})


@needs("providers.check", load=provider_by_reference)
def check(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Record what a check found. ``?kind=`` chooses the check beforehand."""
    form = CheckForm(
        request.POST if request.method == "POST" else None,
        initial={"kind": request.GET.get("kind", "")},
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            made = record_check(provider=provider, by=signed_in(request), **form.cleaned_data)
        if attempt.accepted:
            messages.success(request, _after_check(provider, made.kind, made.outcome))
            return redirect("providers:provider", provider.reference)
    return render(
        request,
        "providers/check.html",
        {"provider": provider, "form": form, "standings": check_standings(provider)},
    )


def _after_check(provider: Provider, kind: str, outcome: str) -> str:
    title = CheckKind(kind).label
    if outcome == CheckOutcome.FAILED:
        words = f"{title}: not passed is in the record."
        if provider.state == ProviderState.APPROVED:
            words += f" {provider.name} can still be chosen. Suspend it if it is not safe."
        return words
    left = provider_by_reference(provider.reference).open_checks()
    if left:
        return f"{title}: passed is in the record. {len(left)} still to do."
    if provider.state == ProviderState.APPROVED:
        return f"{title}: passed is in the record."
    return f"{title}: passed is in the record. Every check has passed, so it can be approved."


@needs("providers.approve", load=provider_by_reference)
def suspend(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Not to be chosen or paid for now, with the reason."""
    form = ReasonForm(
        request.POST if request.method == "POST" else None,
        label="Why is the provider suspended?",
        hint="The people who sign in for the provider read this.",
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            suspend_provider(provider=provider, by=signed_in(request), **form.cleaned_data)
        if attempt.accepted:
            messages.success(
                request,
                f"{provider.name} is suspended, and has been told why. "
                "Nobody can choose it, and it is not paid until it is approved again.",
            )
            return redirect("providers:provider", provider.reference)
    return render(
        request,
        "providers/suspend.html",
        {"provider": provider, "form": form, "people_supported": people_supported(provider)},
    )


@needs("providers.check", load=provider_by_reference)
def rate(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Publish a price for the provider."""
    form = RateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            add_rate(provider=provider, by=signed_in(request), **form.cleaned_data)
        if attempt.accepted:
            messages.success(request, "The price is published. Agreements that run keep theirs.")
            return redirect("providers:provider", provider.reference)
    return render(request, "providers/rate.html", {"provider": provider, "form": form})


@needs("providers.check", load=provider_by_reference)
def invite(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Invite somebody to sign in for the provider."""
    form = InviteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            user, token = invite_member(
                provider=provider, by=signed_in(request), **form.cleaned_data
            )
        if attempt.accepted:
            messages.success(request, _after_invitation(provider, user, token))
            return redirect("providers:provider", provider.reference)
    return render(request, "providers/invite.html", {"provider": provider, "form": form})


def _after_invitation(provider: Provider, user: User, token: str) -> str:
    if token:
        return f"An invitation is on its way to {user.email}. The link works once, for two weeks."
    return f"{user.full_name} signs in already, and can now act for {provider.name}."


def provider_of(reference: str, public_id: UUID) -> Provider:
    """The provider in the address of a page about one of its people."""
    return provider_by_reference(reference)


@needs("providers.check", load=provider_of)
def member(request: HttpRequest, provider: Provider) -> HttpResponse:
    """End somebody's sign-in for the provider, or send their invitation again."""
    membership = _member_in_address(request, provider)
    by = signed_in(request)
    form = ActForm(request.POST if request.method == "POST" else None)
    act = request.POST.get("act", "")
    if request.method == "POST" and act in ("end", "again"):
        words = ""
        with refusals_on(form) as attempt:
            words = _act_on_member(act, provider, membership.user, by)
        if attempt.accepted:
            messages.success(request, words)
            return redirect("providers:provider", provider.reference)
    return render(
        request,
        "providers/member.html",
        {"provider": provider, "member": membership, "form": form},
    )


def _member_in_address(request: HttpRequest, provider: Provider) -> ProviderMember:
    public_id = request.resolver_match.kwargs["public_id"] if request.resolver_match else None
    for one in provider.members.all():
        if one.ended_at is None and one.user.public_id == public_id:
            return one
    raise Http404


def _act_on_member(act: str, provider: Provider, user: User, by: User) -> str:
    if act == "end":
        end_membership(provider=provider, user=user, by=by)
        return f"{user.full_name} does not sign in for {provider.name} any more."
    sent_to, token = invite_member(
        provider=provider, email=user.email, full_name=user.full_name, by=by
    )
    return _after_invitation(provider, sent_to, token)

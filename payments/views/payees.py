"""Payees' accounts: found, proposed, asked about, confirmed by a second person, refused, ended; and flags."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from carebudget.errors import NotAllowed
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, ReasonForm, refusals_on
from carebudget.people.models import User
from payments.forms.files import ConfirmPayeeForm, PayeeForm
from payments.forms.finance import SearchForm
from payments.models import PayeeAccount, PayeeState, StopKind
from payments.rules.payee_check import MEANINGS, PayeeAnswer, Weight
from payments.rules.payee_details import IbanAccount, PayeeDetails, UkAccount
from payments.selectors.finance_payees import (
    TABS,
    Payee,
    account_by_reference,
    accounts_of,
    finance_payees,
    find_payees,
    payee_by_reference,
    payee_tabs,
)
from payments.selectors.payees import known_contacts
from payments.selectors.stops import stops_standing
from payments.services import (
    ask_about_payee,
    confirm_payee,
    end_payee,
    flag_provider,
    propose_payee,
    read_payee_details,
    refuse_payee,
)

from .lists import page_of

TYPED = ("sort_code", "account_number", "iban", "bic", "card")
WEIGHTS = {
    Weight.GOOD: "approved",
    Weight.LOOK: "waiting",
    Weight.DOUBT: "rejected",
    Weight.STOP: "rejected",
    Weight.UNSAID: "waiting",
}


@require_safe
@needs("payments.view_payees")
def payees(request: HttpRequest) -> HttpResponse:
    """Accounts that wait for a second person first; or a payee found by name or number."""
    form = SearchForm(request.GET, label="Provider, person or number")
    search = form.value("q") or ""
    tab = request.GET.get("tab", "waiting")
    tab = tab if tab in TABS else "waiting"
    return render(
        request,
        "payments/finance/payees.html",
        {
            "form": form,
            "search": search,
            "found": find_payees(search, user=signed_in(request)) if search else [],
            "tab": tab,
            "tabs": payee_tabs(),
            "page": page_of(request, finance_payees(tab)),
        },
    )


@needs("payments.view_payee", load=payee_by_reference)
def payee(request: HttpRequest, found: Payee) -> HttpResponse:
    """One payee: every account they gave, and whether anything is stopped; a provider can be flagged."""
    user = signed_in(request)
    may_flag = found.provider is not None and user.has_perm(
        "payments.flag_provider", found.provider
    )
    form = ReasonForm(
        request.POST if request.method == "POST" else None,
        label="What was found, and where?",
        hint="Another finance manager reads this before lifting the flag.",
    )
    if request.method == "POST":
        if not may_flag or found.provider is None:
            raise Http404
        if form.is_valid():
            with refusals_on(form) as attempt:
                flag_provider(provider=found.provider, by=user, **form.cleaned_data)
            if attempt.accepted:
                messages.success(request, f"{found.name} is flagged. Nothing is paid to them now.")
                return redirect("payments:payee", found.reference)
    flag = (
        stops_standing(StopKind.SANCTION).filter(provider=found.provider).first()
        if found.provider
        else None
    )
    return render(
        request,
        "payments/finance/payee.html",
        {
            "payee": found,
            "accounts": accounts_of(found),
            "service": getattr(found.provider, "payout_account", None),
            "flag": flag,
            "form": form,
            "may_flag": may_flag and flag is None,
            "may_propose": user.has_perm("payments.propose_payee", found.behind)
            and user.has_perm("payments.make_submission"),
        },
    )


@needs("payments.propose_payee_here", load=payee_by_reference)
def payee_new(request: HttpRequest, found: Payee) -> HttpResponse:
    """New account details for a payee, as they gave them. Nothing is paid there before a second person asks."""
    form = PayeeForm(
        request.POST if request.method == "POST" else None,
        initial={"name": found.name, "business": "yes" if found.provider else "no"},
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with refusals_on(form) as attempt:
            account = propose_payee(
                payee=found.behind,
                kind=given["kind"],
                name=given["name"],
                typed={name: given[name] for name in TYPED},
                business=given["business"] == "yes",
                reason=given["reason"],
                by=signed_in(request),
            )
        if attempt.accepted:
            messages.success(
                request,
                "The details are kept. A colleague must ask the payee before anything is paid there.",
            )
            return redirect("payments:payee_account", account.reference)
    return render(request, "payments/finance/payee_new.html", {"payee": found, "form": form})


def _ask(*, account: PayeeAccount, by: User) -> None:
    ask_about_payee(account=account)


def _read(*, account: PayeeAccount, by: User) -> PayeeDetails:
    return read_payee_details(account=account, by=by)


ACTS: dict[str, tuple[str, Callable[..., Any], str]] = {
    "ask": ("payments.confirm_payee", _ask, "The bank was asked. Its answer is below."),
    "confirm": ("payments.confirm_payee", confirm_payee, "The account is used from now on."),
    "refuse": (
        "payments.confirm_payee",
        refuse_payee,
        "The details are refused. The old ones count.",
    ),
    "end": ("payments.propose_payee", end_payee, "The account is not used any more."),
    "read": ("payments.read_payee_details", _read, ""),
}


@needs("payments.view_payee", load=account_by_reference)
def payee_account(request: HttpRequest, found: PayeeAccount) -> HttpResponse:
    """One account of a payee: what the bank says of it; a second person confirms or refuses it."""
    user = signed_in(request)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    finance = user.has_perm("payments.make_submission")
    if request.method == "POST" and (
        act not in ACTS or not finance or not user.has_perm(ACTS[act][0], found)
    ):
        raise Http404
    contacts = known_contacts(found)
    bound = _bound(request, act, contacts)
    figures = None
    if act and bound[act].is_valid():
        done, figures = _done(found, user, act, bound[act])
        if done and act != "read":
            messages.success(request, ACTS[act][2])
            return redirect("payments:payee_account", found.reference)
    if act:
        found = account_by_reference(found.reference)
    answer = render(
        request,
        "payments/finance/payee_account.html",
        _about(found, user, contacts)
        | {"forms": bound, "acted": bound.get(act), "act": act, "figures": _in_words(figures)},
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _bound(request: HttpRequest, act: str, contacts: list[User]) -> dict[str, forms.Form]:
    def data(name: str) -> Any:
        return request.POST if act == name else None

    return {
        "ask": ActForm(data("ask")),
        "read": ActForm(data("read")),
        "confirm": ConfirmPayeeForm(data("confirm"), contacts=contacts, auto_id="id_confirm_%s"),
        "refuse": ReasonForm(
            data("refuse"),
            auto_id="id_refuse_%s",
            label="What did you find out?",
            hint="It is kept in the record, with your name.",
        ),
        "end": ReasonForm(
            data("end"),
            auto_id="id_end_%s",
            label="Why is it not used any more?",
            hint="It is kept in the record, with your name.",
        ),
    }


def _done(found: PayeeAccount, user: User, act: str, form: forms.Form) -> tuple[bool, Any]:
    result = None
    try:
        with refusals_on(form) as attempt:
            result = ACTS[act][1](account=found, by=user, **form.cleaned_data)
    except NotAllowed as refusal:
        if refusal.code != "payee_four_eyes":
            raise
        form.add_error(None, refusal.sentence)
        return False, None
    return attempt.accepted, result


def _in_words(figures: PayeeDetails | None) -> str:
    if figures is None:
        return ""
    if isinstance(figures, UkAccount):
        code = figures.sort_code
        return f"{code[:2]}-{code[2:4]}-{code[4:]}, account {figures.account_number}"
    return figures.iban if isinstance(figures, IbanAccount) else figures.card


def _about(found: PayeeAccount, user: User, contacts: list[User]) -> dict[str, Any]:
    meaning = MEANINGS[PayeeAnswer(found.answer)]
    finance = user.has_perm("payments.make_submission")
    waits = found.state == PayeeState.PROPOSED
    own = found.proposed_by_id == user.pk
    may_confirm = finance and user.has_perm("payments.confirm_payee", found)
    return {
        "account": found,
        "payee": Payee(found.provider, found.person),
        "meaning": meaning,
        "weight": WEIGHTS[meaning.weight],
        "contacts": contacts,
        "waits": waits,
        "own": own,
        "may_confirm": waits and may_confirm and not own,
        "may_ask": waits and may_confirm,
        "may_end": finance
        and (
            (waits and own and user.has_perm("payments.propose_payee", found))
            or (found.state in (PayeeState.CONFIRMED, PayeeState.FAULTY) and may_confirm)
        ),
        "may_read": finance and user.has_perm("payments.read_payee_details", found),
        "before": [
            one for one in accounts_of(Payee(found.provider, found.person)) if one.pk != found.pk
        ],
    }

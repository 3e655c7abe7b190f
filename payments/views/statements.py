"""Statements: the files that were brought in, bringing in more, and one statement that may be held."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from carebudget.errors import CareBudgetError
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ReasonForm, refusals_on
from carebudget.people.models import User
from payments.forms.finance import StatementFilesForm
from payments.models import Statement, StatementAccount, StatementState
from payments.selectors.statements import (
    accounts_of_statements,
    statement_by_id,
    statement_files,
)
from payments.services import (
    ImportReport,
    accept_statement,
    import_statement,
    refuse_too_large,
    reject_statement,
)
from payments.services.accounts import statement_account

from .lists import page_of

FILES_A_PAGE = 20


@require_safe
@needs("payments.view_reconciling")
def statements(request: HttpRequest) -> HttpResponse:
    """Every file that was brought in, with its statements and how they stand."""
    state = request.GET.get("state", "")
    state = state if state in StatementState.values else ""
    accounts = accounts_of_statements()
    account = request.GET.get("account", "")
    account = account if account in {one.code for one in accounts} else ""
    return render(
        request,
        "payments/finance/statements.html",
        {
            "page": page_of(request, statement_files(account=account, state=state), FILES_A_PAGE),
            "accounts": accounts,
            "account": account,
            "state": state,
            "states": StatementState.choices,
            "acts": signed_in(request).has_perm("payments.reconcile"),
        },
    )


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file: the report, or in words why nothing of it was taken."""

    name: str
    report: ImportReport | None = None
    refusal: str = ""


@needs("payments.reconcile")
def statement_new(request: HttpRequest) -> HttpResponse:
    """Bring in one file or several, and see what became of each, and of each statement in it."""
    form = StatementFilesForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        accounts=accounts_of_statements(),
        initial={"account": request.GET.get("account", "bank")},
    )
    if request.method == "POST" and form.is_valid():
        account = statement_account(form.cleaned_data["account"])
        outcomes = [
            _bring(account, file, signed_in(request)) for file in form.cleaned_data["statements"]
        ]
        return render(
            request,
            "payments/finance/statements_brought.html",
            {
                "account": account,
                "outcomes": outcomes,
                "new_lines": sum(one.report.new_lines for one in outcomes if one.report),
                "held": sum(one.report.held for one in outcomes if one.report),
                "unreadable": sum(one.report is None for one in outcomes),
            },
        )
    return render(request, "payments/finance/statement_new.html", {"form": form})


def _bring(account: StatementAccount, file: UploadedFile, by: User) -> FileOutcome:
    """One file on its own: what is wrong with it stops none of the others."""
    name = file.name or "a file without a name"
    try:
        refuse_too_large(file.size or 0)
        report = import_statement(account=account, name=name, content=file.read(), by=by)
    except CareBudgetError as refusal:
        sentence = f"{refusal.sentence} {refusal.next_step}".strip()
        return FileOutcome(name, refusal=sentence.removeprefix(f"{name}: "))
    return FileOutcome(name, report=report)


DECISIONS: dict[str, tuple[Callable[..., Statement], str]] = {
    "accept": (accept_statement, "The statement is accepted, and its lines count now."),
    "reject": (reject_statement, "The statement is rejected. None of its lines count."),
}


@needs("payments.view_reconciling", load=statement_by_id)
def statement(request: HttpRequest, found: Statement) -> HttpResponse:
    """One statement: its balances, its lines, what is wrong; accept or reject it when it is held."""
    user = signed_in(request)
    acts = user.has_perm("payments.reconcile")
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if act and (not acts or act not in DECISIONS):
        raise Http404
    bound = {
        "accept": ReasonForm(
            request.POST if act == "accept" else None,
            auto_id="id_accept_%s",
            label="Why do you accept it?",
            hint="Say what the difference is. It is kept in the record, with your name.",
        ),
        "reject": ReasonForm(
            request.POST if act == "reject" else None,
            auto_id="id_reject_%s",
            label="Why do you reject it?",
            hint="Say what is wrong with it. It is kept in the record, with your name.",
        ),
    }
    if act and bound[act].is_valid():
        with refusals_on(bound[act]) as attempt:
            DECISIONS[act][0](statement=found, by=user, **bound[act].cleaned_data)
        if attempt.accepted:
            messages.success(request, DECISIONS[act][1])
            return redirect("payments:statement", found.public_id)
    if act:
        found = statement_by_id(str(found.public_id))
    return render(
        request, "payments/finance/statement.html", _about(request, found)
        | {"acts": acts, "forms": bound, "acted": bound.get(act)},
    )  # fmt: skip


def _about(request: HttpRequest, found: Statement) -> dict[str, Any]:
    """Its lines: those that count, or, while it does not count, those that stand in the file."""
    counts = found.state in (StatementState.ACCEPTED, StatementState.ACCEPTED_ANYWAY)
    rows: Any = found.lines.order_by("booked_on", "pk") if counts else found.parsed_lines
    pence = [] if counts else [one["amount_pence"] for one in found.parsed_lines]
    page = page_of(request, rows)
    if not counts:
        for one in page.object_list:
            one["day"] = date.fromisoformat(one["booked_on"])
    return {
        "statement": found,
        "counts": counts,
        "held": found.state == StatementState.HELD,
        "page": page,
        "parsed_count": len(pence),
        "parsed_pence": sum(pence),
        "made_pence": (found.closing_pence or 0) - found.difference_pence,
    }

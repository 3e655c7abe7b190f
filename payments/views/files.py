"""Bank files: made, taken to the bank, marked as sent by a second person, compared, withdrawn; and reports."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from carebudget import clock
from carebudget.errors import Conflict, NotAllowed, Refused
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, ReasonForm, refusals_on
from carebudget.people.models import User
from payments.forms.files import FileDayForm, FileFiguresForm, ReportForm
from payments.models import (
    PaymentRun,
    RailFile,
    ResultState,
    Submission,
    SubmissionItem,
    SubmissionState,
)
from payments.rails import get_any_rail, get_file_rail, kind_of
from payments.rails.protocol import RailKind
from payments.selectors.runs import run_by_reference
from payments.selectors.submissions import (
    cut_off_of,
    heard_of,
    report_by_id,
    reports,
    submission_by_reference,
    submissions,
    waiting_for_a_file,
)
from payments.services import (
    acknowledge_submission,
    build_submission,
    hand_out_submission,
    import_results,
    mark_submission_sent,
    start_submission,
    withdraw_submission,
)

from .lists import page_of

REPORT_LIMIT_BYTES = 20_000_000
REPORTS_SHOWN = 10
OPEN = (SubmissionState.BUILDING, SubmissionState.BUILT)
WITH_THE_BANK = (SubmissionState.SENT, SubmissionState.ACKNOWLEDGED)
TABS: dict[str, tuple[str, tuple[str, ...]]] = {
    "open": ("To hand over", OPEN),
    "sent": ("With the bank", WITH_THE_BANK),
    "withdrawn": ("Withdrawn", (SubmissionState.WITHDRAWN,)),
    "all": ("All", tuple(SubmissionState.values)),
}
EYES = ("submission_four_eyes", "submission_own_interest", "withdrawal_four_eyes")
"""What a second person has to do is a sentence on the page, not a missing page."""

Form = forms.Form


@require_safe
@needs("payments.view_submission")
def files(request: HttpRequest) -> HttpResponse:
    """Every file for the bank, the newest first, and the last reports."""
    tab = request.GET.get("tab", "open")
    tab = tab if tab in TABS else "open"
    return render(
        request,
        "payments/finance/files.html",
        {
            "page": page_of(request, submissions().filter(state__in=TABS[tab][1])),
            "tab": tab,
            "tabs": [(key, title) for key, (title, _) in TABS.items()],
            "reports": list(reports()[:REPORTS_SHOWN]),
            "acts": signed_in(request).has_perm("payments.import_results"),
        },
    )


@needs("payments.make_submission", load=run_by_reference)
def file_new(request: HttpRequest, run: PaymentRun) -> HttpResponse:
    """Make the file of an approved run: its payments are claimed for it, and nothing leaves yet."""
    if kind_of(run.rail) != RailKind.FILE:
        raise Http404
    rail = get_file_rail(run.rail)
    first = rail.calendar.first_day(clock.now())
    form = FileDayForm(
        request.POST if request.method == "POST" else None, first=f"{first:%-d %B %Y}"
    )
    if request.method == "POST" and form.is_valid():
        user = signed_in(request)
        with refusals_on(form) as attempt:
            submission = start_submission(run=run, by=user, day=form.cleaned_data["day"])
        if attempt.accepted:
            _build(request, submission, user)
            return redirect("payments:file", submission.reference)
    waiting = waiting_for_a_file(run)
    return render(
        request,
        "payments/finance/file_new.html",
        {
            "run": run,
            "form": form,
            "rail": rail.title,
            "count": waiting.count(),
            "total_pence": sum(waiting.values_list("amount_pence", flat=True)),
            "first": first,
            "limits": rail.limits,
        },
    )


def _build(request: HttpRequest, submission: Submission, user: User) -> None:
    """Make the file at once; what stands in the way is said on the file's own page."""
    try:
        build_submission(submission=submission, by=user)
    except (Refused, Conflict) as refusal:
        messages.error(request, f"{refusal.sentence} {refusal.next_step}".strip())
    else:
        messages.success(request, "The file is made. Take it to the bank now.")


def _build_again(*, submission: Submission, by: User) -> None:
    build_submission(submission=submission, by=by)


ACTS: dict[str, tuple[Callable[..., Any], str]] = {
    "build": (_build_again, "The file is made. Take it to the bank now."),
    "sent": (mark_submission_sent, "The bank has it. Every payment in it is entered as sent."),
    "acknowledge": (acknowledge_submission, "The bank’s figures are the same as ours."),
    "withdraw": (withdraw_submission, "The file is withdrawn. Its payments can go in another."),
}


@needs("payments.view_submission", load=submission_by_reference)
def file(request: HttpRequest, found: Submission) -> HttpResponse:
    """One file: what it carries, how far it is, and the next step for whoever may take it."""
    user = signed_in(request)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    may = user.has_perm("payments.send_submission", found.run)
    if request.method == "POST" and (act not in ACTS or not may):
        raise Http404
    bound = _bound(request, act)
    if act and bound[act].is_valid() and _done(found, user, act, bound[act]):
        messages.success(request, ACTS[act][1])
        return redirect("payments:file", found.reference)
    if act:
        found = submission_by_reference(found.reference)
    return render(
        request,
        "payments/finance/file.html",
        _about(request, found, user)
        | {"may": may, "forms": bound, "acted": bound.get(act), "act": act},
    )


def _bound(request: HttpRequest, act: str) -> dict[str, Form]:
    def data(name: str) -> Any:
        return request.POST if act == name else None

    return {
        "build": ActForm(data("build")),
        "sent": FileFiguresForm(data("sent"), auto_id="id_sent_%s"),
        "acknowledge": FileFiguresForm(data("acknowledge"), auto_id="id_acknowledge_%s"),
        "withdraw": ReasonForm(
            data("withdraw"),
            auto_id="id_withdraw_%s",
            label="Why, and how do you know that the bank does not have it?",
            hint="It is kept in the record, with your name.",
        ),
    }


def _done(found: Submission, user: User, act: str, form: Form) -> bool:
    try:
        with refusals_on(form) as attempt:
            ACTS[act][0](submission=found, by=user, **form.cleaned_data)
    except NotAllowed as refusal:
        if refusal.code not in EYES:
            raise
        form.add_error(None, refusal.sentence)
        return False
    return attempt.accepted


def _about(request: HttpRequest, found: Submission, user: User) -> dict[str, Any]:
    items: Any = SubmissionItem.objects.filter(submission=found)
    cut_off = cut_off_of(found)
    return {
        "file": found,
        "rail": get_any_rail(found.rail).title,
        "kept": found.files.filter(direction="out").defer("sealed_content").first(),
        "cut_off": cut_off,
        "too_late": clock.now() > cut_off,
        "made_by_you": found.started_by_id == user.pk,
        "taken_by_you": user.pk in (found.handed_out_to_id, found.sent_by_id),
        "heard": heard_of(found),
        "page": page_of(
            request,
            items.select_related(
                "payment__provider", "payment__person", "payment__case__person"
            ).order_by("position"),
        ),
        "waiting": waiting_for_a_file(found.run).count(),
    }


@require_POST
@needs("payments.make_submission", load=submission_by_reference)
def file_take(request: HttpRequest, found: Submission) -> HttpResponse:
    """The file itself, to be taken to the bank. Each time is in the record."""
    try:
        handed = hand_out_submission(submission=found, by=signed_in(request))
    except (Refused, Conflict) as refusal:
        messages.error(request, f"{refusal.sentence} {refusal.next_step}".strip())
        return redirect("payments:file", found.reference)
    answer = HttpResponse(handed.content, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{handed.name}"'
    answer["Cache-Control"] = "no-store"
    return answer


@needs("payments.import_results")
def report_new(request: HttpRequest) -> HttpResponse:
    """Bring in a report of the bank about files that were sent."""
    form = ReportForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        if given.size > REPORT_LIMIT_BYTES:
            form.add_error("file", "This file is too large for a report of the bank.")
        else:
            with refusals_on(form) as attempt:
                report = import_results(
                    rail=form.cleaned_data["rail"],
                    name=given.name or "report",
                    content=given.read(),
                    by=signed_in(request),
                )
            if attempt.accepted:
                messages.success(request, report.sentence)
                return redirect("payments:report", report.file.public_id)
    return render(request, "payments/finance/report_new.html", {"form": form})


@require_safe
@needs("payments.view_submission", load=report_by_id)
def report(request: HttpRequest, found: RailFile) -> HttpResponse:
    """One report of the bank, line by line: what it changed, and what fits nothing of ours."""
    rows: Any = found.results.select_related("payment", "submission")
    unknown = rows.filter(state=ResultState.UNKNOWN)
    return render(
        request,
        "payments/finance/report.html",
        {
            "report": found,
            "rail": get_any_rail(found.rail).title,
            "unknown": unknown.count(),
            "page": page_of(request, rows.order_by("position")),
        },
    )

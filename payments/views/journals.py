"""Journals for the general ledger: what each closing handed over, its files, and how they read."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from carebudget.sheets import CSV_TYPE
from payments.forms.months import ProfileForm, as_typed
from payments.models import JournalBatch, JournalFile, JournalProfile
from payments.selectors.journals import (
    batch_by_reference,
    batches,
    journal_totals,
    profile_by_reference,
)
from payments.services import journal_file, save_profile

from .lists import page_of
from .month_reports import entries_at
from .reports import download


@require_safe
@needs("payments.view_months")
def journals(request: HttpRequest) -> HttpResponse:
    """Every journal, the newest first, and the profiles they can be made in."""
    return render(
        request,
        "payments/finance/journals.html",
        {
            "page": page_of(request, batches()),
            "profiles": list(JournalProfile.objects.all()),
            "may_change": signed_in(request).has_perm("payments.change_journal_profile"),
        },
    )


@needs("payments.view_months", load=batch_by_reference)
def journal(request: HttpRequest, batch: JournalBatch) -> HttpResponse:
    """One journal by cost centre and subjective code; make its file, or take it again."""
    user = signed_in(request)
    may_make = user.has_perm("payments.export_journal")
    profiles = list(JournalProfile.objects.all())
    named = request.POST.get("profile") or request.GET.get("profile", "")
    profile = next((one for one in profiles if one.reference == named), None) or (
        profiles[0] if profiles else None
    )
    form = ActForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not may_make or profile is None:
            raise Http404
        with refusals_on(form) as attempt:
            file = journal_file(batch=batch, profile=profile, by=user)
        if attempt.accepted:
            messages.success(request, f"{file.name} is made. It stays as it is, byte for byte.")
            return redirect("payments:journal", batch.reference)
    return render(
        request,
        "payments/finance/journal.html",
        {
            "batch": batch,
            "form": form,
            "profile": profile,
            "profiles": profiles,
            "may_make": may_make,
            "rows": _rows(batch, profile) if profile else [],
            "files": list(
                batch.files.select_related("profile", "made_by").defer("content").order_by("-made_at")
            ),
        },
    )  # fmt: skip


def _rows(batch: JournalBatch, profile: JournalProfile) -> list[tuple[Any, str]]:
    return [
        (
            row,
            entries_at(
                journal=batch.reference,
                profile=profile.reference,
                cost_centre=row.cost_centre,
                subjective=row.subjective,
            ),
        )
        for row in journal_totals(batch, profile).rows
    ]


def file_by_id(public_id: Any) -> JournalFile:
    """The file. May raise ``DoesNotExist``."""
    return JournalFile.objects.get(public_id=public_id)


@require_safe
@needs("payments.view_months", load=file_by_id)
def journal_download(request: HttpRequest, file: JournalFile) -> HttpResponse:
    """The file exactly as it was made."""
    return download(bytes(file.content), file.name, CSV_TYPE)


@needs("payments.change_journal_profile")
def profile_new(request: HttpRequest) -> HttpResponse:
    """Another way for journals to read, for instance for another general ledger."""
    return _profile(request, None)


@needs("payments.change_journal_profile", load=profile_by_reference)
def profile(request: HttpRequest, found: JournalProfile) -> HttpResponse:
    """Columns and codes of a profile."""
    return _profile(request, found)


def _profile(request: HttpRequest, found: JournalProfile | None) -> HttpResponse:
    initial = (
        as_typed(found) if found else {"detail": "totals", "columns": "Debit = debit\nCredit = credit", "control_line": True}
    )  # fmt: skip
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            saved = save_profile(profile=found, by=signed_in(request), **form.cleaned_data)
        if attempt.accepted:
            messages.success(
                request, f"“{saved.name}” is kept. Journals that are made from now on read like it."
            )
            return redirect("payments:journals")
    return render(
        request, "payments/finance/journal_profile.html", {"form": form, "profile": found}
    )

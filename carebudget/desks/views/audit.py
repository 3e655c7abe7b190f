"""The auditor's desk: does the record hold, who did what, one chain link by link, and the signed checkpoints."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from carebudget import clock
from carebudget.audit.models import AuditChain
from carebudget.audit.selectors import (
    breach_at_end,
    chain_by_key,
    chain_links,
    checkpoints_newest_first,
    coverage,
)
from carebudget.audit.services.checkpoints import public_key_text, signed_by, signing_key
from carebudget.errors import Refused
from carebudget.people.access import needs, signed_in

from ..forms.audit import RecordSearchForm
from ..selectors.audit import (
    EXPORT_LIMIT,
    about_words,
    case_page,
    export_rows,
    found_events,
    record_lines,
)
from ..services import Proof, proof_by_id, start_proof

PAGE_SIZE = 25
CHECKPOINTS_A_PAGE = 20


@needs("audit.view")
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """How far the record is signed, and every event that matches the search, newest first."""
    form = RecordSearchForm(request.GET)
    found: dict[str, Any] = {"page": None, "lines": [], "searched": form.is_valid()}
    if form.is_valid():
        events = found_events(signed_in(request), form.search())
        page = Paginator(events, PAGE_SIZE).get_page(request.GET.get("page"))
        found |= {"page": page, "lines": record_lines(page.object_list)}
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "desks/audit.html",
        {
            "form": form,
            "asked": form.is_valid() and not form.is_empty,
            "coverage": coverage(),
            "query": query.urlencode(),
            "export_limit": EXPORT_LIMIT,
            **found,
        },
    )


@needs("audit.view")
@require_safe
def audit_export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """What the search found, as CSV that no spreadsheet takes for formulas."""
    form = RecordSearchForm(request.GET)
    if not form.is_valid():
        return redirect(f"/audit/?{request.GET.urlencode()}")
    events = found_events(signed_in(request), form.search())
    response = StreamingHttpResponse(export_rows(events), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="record-{clock.today():%Y-%m-%d}.csv"'
    return response


@needs("audit.view")
@require_POST
def audit_prove(request: HttpRequest) -> HttpResponse:
    """Prove the whole record and the ledger."""
    return redirect("desks:audit_proof", start_proof(by=signed_in(request)).public_id)


@needs("audit.view", load=proof_by_id)
@require_safe
def audit_proof(request: HttpRequest, proof: Proof) -> HttpResponse:
    """What a proof found, or how far it is."""
    if request.headers.get("HX-Request") and not proof.finished_at:
        return render(request, "parts/progress.html", _progress(request, proof))
    return render(request, "desks/audit_proof.html", {"proof": proof, **_progress(request, proof)})


def _progress(request: HttpRequest, proof: Proof) -> dict[str, Any]:
    words = f"Going through {proof.expected_events:,} events, one after the other."
    return {"percent": proof.percent, "words": words, "href": request.path}


@needs("audit.view", load=chain_by_key)
@require_safe
def audit_chain(request: HttpRequest, chain: AuditChain) -> HttpResponse:
    """One chain from its first event, and whether each link holds."""
    events = chain.events.select_related("words").order_by("sequence")
    page = Paginator(events, PAGE_SIZE).get_page(request.GET.get("page"))
    links = chain_links(chain, list(page.object_list))
    lines = record_lines(link.event for link in links)
    return render(
        request,
        "desks/audit_chain.html",
        {
            "chain": chain,
            "title": about_words(chain.key),
            "case_page": case_page(chain.key),
            "page": page,
            "rows": list(zip(links, lines, strict=True)),
            "broken": [link for link in links if not link.holds],
            "end": breach_at_end(chain),
        },
    )


@needs("audit.view")
@require_safe
def audit_checkpoints(request: HttpRequest) -> HttpResponse:
    """Every signed checkpoint, and whether its signature holds."""
    page = Paginator(checkpoints_newest_first(), CHECKPOINTS_A_PAGE).get_page(
        request.GET.get("page")
    )
    trusted = _trusted_key()
    return render(
        request,
        "desks/audit_checkpoints.html",
        {
            "page": page,
            "rows": [(row, signed_by(row, trusted)) for row in page.object_list],
            "key": trusted,
            "coverage": coverage(),
        },
    )


def _trusted_key() -> str:
    """The public half of our signing key; ``""`` when none is set."""
    try:
        return public_key_text(signing_key())
    except Refused:
        return ""

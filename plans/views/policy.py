"""The policy workbench of managers: programmes, a table to try out, versions side by side."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from carebudget.people.access import needs, signed_in
from plans.forms.policy import AgainstForm, KeepForm
from plans.forms.policy_table import TableForm
from plans.models import PolicyProposal, ProgrammePack
from plans.rules.allocation import decimal_words
from plans.rules.pack import AllocationTable, Pack
from plans.rules.policy_tables import METHOD_WORDS, with_table
from plans.selectors.policy import (
    EVERYBODY,
    OPEN_CASES,
    Population,
    pack_by_version,
    population,
    programmes_overview,
    proposal_by_reference,
    proposals,
    versions_of,
)
from plans.selectors.policy_report import Report, report_between, report_on
from plans.services import change_proposal, propose_policy

from .policy_acts import fitted, kept
from .policy_chart import chart_of
from .policy_export import report_as_csv, report_as_json

RECENT = 20
"""So many proposals stand on a page."""


@require_safe
@needs("plans.view_policy")
def programmes(request: HttpRequest) -> HttpResponse:
    """Every programme with the version in force, and the proposals, those that wait first."""
    return render(
        request,
        "plans/policy/programmes.html",
        {
            "programmes": programmes_overview(),
            "page": Paginator(proposals(), RECENT).get_page(request.GET.get("page")),
            "user_id": signed_in(request).pk,
        },
    )


@needs("plans.view_policy", load=pack_by_version)
def workbench(request: HttpRequest, pack: ProgrammePack) -> HttpResponse:
    """A version's table to try out: change a figure and see what it does to everybody assessed so far."""
    return bench(request, pack, pack.rules.allocation)


@require_POST
@needs("plans.view_policy", load=pack_by_version)
def effect(request: HttpRequest, pack: ProgrammePack) -> HttpResponse:
    """What the table being typed does (a live fragment); what is wrong with it, while it is."""
    table_form = TableForm(request.POST, pack=pack, table=pack.rules.allocation)
    against = AgainstForm(request.POST)
    report = None
    if table_form.is_valid() & against.is_valid():
        report = _report(request, pack, table_form.typed_table, against)
    return render(
        request,
        "plans/policy/effect.html",
        {
            "pack": pack,
            "table_form": table_form,
            "against": against,
            **drawn(report),
        },
    )


def bench(
    request: HttpRequest,
    pack: ProgrammePack,
    table: AllocationTable,
    proposal: PolicyProposal | None = None,
) -> HttpResponse:
    """The workbench, for a version's own table or for a draft's."""
    if request.method != "POST":
        against = AgainstForm(initial=_against_of(proposal))
        page = _Bench(request, pack, proposal, against, KeepForm(initial=_keep_of(proposal)))
        return page.show(TableForm(pack=pack, table=table), table)
    act = request.POST.get("act", "look")
    against = AgainstForm(request.POST)
    keep = KeepForm(request.POST) if act == "keep" else KeepForm(initial=_typed(request))
    typed = TableForm(request.POST, pack=pack, table=table)
    page = _Bench(request, pack, proposal, against, keep)
    sound = typed.is_valid() & against.is_valid()
    if not sound or act not in ACTS:
        return page.show(typed, typed.typed_table if sound else None)
    return ACTS[act](page, typed)


class _Bench:
    """One request to the workbench: its forms, and the page that shows them."""

    def __init__(
        self,
        request: HttpRequest,
        pack: ProgrammePack,
        proposal: PolicyProposal | None,
        against: AgainstForm,
        keep: KeepForm,
    ) -> None:
        self.request, self.pack, self.proposal = request, pack, proposal
        self.against, self.keep = against, keep
        self.words = ""

    def look(self, typed: TableForm) -> HttpResponse:
        """Show what the typed table does."""
        return self.again(typed.typed_table)

    def fit(self, typed: TableForm) -> HttpResponse:
        """Put the table that fits best into the boxes, to be looked at like any other."""
        act = self.request.POST["act"]
        people = population(self.pack, self.against.cleaned_data["whose"])
        table, self.words = fitted(act, self.pack, people, typed.typed_table, self.against)
        return self.show(typed, typed.typed_table) if table is None else self.again(table)

    def export(self, typed: TableForm) -> HttpResponse:
        """The figures as a file."""
        report = _report(self.request, self.pack, typed.typed_table, self.against)
        make = report_as_csv if self.request.POST["act"] == "csv" else report_as_json
        return make(self.pack, report, title=self.request.POST.get("title", ""))

    def keep_it(self, typed: TableForm) -> HttpResponse:
        """Keep the table as a draft, or change the draft."""
        proposal = kept(
            self.keep,
            self.against,
            typed,
            write=change_proposal if self.proposal else propose_policy,
            about={"proposal": self.proposal} if self.proposal else {"pack": self.pack},
            by=signed_in(self.request),
        )
        if proposal is None:
            return self.again(typed.typed_table)
        return redirect("plans:policy_proposal", proposal.reference)

    def again(self, table: AllocationTable) -> HttpResponse:
        """The page with this table in its boxes."""
        return self.show(TableForm(pack=self.pack, table=table), table)

    def show(self, form: TableForm, table: AllocationTable | None) -> HttpResponse:
        """The page; without a table that makes sense, nothing is worked out."""
        report = None if table is None else _report(self.request, self.pack, table, self.against)
        versions = versions_of(self.pack.key)
        return render(
            self.request,
            "plans/policy/workbench.html",
            {
                "pack": self.pack,
                "proposal": self.proposal,
                "versions": versions,
                "table_form": form,
                "against": self.against,
                "keep": self.keep,
                "newest": versions[0].pk == self.pack.pk,
                **drawn(report),
                "method_words": METHOD_WORDS[form.table.method],
                "words": self.words,
            },
        )


ACTS = {
    "look": _Bench.look,
    "envelope": _Bench.fit,
    "plans": _Bench.fit,
    "csv": _Bench.export,
    "json": _Bench.export,
    "keep": _Bench.keep_it,
}
"""Each button of the workbench."""


def drawn(
    report: Report | None, *, was: str = "Now", becomes: str = "With this table"
) -> dict[str, Any]:
    """What a page needs to show a report: its picture, and what before and after are called."""
    chart = chart_of(report.shown) if report else None
    return {"report": report, "chart": chart, "was": was, "becomes": becomes}


def _report(
    request: HttpRequest, pack: ProgrammePack, table: AllocationTable, against: AgainstForm
) -> Report:
    typed: dict[str, Any] = {}
    if against.is_bound:
        typed = against.cleaned_data if against.is_valid() else {}
    else:
        typed = dict(against.initial)
    people: Population = population(pack, typed.get("whose") or EVERYBODY)
    return report_on(
        pack,
        people,
        pack.rules.allocation,
        table,
        user=signed_in(request),
        envelope_pence=typed.get("envelope"),
        contingency_percent=Decimal(typed.get("contingency") or 0),
    )


def _against_of(proposal: PolicyProposal | None) -> dict[str, Any]:
    found: dict[str, Any] = {"whose": EVERYBODY, "percentile": 80}
    if proposal:
        found["envelope"] = proposal.envelope_pence
        kept_back = proposal.contingency_percent
        found["contingency"] = decimal_words(Fraction(kept_back)) if kept_back else None
    return found


def _keep_of(proposal: PolicyProposal | None) -> dict[str, Any]:
    if proposal is None:
        return {}
    return {
        "title": proposal.title,
        "reason": proposal.reason,
        "starts_on": proposal.starts_on,
    }


def _typed(request: HttpRequest) -> dict[str, Any]:
    """What is typed so far about keeping the table; nothing of it is lost by looking."""
    day = [request.POST.get(f"starts_on_{part}", "") for part in ("day", "month", "year")]
    return {
        "title": request.POST.get("title", ""),
        "reason": request.POST.get("reason", ""),
        "starts_on": day,
    }


@require_safe
@needs("plans.view_policy")
def compare(request: HttpRequest, key: str) -> HttpResponse:
    """Two versions or proposals of a programme side by side: their tables, and what people would get."""
    versions = versions_of(key)
    if not versions:
        raise Http404
    choices = [(pack.version, f"Version {pack.version}") for pack in versions]
    choices += [(one.reference, f"Proposal: {one.title}") for one in proposals(key)[:RECENT]]
    first, second = _chosen(request, choices)
    names = dict(choices)
    whose = OPEN_CASES if request.GET.get("whose") == OPEN_CASES else EVERYBODY
    (one, table), (other, other_table) = _table_of(key, first), _table_of(key, second)
    report = report_between(one, table, other, other_table, whose=whose, user=signed_in(request))
    return render(
        request,
        "plans/policy/compare.html",
        {
            "pack": other,
            "choices": choices,
            "first": first,
            "second": second,
            "whose": whose,
            **drawn(report, was=names[first], becomes=names[second]),
        },
    )


def _chosen(request: HttpRequest, choices: list[tuple[str, str]]) -> tuple[str, str]:
    """What is asked for; else the version before the newest, and the newest."""
    known = [value for value, _ in choices]
    first = request.GET.get("one", known[1] if len(known) > 1 else known[0])
    second = request.GET.get("other", known[0])
    if first not in known or second not in known:
        raise Http404
    return first, second


def _table_of(key: str, chosen: str) -> tuple[ProgrammePack, AllocationTable]:
    if chosen.startswith("POL-"):
        proposal = proposal_by_reference(chosen)
        return proposal.base_pack, table_of(proposal)
    pack = pack_by_version(key, chosen)
    return pack, pack.rules.allocation


def table_of(proposal: PolicyProposal) -> AllocationTable:
    """The table that is proposed."""
    changed: Pack = with_table(proposal.base_pack.content, proposal.table)
    return changed.allocation

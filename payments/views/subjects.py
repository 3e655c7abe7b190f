"""From what a ledger entry is about (``invoice:INV-7K2QFA``) to the page that shows it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from payments.selectors.finance_ledger import cases_of_plans

PAGES = {
    "invoice": ("payments:finance_invoice", "Invoice"),
    "payment": ("payments:finance_payment", "Payment"),
    "run": ("payments:run", "Run"),
    "line": ("payments:line", "Statement line"),
}


@dataclass(frozen=True)
class SubjectLink:
    """Where an entry's subject can be opened, and what to call it there; no ``href`` when nowhere."""

    words: str
    href: str = ""


def links_of(subjects: Iterable[str]) -> dict[str, SubjectLink]:
    """Links for many subjects, in at most one query."""
    wanted = {subject for subject in subjects if subject}
    plans = {s.partition(":")[2] for s in wanted if s.startswith("plan:")}
    cases = cases_of_plans(plans) if plans else {}
    return {subject: _link(subject, cases) for subject in wanted}


def _link(subject: str, cases: dict[str, str]) -> SubjectLink:
    kind, _, reference = subject.partition(":")
    if kind == "plan" and reference in cases:
        return SubjectLink(f"Plan {reference}", reverse("plans:plan", args=[cases[reference]]))
    if kind in PAGES:
        name, words = PAGES[kind]
        shown = "" if kind == "line" else f" {reference}"
        return SubjectLink(f"{words}{shown}", reverse(name, args=[reference]))
    return SubjectLink(subject)

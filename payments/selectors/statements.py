"""Statements, their files and what their lines were matched to, as pages show them."""

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ..models import Match, MatchItem, Statement, StatementAccount, StatementFile, StatementLine

PASSES = {
    "reference": "Our reference",
    "rail id": "The payment service’s own id",
    "reference and amount": "Another reference and the amount",
    "several references": "Several references in one line",
    "group": "A whole run, named",
    "group total": "A whole run, by its total",
    "amount and days": "Amount and days, only one fits",
    "fee": "A fee that is stated",
    "person": "By a person",
}
"""The ways in which a line can be explained, strongest first, as a person reads them."""


def accounts_of_statements() -> list[StatementAccount]:
    """Every account whose statements are read, in a steady order."""
    return list(StatementAccount.objects.order_by("id"))


def _counted(related: str) -> Coalesce:
    """How many rows of ``related`` an object has, without joining the other counts to it."""
    model, field = {
        "lines": (StatementLine, "statement"),
        "items": (MatchItem, "match"),
    }[related]
    counted = (
        model.objects.filter(**{field: OuterRef("pk")})  # type: ignore[attr-defined]
        .order_by()
        .values(field)
        .annotate(n=Count("pk"))
        .values("n")
    )
    return Coalesce(Subquery(counted), 0)


def statements_with_counts() -> QuerySet[Statement]:
    """Statements, each with ``line_count`` of lines that came with it; never with its parsed lines."""
    return (
        Statement.objects.select_related("account", "decided_by")
        .annotate(line_count=_counted("lines"))
        .defer("parsed_lines")
    )


def statement_files(*, account: str = "", state: str = "") -> QuerySet[StatementFile]:
    """Files that were brought in, newest first, with their statements and without their bytes."""
    rows = StatementFile.objects.select_related("account", "brought_by").defer("content")
    if account:
        rows = rows.filter(account__code=account)
    if state:
        with_state = Statement.objects.filter(state=state, file=OuterRef("pk"))
        rows = rows.filter(pk__in=Subquery(with_state.values("file")))
    return rows.prefetch_related(
        Prefetch("statements", queryset=statements_with_counts().order_by("pk"))
    ).order_by("-brought_at", "-pk")


def statement_by_id(public_id: str) -> Statement:
    """The statement with its account and file, without the file's bytes. May raise ``DoesNotExist``."""
    return (
        Statement.objects.select_related("account", "file__brought_by", "decided_by")
        .defer("file__content")
        .get(public_id=public_id)
    )


def matches_of(
    account: StatementAccount, *, pass_name: str = "", words: str = ""
) -> QuerySet[Match]:
    """Matches that stand, newest first, each with ``item_count`` of what it settles."""
    rows = Match.objects.filter(undone_at=None, line__account=account)
    if pass_name in PASSES:
        rows = rows.filter(pass_name=pass_name)
    if words:
        rows = rows.filter(
            Q(why__icontains=words)
            | Q(line__reference__icontains=words)
            | Q(line__counterparty__icontains=words)
            | Q(line__text__icontains=words)
        )
    return (
        rows.select_related("line", "matched_by")
        .annotate(item_count=_counted("items"))
        .order_by("-matched_at", "-pk")
    )


def standing_match(line: StatementLine) -> Match | None:
    """The match that explains a line now, with its entry."""
    return line.matches.filter(undone_at=None).select_related("entry", "matched_by").first()


def earlier_matches(line: StatementLine) -> list[Match]:
    """Matches of a line that were taken back, newest first."""
    return list(line.matches.exclude(undone_at=None).select_related("matched_by", "undone_by"))

"""Journals to read: what a batch hands over, by code, and which legs stand behind a line of it."""

from collections.abc import Iterator

from django.db.models import Count, Q, QuerySet, Sum

from carebudget.money import Pence

from ..models import (
    Detail,
    JournalBatch,
    JournalProfile,
    Leg,
)
from ..rules.journals import Codes, Journal, JournalRow, totals


def batch_by_reference(reference: str) -> JournalBatch:
    """The batch with its month. May raise ``DoesNotExist``."""
    return JournalBatch.objects.select_related("period").get(reference=reference)


def profile_by_reference(reference: str) -> JournalProfile:
    """The profile. May raise ``DoesNotExist``."""
    return JournalProfile.objects.get(reference=reference)


def batches() -> QuerySet[JournalBatch]:
    """Every batch, the newest first."""
    return JournalBatch.objects.select_related("period").order_by("-period__first_on", "-number")


def codes_of(profile: JournalProfile) -> Codes:
    """The codes of a profile, as the rules know them."""
    return Codes(
        profile.cost_centres,
        profile.subjectives,
        profile.other_cost_centre,
        profile.other_subjective,
    )


Sums = tuple[str, str, str, Pence, Pence, int]


def sums_of(batch: JournalBatch) -> list[Sums]:
    """Kind of account, programme, team, debits, credits and count of a batch, in one query."""
    pence = "leg__amount_pence"
    rows = (
        batch.lines.values_list("leg__account__kind", "programme", "team")
        .annotate(
            debit=Sum(pence, filter=Q(leg__amount_pence__gt=0), default=0),
            credit=-Sum(pence, filter=Q(leg__amount_pence__lt=0), default=0),
            n=Count("pk"),
        )
        .order_by("leg__account__kind", "programme", "team")
    )
    return list(rows)


def journal_totals(batch: JournalBatch, profile: JournalProfile) -> Journal:
    """A batch by cost centre and subjective code."""
    period = batch.period
    rows = totals(
        sums_of(batch), codes_of(profile), day=period.last_on, words=f"Personal budgets {period}"
    )
    return Journal(batch.reference, period.month, period.last_on, rows)


def journal_of(batch: JournalBatch, profile: JournalProfile) -> Journal:
    """A batch as the profile wants it."""
    if profile.detail == Detail.TOTALS:
        return journal_totals(batch, profile)
    period = batch.period
    return Journal(
        batch.reference, period.month, period.last_on, list(_each_leg(batch, codes_of(profile)))
    )


def _each_leg(batch: JournalBatch, codes: Codes) -> Iterator[JournalRow]:
    rows = batch.lines.order_by("leg_id").values_list(
        "leg__account__kind",
        "programme",
        "team",
        "leg__amount_pence",
        "leg__entry__effective_on",
        "leg__entry__description",
        "leg__entry__public_id",
        "leg__account__code",
    )
    for kind, programme, team, pence, day, words, entry, account in rows.iterator(chunk_size=5000):
        yield JournalRow(
            day,
            *codes.of(kind, programme, team),
            max(pence, 0),
            max(-pence, 0),
            words,
            str(entry),
            account,
        )


def legs_behind(
    batch: JournalBatch, profile: JournalProfile, cost_centre: str, subjective: str
) -> QuerySet[Leg]:
    """The legs that one line of a batch's totals stands for."""
    codes = codes_of(profile)
    wanted = Q(pk__in=[])
    for kind, programme, team, *_ in sums_of(batch):
        if codes.of(kind, programme, team) == (cost_centre, subjective):
            wanted |= Q(
                account__kind=kind,
                journal_line__programme=programme,
                journal_line__team=team,
            )
    return Leg.objects.filter(wanted, journal_line__batch=batch)

"""Handing a month to the general ledger: every entry in exactly one batch, every file kept as it was made."""

import hashlib
from collections.abc import Mapping, Sequence

from django.db import connection, transaction
from django.db.models import Count, Q, Sum

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Refused
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import (
    MOVING,
    AccountKind,
    Detail,
    JournalBatch,
    JournalFile,
    JournalProfile,
    Leg,
    Period,
)
from ..rules.journals import SOURCES, as_csv
from ..selectors.journals import journal_of

HAND_OVER = """
    INSERT INTO payments_journalline (batch_id, leg_id, team, programme)
    SELECT %s, l.id, coalesce(t.name, ''), coalesce(p.key, '')
    FROM payments_leg l
    JOIN payments_entry e ON e.id = l.entry_id
    JOIN payments_account a ON a.id = l.account_id
    LEFT JOIN plans_case c ON c.id = a.case_id
    LEFT JOIN people_team t ON t.id = c.team_id
    LEFT JOIN plans_programmepack p ON p.id = c.pack_id
    WHERE e.effective_on BETWEEN %s AND %s AND e.kind = ANY (%s)
      AND NOT EXISTS (SELECT 1 FROM payments_journalline j WHERE j.leg_id = l.id)
    ORDER BY l.id
"""

USUAL_COLUMNS = (
    ("Journal", "batch"),
    ("Period", "period"),
    ("Date", "date"),
    ("Cost centre", "cost_centre"),
    ("Subjective", "subjective"),
    ("Debit", "debit"),
    ("Credit", "credit"),
    ("Description", "description"),
)
USUAL_SUBJECTIVES = {
    AccountKind.AUTHORITY.value: "R9000",
    AccountKind.BUDGET.value: "E4000",
    AccountKind.ACCRUAL.value: "E4090",
    AccountKind.FEES.value: "E4900",
    AccountKind.PAYABLE.value: "B2000",
    AccountKind.RECEIVABLE.value: "B1000",
    AccountKind.CLEARING.value: "B3000",
    AccountKind.BANK.value: "B4000",
    AccountKind.SUSPENSE.value: "B9000",
}
"""Codes to begin with: every council has its own, and sets them on the page of the profile."""


def hand_over(*, period: Period) -> JournalBatch:
    """Everything of a month that no batch has yet, as the batch of this closing. Only closing calls it."""
    new = Leg.objects.filter(
        entry__kind__in=MOVING,
        entry__effective_on__range=(period.first_on, period.last_on),
        journal_line=None,
    ).aggregate(
        entries=Count("entry", distinct=True),
        legs=Count("pk"),
        debits=Sum("amount_pence", filter=Q(amount_pence__gt=0), default=0),
        credits=Sum("amount_pence", filter=Q(amount_pence__lt=0), default=0),
    )
    batch = JournalBatch.objects.create(
        period=period,
        number=period.closings,
        entry_count=new["entries"],
        leg_count=new["legs"],
        debits_pence=new["debits"],
        credits_pence=-new["credits"],
        made_at=clock.now(),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            HAND_OVER,
            [batch.pk, period.first_on, period.last_on, [kind.value for kind in MOVING]],
        )
        assert cursor.rowcount == new["legs"]
    usual_profile()
    return batch


@transaction.atomic
def journal_file(*, batch: JournalBatch, profile: JournalProfile, by: User) -> JournalFile:
    """The file of a batch in a profile: made once, and the same bytes whenever it is asked for again.

    Raises ``Refused`` when its sides are not equal or it does not agree with its batch.
    """
    require(by, "payments.export_journal", batch.period)
    profile = JournalProfile.objects.select_for_update().get(pk=profile.pk)
    kept = JournalFile.objects.filter(batch=batch, profile=profile).first()
    if kept is not None:
        return kept
    journal = journal_of(batch, profile)
    found = (journal.debits_pence, journal.credits_pence, journal.count)
    if found != (batch.debits_pence, batch.credits_pence, batch.leg_count):
        raise Refused(
            "journal_differs", "The lines of this journal do not make its control totals."
        )
    content = as_csv(journal, columns_of(profile), control_line=profile.control_line)
    file = JournalFile.objects.create(
        batch=batch,
        profile=profile,
        name=f"{batch.reference}-{batch.period.month}-{profile.reference}.csv",
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        made_by=by,
        made_at=clock.now(),
    )
    record(
        chain=batch.period.chain,
        verb="journal.exported",
        subject=f"month:{batch.period.month}",
        by=by,
        changes={
            "journal": batch.reference,
            "profile": profile.name,
            "sha256": file.sha256,
            "debits_pence": batch.debits_pence,
        },
    )
    return file


def columns_of(profile: JournalProfile) -> list[tuple[str, str]]:
    """The columns of a profile: heading and source."""
    return [(str(heading), str(source)) for heading, source in profile.columns]


def usual_profile() -> JournalProfile:
    """The profile every council begins with, made when it is first needed."""
    found, _ = JournalProfile.objects.get_or_create(
        name="General ledger",
        defaults={
            "detail": Detail.TOTALS,
            "columns": [list(one) for one in USUAL_COLUMNS],
            "subjectives": USUAL_SUBJECTIVES,
            "other_cost_centre": "CARE",
            "other_subjective": "B9999",
        },
    )
    return found


@transaction.atomic
def save_profile(
    *,
    profile: JournalProfile | None,
    name: str,
    detail: str,
    columns: Sequence[tuple[str, str]],
    cost_centres: Mapping[str, str],
    subjectives: Mapping[str, str],
    other_cost_centre: str,
    other_subjective: str,
    control_line: bool,
    by: User,
) -> JournalProfile:
    """Keep how journals read. Files that were made already stay as they are."""
    require(by, "payments.change_journal_profile", profile)
    unknown = sorted({source for _, source in columns} - set(SOURCES))
    if unknown or not columns:
        raise Refused(
            "column_unknown",
            f"We do not know “{unknown[0]}”." if unknown else "Name at least one column.",
            f"Use one of: {', '.join(SOURCES)}.",
            field="columns",
        )
    same = JournalProfile.objects.filter(name__iexact=name)
    if profile is not None:
        profile = JournalProfile.objects.select_for_update().get(pk=profile.pk)
        same = same.exclude(pk=profile.pk)
    if same.exists():
        raise Refused("profile_name_taken", "Another profile has this name.", field="name")
    row = profile or JournalProfile()
    row.name, row.detail, row.control_line = name, detail, control_line
    row.columns = [list(one) for one in columns]
    row.cost_centres, row.subjectives = dict(cost_centres), dict(subjectives)
    row.other_cost_centre, row.other_subjective = other_cost_centre, other_subjective
    row.changed_at, row.changed_by = clock.now(), by
    row.save()
    record(
        chain=row.chain,
        verb="journal.profile_saved",
        subject=f"journal-profile:{row.reference}",
        by=by,
        changes={
            "name": name,
            "columns": row.columns,
            "cost_centres": row.cost_centres,
            "subjectives": row.subjectives,
        },
    )
    return row

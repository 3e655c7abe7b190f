"""Closing a month and opening it again: each asked for by one person and done by another.

The first service to hold a month's lock alone; posting holds it shared (see migration ``0005_month``).
"""

from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import NotAllowed, Refused
from carebudget.machine import move
from carebudget.notify.services import send_to_all
from carebudget.people.access import require
from carebudget.people.models import Role, User
from carebudget.text import join_words

from ..models import Period, PeriodCheck, PeriodState
from ..selectors.month_reports import figures_of
from .checking_months import WITHOUT_REASON, answers, keep, locked, proofs
from .journals import hand_over


def ask_to_close(*, period: Period, reasons: Mapping[str, str], by: User) -> Period:
    """Ask a second person to close a month that is over. ``reasons``: why each open check may stand open.

    Raises ``Refused`` when the month is not over, or a check stands open without a reason (beside
    ``reason_<key>``).
    """
    require(by, "payments.check_month", period)
    if period.last_on >= clock.today():
        raise Refused(
            "period_not_over",
            f"{period} ends on {period.last_on:%-d %B}.",
            "Close it on the day after, or later.",
        )
    proven = proofs()
    with transaction.atomic():
        row = locked(period)
        _give_reasons(keep(row, answers(row, proven)), reasons, by)
        move(row, "ask_to_close", by=by)
        open_checks = [one.key for one in row.checks.filter(holds=False)]
        _record(row, "month.asked_to_close", by, changes={"open_checks": open_checks})
        send_to_all(
            to=_managers(but=by),
            key=f"month.closing:{row.month}:{row.asked_at}",
            title=f"{row} waits for you to close it",
            body=f"{by.full_name} went through the checks. Look at them before you close the month.",
            href=_page(row),
        )
    return row


def _give_reasons(checks: Sequence[PeriodCheck], reasons: Mapping[str, str], by: User) -> None:
    for one in checks:
        if one.holds:
            continue
        said = reasons.get(one.key, "").strip() or one.reason
        if one.key in WITHOUT_REASON:
            raise Refused(f"month_{one.key}_broken", f"{one.title}: no. {one.words}", one.to_do)
        if not said:
            raise Refused(
                "reason_missing",
                f"“{one.title}” does not hold.",
                "Mend it, or say why the month may close without.",
                field=f"reason_{one.key}",
            )
        if said != one.reason:
            one.reason, one.reason_by = said, by
            one.save(update_fields=["reason", "reason_by"])


@transaction.atomic
def send_back(*, period: Period, reason: str, by: User) -> Period:
    """Not closed yet: something is still to do. The asker may take it back too."""
    require(by, "payments.check_month", period)
    if not reason.strip():
        raise Refused("reason_missing", "Say what is still to do.", field="reason")
    row = locked(period)
    asker = row.asked_by
    move(row, "send_back")
    _record(row, "month.sent_back", by, reason=reason)
    if asker is not None and asker != by:
        send_to_all(
            to=[asker],
            key=f"month.sent_back:{row.month}:{clock.now()}",
            title=f"{row} is not closed yet",
            body=f"{by.full_name} sent it back: {reason.strip()}",
            href=_page(row),
        )
    return row


def close_month(*, period: Period, words: str, by: User) -> Period:
    """A second person closes: the checks are run again, and all of it goes to the general ledger.

    Raises ``NotAllowed`` for the one who asked (the database refuses too), ``Refused`` when a check
    stands open without a reason, or with another figure than the reason was given for.
    """
    require(by, "payments.close_month", period)
    if not words.strip():
        raise Refused("reason_missing", "Say what you checked.", field="words")
    proven = proofs()
    with transaction.atomic():
        _lock_alone(period)
        row = locked(period)
        if row.state == PeriodState.CLOSED and row.closed_by_id == by.pk:
            return row
        if row.asked_by_id == by.pk and row.state == PeriodState.CLOSING:
            raise NotAllowed(
                "month_four_eyes", "You asked to close this month, so somebody else must close it."
            )
        checks = keep(row, answers(row, proven))
        _refuse_what_is_new(checks)
        move(row, "close", by=by, words=words.strip())
        batch = hand_over(period=row)
        row.figures = figures_of(row)
        row.save(update_fields=["figures"])
        _record(
            row,
            "month.closed",
            by,
            reason=words,
            changes={
                "closing": row.closings,
                "journal": batch.reference,
                "debits_pence": batch.debits_pence,
                "checks": [_as_said(one) for one in checks],
            },
        )
    return row


def _refuse_what_is_new(checks: Sequence[PeriodCheck]) -> None:
    broken = [one for one in checks if not one.holds and one.key in WITHOUT_REASON]
    new = [one for one in checks if not one.holds and not one.reason]
    if broken or new:
        names = join_words([f"“{one.title}”" for one in broken or new])
        raise Refused(
            "month_changed",
            f"{names} does not hold, or has another figure than when it was reasoned.",
            "Send the month back, so that it is looked at again.",
        )


def _as_said(one: PeriodCheck) -> dict[str, object]:
    return {"check": one.key, "holds": one.holds, "figure": one.figure, "reason": one.reason}


@transaction.atomic
def ask_to_reopen(*, period: Period, reason: str, by: User) -> Period:
    """A finance manager says why a closed month must take an entry; a second person decides."""
    require(by, "payments.close_month", period)
    if not reason.strip():
        raise Refused("reason_missing", "Say why the month must be opened again.", field="reason")
    row = locked(period)
    move(row, "ask_to_reopen", by=by, reason=reason.strip())
    _record(row, "month.asked_to_reopen", by, reason=reason)
    send_to_all(
        to=_finance(but=by),
        key=f"month.reopening:{row.month}:{row.reopen_asked_at}",
        title=f"{by.full_name} asks to reopen {row}",
        body=reason.strip(),
        href=_page(row),
    )
    return row


@transaction.atomic
def reopen_month(*, period: Period, reason: str, by: User) -> Period:
    """A second person agrees, and says why: the month takes entries until it is closed again."""
    require(by, "payments.check_month", period)
    if not reason.strip():
        raise Refused("reason_missing", "Say why you agree.", field="reason")
    _lock_alone(period)
    row = locked(period)
    if row.reopen_asked_by_id == by.pk and row.state == PeriodState.REOPENING:
        raise NotAllowed(
            "month_four_eyes", "You asked to reopen this month, so somebody else must agree."
        )
    asked_for = row.reopen_reason
    move(row, "reopen", by=by)
    _record(row, "month.reopened", by, reason=reason, changes={"asked_because": asked_for})
    return row


@transaction.atomic
def keep_closed(*, period: Period, reason: str, by: User) -> Period:
    """The month stays closed: a second person says no, or the manager thinks better of it."""
    require(by, "payments.check_month", period)
    if not reason.strip():
        raise Refused("reason_missing", "Say why it stays closed.", field="reason")
    row = locked(period)
    asker = row.reopen_asked_by
    move(row, "stay_closed")
    _record(row, "month.kept_closed", by, reason=reason)
    if asker is not None and asker != by:
        send_to_all(
            to=[asker],
            key=f"month.kept_closed:{row.month}:{clock.now()}",
            title=f"{row} stays closed",
            body=f"{by.full_name}: {reason.strip()}",
            href=_page(row),
        )
    return row


def _lock_alone(period: Period) -> None:
    """Wait for every transaction that has entered something in the month, and let none begin."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT payments_lock_month(%s, true)", [period.first_on])


def _managers(*, but: User) -> Sequence[User]:
    return list(_people(Role.FINANCE_MANAGER, but=but))


def _finance(*, but: User) -> Sequence[User]:
    return list(_people(Role.FINANCE_MANAGER, Role.FINANCE_OFFICER, but=but))


def _people(*roles: Role, but: User) -> Sequence[User]:
    rows = User.objects.filter(role_holdings__role__in=roles, is_active=True)
    return rows.exclude(pk=but.pk).distinct()  # type: ignore[return-value]


def _page(period: Period) -> str:
    return f"/payments/months/{period.month}/"


def _record(
    period: Period,
    verb: str,
    by: User,
    *,
    reason: str = "",
    changes: Mapping[str, object] | None = None,
) -> None:
    record(
        chain=period.chain,
        verb=verb,
        subject=f"month:{period.month}",
        by=by,
        reason=reason.strip(),
        changes={"state": period.state, **(changes or {})},
    )

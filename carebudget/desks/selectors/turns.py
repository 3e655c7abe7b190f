"""Whose turn it is, with money counted in: what plans say is next, and what waits about support and invoices.

For a page of cases at once; writes nothing, and knows no page but the addresses it leads to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from carebudget import clock
from carebudget.people.models import User
from carebudget.text import join_words
from payments.models import ServiceAgreement
from payments.selectors import (
    SupportStanding,
    Waiting,
    support_standings,
    waiting_of_cases,
)
from plans.models import OPEN_STAGES, Case, Stage
from plans.rules.stages import usual_days
from plans.selectors import NextAction, Standing, Voice, holder, next_actions, standings

NOTHING_SET_UP = SupportStanding()


@dataclass(frozen=True)
class Turn:
    """What the reader does next in a case, or in words why it is somebody else's turn."""

    action: NextAction | None
    calm: str
    short: str
    standing: Standing
    support: SupportStanding
    waiting: Waiting


def turns_of_client(cases: Iterable[Case], user: User, voices: dict[int, Voice]) -> dict[int, Turn]:
    """What the person's side does next in each case, by its id."""
    rows = list(cases)
    planned, standing = next_actions(rows, user), standings(rows)
    support, waiting = support_standings(rows), waiting_of_cases(rows)
    found = {}
    for case in rows:
        here = support.get(case.pk, NOTHING_SET_UP)
        waits = waiting.get(case.pk, Waiting())
        action = planned[case.pk]
        if case.stage in OPEN_STAGES and (action is None or case.stage == Stage.AGREED):
            action = _about_support(case, here, action) or _about_invoices(case, waits)
        words = why_not_me(case, standing[case.pk], here, to=voices[case.pk])
        found[case.pk] = Turn(action, words, "", standing[case.pk], here, waits)
    return found


def turns_of_staff(cases: Iterable[Case], user: User) -> dict[int, Turn]:
    """What a member of staff does next in each case, by its id."""
    rows = list(cases)
    planned, standing = next_actions(rows, user), standings(rows)
    support, waiting = support_standings(rows), waiting_of_cases(rows)
    found = {}
    for case in rows:
        here = support.get(case.pk, NOTHING_SET_UP)
        action = planned[case.pk]
        if action is None and here.declined and case.stage in OPEN_STAGES:
            action = _help_to_choose(case, here, user)
        words = why_not_me(case, standing[case.pk], here, to=None)
        short = in_short(case, standing[case.pk], here)
        waits = waiting.get(case.pk, Waiting())
        found[case.pk] = Turn(action, words, short, standing[case.pk], here, waits)
    return found


def _about_support(
    case: Case, here: SupportStanding, planned: NextAction | None
) -> NextAction | None:
    """Somebody said no, or has not been asked; nothing while everybody asked has yet to answer."""
    if here.declined:
        return NextAction(
            "Ask another provider",
            f"{_names(here.declined)} said no. Read why, and ask somebody else. We can help.",
            f"/my-budget/{case.reference}/support/",
        )
    if here.to_offer or not (here.asked or here.running):
        return planned
    return None


def _about_invoices(case: Case, waiting: Waiting) -> NextAction | None:
    if not waiting.count:
        return None
    one = waiting.count == 1
    return NextAction(
        "Look at an invoice" if one else f"Look at {waiting.count} invoices",
        f"Say whether {'it' if one else 'each of them'} is right. Nothing is paid before you answer.",
        f"/my-budget/{case.reference}/invoices/?show=waiting",
    )


def _help_to_choose(case: Case, here: SupportStanding, user: User) -> NextAction | None:
    if not user.has_perm("plans.work_case", case):
        return None
    return NextAction(
        "Help find another provider",
        f"{_names(here.declined)} said no to {case.person.called}.",
        f"/my-budget/{case.reference}/support/",
    )


def why_not_me(
    case: Case, standing: Standing, support: SupportStanding, *, to: Voice | None
) -> str:
    """Who has it, since when, and how long that usually takes; ``to`` is nobody on staff's pages."""
    match case.stage:
        case Stage.CLOSED:
            return "This case is closed." + (
                " You can ask for help again at any time." if to else ""
            )
        case Stage.NOT_ELIGIBLE:
            return f"{case.person.called} has been told why, and how to ask us to look again."
        case Stage.LIVE if to:
            return "Support is running. When a provider sends an invoice, it is here for your yes."
        case Stage.LIVE:
            return f"Support is running. {case.person.called}, or somebody who helps, answers each invoice."
    if case.stage == Stage.AGREED and support.asked and not support.declined:
        since = min(one.offered_at for one in support.asked)
        has = "has" if len(_providers(support.asked)) == 1 else "have"
        start = f"{_names(support.asked)} {has} been asked, and {has} not answered yet, since {_day(since)}."
    else:
        start = _with_whom(case, standing)
    return " ".join(part for part in (start, _how_long(case, standing, to)) if part)


def in_short(case: Case, standing: Standing, support: SupportStanding) -> str:
    """The same in a few words, for a long list."""
    match case.stage:
        case Stage.CLOSED | Stage.NOT_ELIGIBLE | Stage.LIVE:
            return {"closed": "Closed", "live": "Support is running"}.get(case.stage, "Decided")
        case Stage.AGREED if support.asked and not support.declined:
            return f"{_names(support.asked)} asked, no answer yet"
    who = case.person.full_name if case.stage == Stage.AGREED else holder(case, standing)
    moment = standing.entered_at
    since = f" since {timezone.localtime(moment):%-d %b %Y}" if moment else ""
    for group in ("A ", "The "):
        who = who.replace(group, group.lower(), 1) if who.startswith(group) else who
    return f"With {who}{since}" if who else f"Open{since}"


def _with_whom(case: Case, standing: Standing) -> str:
    who = case.person.full_name if case.stage == Stage.AGREED else holder(case, standing)
    since = f"since {_day(standing.entered_at)}" if standing.entered_at else ""
    if who and since:
        return f"{who} has it, {since}."
    return f"It is so {since}." if since else ""


def _how_long(case: Case, standing: Standing, to: Voice | None) -> str:
    days = usual_days(case.pack.rules, case.stage)
    if not days:
        return ""
    by = f": by {_day(standing.due_on)}" if standing.due_on else ""
    late = standing.due_on is not None and standing.due_on < clock.today()
    words = f"This usually takes {days} working days{by}."
    if late:
        words += " It is late." + (" You can call us and ask why." if to else "")
    return words


def _providers(agreements: list[ServiceAgreement]) -> list[str]:
    return sorted({one.provider.name for one in agreements})


def _names(agreements: list[ServiceAgreement]) -> str:
    return join_words(_providers(agreements))


def _day(value: date | datetime | None) -> str:
    if value is None:
        return ""
    local = timezone.localtime(value).date() if isinstance(value, datetime) else value
    return f"{local:%-d %B %Y}"

"""Changing a programme's allocation table: one manager proposes, another adopts, and a new version begins.

A proposal changes nothing until it is adopted. Adopting makes a new version of the programme that new
cases use from a date; cases that are open keep theirs. What the table does is ``plans.rules``' business.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Conflict, Refused
from carebudget.machine import move
from carebudget.money import Pence
from carebudget.notify.services import send_message, send_to_all
from carebudget.people.access import require
from carebudget.people.models import Role, User

from ..models import PolicyProposal, ProgrammePack, ProposalState
from ..rules.pack import PackError
from ..rules.policy_tables import same_table, table_as_data, with_table
from .common import needs_words
from .pack_files import check_shape
from .policy_packs import adopted_pack, newest_version


@transaction.atomic
def propose_policy(
    *,
    pack: ProgrammePack,
    title: str,
    reason: str,
    table: Mapping[str, Any],
    starts_on: date,
    by: User,
    envelope_pence: Pence | None = None,
    contingency_percent: Decimal = Decimal(0),
) -> PolicyProposal:
    """Keep another table as a draft. The same draft again gives the one that is there.

    ``table`` is the allocation of a pack file. Raises ``Refused`` beside the field at fault.
    """
    require(by, "plans.propose_policy")
    said = _said(pack, title, reason, table, starts_on, envelope_pence, contingency_percent)
    _refuse_an_older_version(pack)
    standing = PolicyProposal.objects.filter(
        base_pack=pack, author=by, state=ProposalState.DRAFT, **said
    ).first()
    if standing:
        return standing
    proposal = PolicyProposal.objects.create(
        base_pack=pack, author=by, written_at=clock.now(), **said
    )
    _record(proposal, "policy.drafted", by, reason=proposal.reason, changes=_content(proposal))
    return proposal


def _refuse_an_older_version(pack: ProgrammePack) -> list[ProgrammePack]:
    """Lock the programme's versions, and give them, when this is the newest. Raises ``Conflict`` when not."""
    versions = list(ProgrammePack.objects.select_for_update().filter(key=pack.key))
    newest = newest_version(versions)
    if newest.pk != pack.pk:
        raise Conflict(
            "newer_version",
            f"There is a newer version of this programme, {newest.version}.",
            "Write a proposal that starts from the newer version.",
        )
    return versions


@transaction.atomic
def change_proposal(
    *,
    proposal: PolicyProposal,
    title: str,
    reason: str,
    table: Mapping[str, Any],
    starts_on: date,
    by: User,
    envelope_pence: Pence | None = None,
    contingency_percent: Decimal = Decimal(0),
) -> PolicyProposal:
    """The author changes their draft."""
    row = _locked(proposal)
    require(by, "plans.write_policy", row)
    if row.state != ProposalState.DRAFT:
        raise Conflict(
            "proposal_submitted", "This proposal was handed in.", "Take it back, then change it."
        )
    said = _said(
        row.base_pack, title, reason, table, starts_on, envelope_pence, contingency_percent
    )
    for name, value in said.items():
        setattr(row, name, value)
    row.save(update_fields=list(said))
    _record(row, "policy.changed", by, reason=row.reason, changes=_content(row))
    return row


def _said(
    pack: ProgrammePack,
    title: str,
    reason: str,
    table: Mapping[str, Any],
    starts_on: date,
    envelope_pence: Pence | None,
    contingency_percent: Decimal,
) -> dict[str, Any]:
    name = needs_words(title, "title", "Give the proposal a short name.")
    why = needs_words(reason, "reason", "Say why the table should change.")
    if starts_on < clock.today():
        raise Refused("starts_in_the_past", "The day must be today or later.", field="starts_on")
    return {
        "title": name,
        "reason": why,
        "table": _checked(pack, table),
        "starts_on": starts_on,
        "envelope_pence": envelope_pence,
        "contingency_percent": contingency_percent,
    }


def _checked(pack: ProgrammePack, table: Mapping[str, Any]) -> dict[str, Any]:
    """The table in its one right shape. Raises ``Refused`` when it is broken, or changes nothing."""
    try:
        check_shape({**pack.content, "allocation": table})
        changed = with_table(pack.content, table)
    except PackError as error:
        path = error.path.removeprefix("pack.allocation.")
        raise Refused(
            "table_broken", f"The table cannot be used: {path} {error.message}."
        ) from error
    if same_table(changed.allocation, pack.rules.allocation):
        raise Refused(
            "table_unchanged",
            "This is the table as it stands.",
            "Change a figure before you keep it as a proposal.",
        )
    return table_as_data(changed.allocation)


@transaction.atomic
def submit_proposal(*, proposal: PolicyProposal, by: User) -> PolicyProposal:
    """The author hands it in; every other manager is told, and one of them decides."""
    row = _locked(proposal)
    require(by, "plans.write_policy", row)
    if row.state == ProposalState.SUBMITTED:
        return row
    move(row, "submit")
    _record(row, "policy.submitted", by, changes=_content(row))
    send_to_all(
        to=_managers().exclude(pk=by.pk),
        key=f"policy.submitted:{row.reference}:{row.submitted_at:%Y%m%d%H%M%S}",
        title=f"{by.full_name} proposes another table for {row.base_pack.title}",
        body=f"{row.title}. Look at what it does, then adopt it or say why not.",
        href=f"/policy/proposals/{row.reference}/",
    )
    return row


@transaction.atomic
def take_back_proposal(*, proposal: PolicyProposal, by: User) -> PolicyProposal:
    """The author takes it back before it is decided, to change it."""
    row = _locked(proposal)
    require(by, "plans.write_policy", row)
    if row.state == ProposalState.DRAFT:
        return row
    move(row, "take_back")
    _record(row, "policy.taken_back", by)
    return row


@transaction.atomic
def reject_proposal(*, proposal: PolicyProposal, reason: str, by: User) -> PolicyProposal:
    """A second manager does not adopt it; the author is told why."""
    row = _locked(proposal)
    require(by, "plans.adopt_policy", row)
    why = needs_words(reason, "reason", "Say why it is not adopted, so that the author can answer.")
    move(row, "reject", by=by, reason=why)
    _record(row, "policy.rejected", by, reason=why)
    send_message(
        to=row.author,
        key=f"policy.decided:{row.reference}",
        title=f"Your proposal “{row.title}” is not adopted",
        body=why,
        href=f"/policy/proposals/{row.reference}/",
    )
    return row


@transaction.atomic
def adopt_proposal(
    *, proposal: PolicyProposal, starts_on: date, reason: str, by: User
) -> PolicyProposal:
    """A second manager adopts it, never the author: a new version counts for new cases from a day.

    The version before is retired from that day on; open cases keep the version they began with. Raises
    ``Conflict`` when the programme has a newer version than the proposal was written for.
    """
    row = _locked(proposal)
    require(by, "plans.adopt_policy", row)
    why = needs_words(reason, "reason", "Say why you adopt it. It is kept in the record.")
    if row.state != ProposalState.SUBMITTED:
        raise Conflict(
            "policyproposal_moved_on",
            f"This is now “{row.get_state_display()}”, so it has already moved on.",
            "Look at it again before you do anything else.",
        )
    if starts_on < clock.today():
        raise Refused("starts_in_the_past", "The day must be today or later.", field="starts_on")
    versions = _refuse_an_older_version(row.base_pack)
    starts_at = max(clock.now(), clock.midnight(starts_on))
    begins = row.base_pack.starts_at
    if begins and starts_at <= begins:
        raise Refused(
            "starts_before_the_last",
            f"Version {row.base_pack.version} itself begins on {begins.astimezone(clock.LONDON):%-d %B %Y}.",
            "Choose a later day.",
            field="starts_on",
        )
    pack = adopted_pack(row, versions, starts_at)
    retired = [old.version for old in versions if old.retired_at is None]
    ProgrammePack.objects.filter(key=pack.key, retired_at=None).exclude(pk=pack.pk).update(
        retired_at=starts_at
    )
    move(row, "adopt", by=by, reason=why, pack=pack)
    _record(
        row,
        "policy.adopted",
        by,
        reason=why,
        changes={
            "version": pack.version,
            "digest": pack.digest,
            "starts_on": starts_on.isoformat(),
            "retired": retired,
            "table": row.table,
        },
    )
    send_message(
        to=row.author,
        key=f"policy.decided:{row.reference}",
        title=f"Your proposal “{row.title}” is adopted",
        body=f"Version {pack.version} counts for new cases from {starts_on:%-d %B %Y}. {why}",
        href=f"/policy/proposals/{row.reference}/",
    )
    return row


def _managers() -> Any:
    return User.objects.filter(role_holdings__role=Role.MANAGER, is_active=True).distinct()


def _content(proposal: PolicyProposal) -> dict[str, Any]:
    return {
        "base": f"{proposal.base_pack.key} {proposal.base_pack.version}",
        "table": proposal.table,
        "starts_on": proposal.starts_on.isoformat(),
        "envelope_pence": proposal.envelope_pence,
        "contingency_percent": str(proposal.contingency_percent),
    }


def _record(
    proposal: PolicyProposal,
    verb: str,
    by: User,
    *,
    reason: str = "",
    changes: dict[str, Any] | None = None,
) -> None:
    record(
        chain=proposal.chain,
        verb=verb,
        subject=f"policy:{proposal.reference}",
        by=by,
        role=Role.MANAGER,
        reason=reason,
        changes=changes,
    )


def _locked(proposal: PolicyProposal) -> PolicyProposal:
    return (
        PolicyProposal.objects.select_for_update(of=("self",))
        .select_related("base_pack", "author")
        .get(pk=proposal.pk)
    )

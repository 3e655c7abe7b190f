"""The story of a case from its record, in plain words."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from carebudget.audit.models import AuditEvent
from carebudget.money import format_pence
from carebudget.people.models import Role

from ..models import Case, Stage
from .progress import stage_label

WORDS = {
    # people and how they come in
    "person.added": "put a person on our list",
    "person.invited": "invited the person to sign in",
    "helper.invited": "invited somebody to help the person",
    "representative.invited": "invited somebody to help the person",
    "invitation.accepted": "opened the invitation and chose a password",
    # the case
    "case.referred": "opened the case",
    "case.taken": "took the case",
    "case.assigned": "gave the case to a worker",
    "case.assessing": "opened the questions",
    "case.not_eligible": "moved the case on: no budget this time",
    "case.eligible": "moved the case on: a budget is worked out",
    "case.budgeted": "moved the case on: the budget is ready",
    "case.planning": "moved the case on: the plan is being made",
    "case.awaiting_agreement": "moved the case on: the plan waits to be agreed",
    "case.agreed": "moved the case on: support is being set up",
    "case.live": "moved the case on: support is running",
    "case.reviewing": "moved the case on: we look at how it works",
    "case.closed": "closed the case",
    # questions, decision, budget
    "assessment.answered": "answered questions",
    "assessment.submitted": "sent the answers",
    "assessment.handed_back": "asked for more answers",
    "assessment.verified": "checked the answers",
    "eligibility.decided": "decided about eligibility",
    "budget.calculated": "worked out the budget",
    "budget.adjusted": "changed the budget",
    "budget.confirmed": "confirmed the budget",
    "budget.allocated": "set the money of the budget aside",
    "budget.overspend_allowed": "allowed the budget to go below zero",
    # the plan
    "plan.started": "began the plan",
    "plan.changed": "changed the plan",
    "plan.commented": "wrote a comment on the plan",
    "plan.submitted": "sent the plan",
    "plan.returned": "returned the plan with a comment",
    "plan.escalated": "passed the plan up",
    "plan.agreed": "agreed the plan",
    "plan.declined": "declined the plan",
    "challenge.raised": "asked us to look at a decision again",
    "challenge.taken_up": "began to look at a decision again",
    "challenge.answered": "answered a challenge",
    # tables
    "policy.drafted": "began a proposal for another table",
    "policy.changed": "changed the proposal",
    "policy.submitted": "handed the proposal in",
    "policy.taken_back": "took the proposal back",
    "policy.adopted": "adopted the proposal",
    "policy.rejected": "did not adopt the proposal",
    # agreements and invoices
    "agreement.offered": "offered an agreement to a provider",
    "agreement.accepted": "accepted an agreement",
    "agreement.declined": "declined an agreement",
    "agreement.started": "noted that support began",
    "invoice.sent": "sent an invoice",
    "invoice.confirmed": "confirmed an invoice",
    "invoice.queried": "asked about an invoice",
    "invoice.query_answered": "answered a question about an invoice",
    "invoice.disputed": "did not accept an invoice",
    "invoice.approved": "approved an invoice",
    "invoice.rejected": "rejected an invoice",
    "invoice.withdrawn": "took an invoice back",
    # what somebody pays
    "charge.started": "began the questions about money",
    "charge.answered": "answered questions about money",
    "charge.evidence_added": "attached a document about money",
    "charge.evidence_removed": "took a document about money away",
    "charge.submitted": "sent the answers about money",
    "charge.handed_back": "asked for more about money",
    "charge.verified": "checked the answers about money",
    "charge.decided": "decided what is to be paid",
    "charge.decided_lightly": "decided what is to be paid, without a full assessment",
    "charge.reassessed": "worked out again what is to be paid, with the new year’s figures",
    "contribution.asked": "sent a bill for what is to be paid",
    "contribution.reworked": "worked a bill out again",
    "contribution.reduced": "took something off a bill",
    "contribution.received": "got what was paid towards support",
    "contribution.reminded": "sent a reminder about a bill",
    "contribution.questioned": "told us something about a bill",
    "contribution.answered": "answered what was said about a bill",
    "contribution.parts_agreed": "agreed on paying in parts",
    "contribution.parts_kept": "noted that everything agreed was paid",
    "contribution.parts_broken": "noted that an agreed payment did not come",
    "contribution.parts_ended": "ended an agreement to pay in parts",
    "contribution.write_off_proposed": "proposed not to ask for what is owed",
    "contribution.written_off": "decided not to ask for what is owed",
    "contribution.write_off_refused": "decided that what is owed stays owed",
    "surplus.worked_out": "wrote down what is on the account",
    "surplus.told": "told the person that some money may be given back",
    "surplus.answered": "answered about money that may be given back",
    "surplus.asked": "decided what is to be given back",
    "surplus.dropped": "decided that nothing is to be given back",
    "surplus.lowered": "asked for less to be given back",
    "surplus.received": "got back what was not needed",
    # runs and payments
    "run.made": "made a payment run",
    "run.submitted": "sent a payment run to a second person",
    "run.approved": "approved a payment run",
    "run.rejected": "rejected a payment run",
    "run.stopped": "stopped a payment run: what was not on its way yet is due again",
    "run.sent": "finished sending a payment run",
    "run.closed": "closed a payment run: every payment is explained",
    "payment.sent": "sent a payment",
    "payment.failed": "was told that a payment failed",
    "payment.unknown": "had no answer about a payment, and will ask",
    "payment.given_up": "gave up a payment that was never sent",
    "payment.returned": "had a payment come back",
    "payment.due_again": "made a payment due again",
    "payment.held": "held a payment",
    "payment.let_go": "let a held payment go",
    "payment.taken_out": "took a payment out of a run",
    "obligation.held": "held what is owed, so that it is not paid for now",
    "obligation.let_go": "let go what was held: it may be paid",
    "obligation.waived": "looked at a suspicion and said why it is right to pay",
    "provider.flagged": "flagged a provider: nothing is paid to them",
    "provider.flag_lifted": "lifted the flag on a provider",
    "limit.set": "set how much somebody may approve",
    "payment.cancelled": "cancelled a payment, which is due again",
    "submission.started": "put payments into a file for the bank",
    "submission.built": "made the file for the bank",
    "submission.handed_out": "took the file to hand it to the bank",
    "submission.sent": "said that the bank has the file",
    "submission.acknowledged": "the bank confirmed the file’s figures",
    "submission.withdrawn": "withdrew the file",
    "submission.given_back": "payments of a file did not leave",
    "results.imported": "brought in a report of the bank",
    "payee.proposed": "gave new bank details",
    "payee.checked": "the bank was asked whose account it is",
    "payee.confirmed": "confirmed bank details with the payee",
    "payee.refused": "refused new bank details",
    "payee.ended": "stopped using bank details",
    "payee.faulty": "the bank sent money back because of the account",
    "payee.read": "looked at the whole account number",
    "payee.resealed": "sealed all bank details with a new key",
    "remittance.sent": "told a provider what was paid",
    "topup.asked": "asked for money from the council’s bank",
    "topup.pending": "has money on its way from the council’s bank",
    "topup.succeeded": "got money from the council’s bank",
    "topup.failed": "was told that money from the council’s bank did not come",
    # statements
    "statement.fetched": "fetched what moved at the payment service",
    "statement.imported": "read a bank statement",
    "statement.accepted": "accepted a held bank statement",
    "statement.rejected": "rejected a held bank statement",
    "line.matched": "matched a line of a statement",
    "line.unmatched": "undid the match of a line",
    "line.set_aside": "set a line of a statement aside",
    # providers and settings
    "provider.registered": "put a provider on the list",
    "provider.changed": "put right what the list says of a provider",
    "provider.checked": "checked a provider",
    "provider.approved": "approved a provider",
    "provider.suspended": "suspended a provider",
    "provider.rate_added": "published a price",
    "provider.member_invited": "invited somebody to sign in for a provider",
    "provider.member_ended": "ended somebody’s sign-in for a provider",
    "month.asked_to_close": "asked a second person to close the month",
    "month.sent_back": "sent the month back: something is still to do",
    "month.closed": "closed the month",
    "month.pack_made": "made the pack of the month",
    "month.accrued": "entered what was given and not approved yet",
    "accrual.entered": "entered an accrual",
    "accrual.taken_back": "took an accrual back",
    "month.asked_to_reopen": "asked to open the month again",
    "month.reopened": "agreed to open the month again",
    "month.kept_closed": "decided that the month stays closed",
    "journal.exported": "made the journal for the general ledger",
    "journal.profile_saved": "changed how journals for the general ledger read",
    "payout.opened": "opened an account for payments to a provider",
    "payout.started": "noted that a provider’s account is not finished",
    "payout.ready": "noted that a provider can be paid",
    "payout.restricted": "noted that something is missing in a provider’s account",
    "payout.closed": "noted that a provider’s account is closed",
    "pack.loaded": "loaded the rules of a programme",
}
"""What each verb says after a name. Every verb that a service records stands here; a test sees to it."""

FOLLOWS = {
    f"case.{stage}": f"moved the case to “{stage_label(stage)}”"
    for stage in (
        Stage.ELIGIBLE,
        Stage.NOT_ELIGIBLE,
        Stage.BUDGETED,
        Stage.PLANNING,
        Stage.AWAITING_AGREEMENT,
        Stage.AGREED,
        Stage.LIVE,
    )
}
"""Moves that follow at once from an act which is told beside them; the record keeps both."""
ROLES = dict(Role.choices)
UNPRICED = ("plan.changed",)
"""Acts whose amount is of a part only, and says little by itself."""


@dataclass(frozen=True)
class TimelineItem:
    """One event as a person reads it."""

    at: datetime
    who: str
    role: str
    what: str
    reason: str
    changes: dict[str, Any]
    verb: str
    subject: str


def case_events(case: Case) -> QuerySet[AuditEvent]:
    """The case's events that a person wants to read, newest first, with their words."""
    return (
        AuditEvent.objects.filter(chain__key=case.chain)
        .exclude(verb__in=FOLLOWS)
        .select_related("chain", "words")
        .order_by("-at", "-id")
    )


def case_timeline(case: Case, *, limit: int = 200) -> list[TimelineItem]:
    """The story of the case from its latest ``limit`` events, newest first."""
    return told(case_events(case)[:limit])


def told(events: Iterable[AuditEvent]) -> list[TimelineItem]:
    """Events as a person reads them; the same thing done several times in a row is told once."""
    items: list[TimelineItem] = []
    times: list[int] = []
    for item in map(_in_the_story, events):
        last = items[-1] if items else None
        same = last and (last.who, last.what, last.reason) == (item.who, item.what, "")
        if same and not item.reason:
            times[-1] += 1
        else:
            items.append(item)
            times.append(1)
    return [
        item if n == 1 else replace(item, what=f"{item.what} ({n} times)")
        for item, n in zip(items, times, strict=True)
    ]


def _in_the_story(event: AuditEvent) -> TimelineItem:
    """As the record says it, without what says little on a page about one person."""
    item = as_item(event)
    if event.verb in UNPRICED:
        item = replace(item, what=WORDS[event.verb])
    return replace(item, role="") if event.role == Role.CLIENT else item


def as_item(event: AuditEvent) -> TimelineItem:
    """One event of the record in plain words; erased words stay erased."""
    words = getattr(event, "words", None)
    said = (words.words if words else None) or {}
    what = (WORDS | FOLLOWS).get(event.verb, event.verb.replace(".", " ").replace("_", " "))
    amount = event.changes.get("annual_pence", event.changes.get("total_pence"))
    if isinstance(amount, int):
        what += f": {format_pence(amount)}"
    who = str(said.get("actor", "name erased"))
    if said.get("on_behalf_of"):
        who += f", for {said['on_behalf_of']}"
    return TimelineItem(
        at=event.at,
        who=who,
        role=str(ROLES.get(event.role, event.role)),
        what=what,
        reason=str(said.get("reason", "")),
        changes=event.changes,
        verb=event.verb,
        subject=event.subject,
    )

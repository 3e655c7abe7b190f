"""The story of a case from its record, in plain words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from carebudget.audit.models import AuditEvent
from carebudget.audit.selectors import timeline
from carebudget.money import format_pence
from carebudget.people.models import Role

from ..models import Case

WORDS = {
    "case.referred": "asked for help",
    "case.taken": "took the case",
    "case.assigned": "gave the case to a worker",
    "case.assessing": "opened the questions",
    "assessment.answered": "answered questions",
    "assessment.submitted": "sent the answers",
    "assessment.handed_back": "asked for more answers",
    "assessment.verified": "checked the answers",
    "eligibility.decided": "decided about eligibility",
    "budget.calculated": "the budget was worked out",
    "budget.adjusted": "changed the budget",
    "budget.confirmed": "confirmed the budget",
    "budget.overspend_allowed": "allowed the budget to go below zero",
    "plan.started": "began the plan",
    "plan.changed": "changed the plan",
    "plan.commented": "wrote a comment on the plan",
    "plan.submitted": "sent the plan",
    "plan.returned": "returned the plan with a comment",
    "plan.escalated": "passed the plan up",
    "plan.agreed": "agreed the plan",
    "plan.declined": "declined the plan",
    "agreement.offered": "offered an agreement to a provider",
    "agreement.accepted": "accepted an agreement",
    "agreement.declined": "declined an agreement",
    "agreement.started": "support began",
    "invoice.sent": "sent an invoice",
    "invoice.confirmed": "confirmed an invoice",
    "invoice.queried": "asked about an invoice",
    "invoice.query_answered": "answered a question about an invoice",
    "invoice.disputed": "did not accept an invoice",
    "invoice.approved": "approved an invoice",
    "invoice.rejected": "rejected an invoice",
    "payment.held": "held a payment",
    "payment.let_go": "let a held payment go",
    "payment.taken_out": "took a payment out of a run",
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
    "challenge.raised": "asked us to look at a decision again",
    "challenge.taken_up": "began to look at a decision again",
    "challenge.answered": "answered a challenge",
    "case.closed": "closed the case",
    "case.live": "support is running",
}
ROLES = dict(Role.choices)


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


def case_timeline(case: Case, *, limit: int = 200) -> list[TimelineItem]:
    """The case's events, newest first."""
    return [as_item(event) for event in timeline(case.chain, limit=limit)]


def as_item(event: AuditEvent) -> TimelineItem:
    """One event of the record in plain words; erased words stay erased."""
    words = getattr(event, "words", None)
    said = (words.words if words else None) or {}
    what = WORDS.get(event.verb, event.verb.replace(".", " ").replace("_", " "))
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

"""The story of a provider from its record, in plain words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from carebudget.audit.models import AuditEvent
from carebudget.audit.selectors import timeline
from carebudget.money import format_pence
from carebudget.text import join_words

from ..models import CheckKind, CheckOutcome, Provider, RateUnit

FACTS = {
    "name": "name",
    "email": "e-mail address",
    "phone": "phone number",
    "postcode": "postcode",
    "description": "description",
    "cqc_location_id": "CQC location",
}
WORDS = {
    "provider.registered": "put the provider on the list",
    "provider.approved": "approved the provider",
    "provider.suspended": "suspended the provider",
    "payout.opened": "opened an account at the payment service",
    "payout.ready": "saw that the provider can be paid",
    "payout.restricted": "saw that the payment service needs something more",
    "payout.closed": "saw that the payment account is closed",
    "payout.started": "saw that the payment account is not finished",
}


@dataclass(frozen=True)
class StoryItem:
    """One event as a person reads it."""

    at: datetime
    who: str
    role: str
    what: str
    reason: str


def provider_story(provider: Provider, *, limit: int = 100) -> list[StoryItem]:
    """What happened to the provider, newest first. Reads ``provider.members`` as prefetched."""
    names = {str(one.user.public_id): one.user.full_name for one in provider.members.all()}
    return [_as_item(event, names) for event in timeline(provider.chain, limit=limit)]


def _as_item(event: AuditEvent, names: dict[str, str]) -> StoryItem:
    words = getattr(event, "words", None)
    said = (words.words if words else None) or {}
    return StoryItem(
        at=event.at,
        who=str(said.get("actor", "name erased")),
        role="",
        what=_what(event.verb, event.changes, names),
        reason=str(said.get("reason", "")),
    )


def _what(verb: str, changes: dict[str, Any], names: dict[str, str]) -> str:
    who = names.get(str(changes.get("user")), "somebody")
    match verb:
        case "provider.checked":
            kind, outcome = changes.get("kind", ""), changes.get("outcome", "")
            title = dict(CheckKind.choices).get(kind, kind)
            found = dict(CheckOutcome.choices).get(outcome, outcome)
            return f"made a check. {title}: {str(found).lower()}"
        case "provider.changed":
            return f"changed the {join_words([FACTS.get(one, one) for one in changes['fields']])}"
        case "provider.rate_added":
            unit = dict(RateUnit.choices).get(changes.get("unit", ""), "one")
            return f"published a price: {format_pence(changes.get('rate_pence', 0))} for one {unit}"
        case "provider.member_invited":
            return f"invited {who} to sign in"
        case "provider.member_ended":
            return f"ended the sign-in of {who}"
    words = WORDS.get(verb, verb.replace(".", " ").replace("_", " "))
    return f"{words}, with new bank details" if changes.get("bank_changed") else words

"""Money that people pay to us: a statement line with their reference goes to the account of what they owe."""

from collections.abc import Iterable

from django.db import transaction

from carebudget.audit.services import record
from carebudget.errors import Conflict, Refused
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import ContributionAccount, LineState, Match, StatementLine, SurplusRecovery
from ..rules.references import named_in
from ..selectors.contributions import OpenContribution, open_contributions
from ..selectors.surplus import open_surpluses
from .collecting import locked_account
from .contributions import record_owed
from .matching import PERSON, settle_on_account

PASS = "contribution"  # noqa: S105
OPEN = (LineState.OPEN, LineState.SUGGESTED)


@transaction.atomic
def receive_contribution(
    *, line: StatementLine, account: ContributionAccount, reason: str, by: User
) -> Match:
    """A person of finance says that a line is what somebody paid towards their support.

    More than is owed may come: the rest counts towards the next bill. Raises ``Refused`` for money that
    left us or without a reason, ``Conflict`` when the line was explained meanwhile.
    """
    require(by, "payments.reconcile")
    require(by, "payments.work_contributions", account)
    if not reason.strip():
        raise Refused("reason_missing", "Say how you know. It is kept.", field="reason")
    why = f"{by.full_name}: what {account.person.full_name} pays"
    found = _receive(line, account, pass_name=PERSON, why=why, reason=reason, by=by)
    if found is None:
        raise Conflict("line_explained", "Somebody else has explained this line already.")
    return found


def receive_named() -> int:
    """Every open line into the bank that names one person's reference, and no other's. For the beat."""
    known = {one.reference: one for one in [*open_contributions(), *open_surpluses()]}
    lines = list(
        StatementLine.objects.filter(state__in=OPEN, amount_pence__gt=0, account__code="bank")
    )
    if not known or not lines:
        return 0
    words = {line.pk: _words_of(line) for line in lines}
    named = named_in(words, known)
    done = 0
    for line in lines:
        if len(named[line.pk]) != 1:
            continue
        (reference,) = named[line.pk]
        why = f"names {reference}, what {known[reference].person} pays"
        done += _receive_named(line, known[reference], why)
    return done


def _receive_named(line: StatementLine, one: OpenContribution, why: str) -> bool:
    account = ContributionAccount.objects.filter(reference=one.reference).first()
    if account is not None:
        found = _receive(line, account, pass_name=PASS, why=why, reason="", by=None)
    else:
        found = _give_back(line, one, why)
    return found is not None


@transaction.atomic
def _give_back(line: StatementLine, one: OpenContribution, why: str) -> Match | None:
    """What comes back of a held budget, on the account of its recovery."""
    row = (
        SurplusRecovery.objects.select_for_update(of=("self",))
        .select_related("case")
        .get(reference=one.reference)
    )
    found = settle_on_account(
        line=line, account=one.account, pass_name=PASS, why=why, reason="", by=None
    )
    if found is not None:
        record(
            chain=row.case.chain,
            verb="surplus.received",
            subject=f"surplus:{row.reference}",
            by=None,
            changes={"amount_pence": line.amount_pence},
        )
    return found


def _words_of(line: StatementLine) -> str:
    parts: Iterable[str] = (line.reference, line.text, line.counterparty)
    return " ".join(part for part in parts if part)


@transaction.atomic
def _receive(
    line: StatementLine,
    account: ContributionAccount,
    *,
    pass_name: str,
    why: str,
    reason: str,
    by: User | None,
) -> Match | None:
    if line.amount_pence <= 0:
        raise Refused("not_received", "This line is money that left us, not money that came.")
    row = locked_account(account)
    found = settle_on_account(
        line=line,
        account=row.ledger_account,
        pass_name=pass_name,
        why=why,
        reason=reason,
        by=by,
    )
    if found is not None:
        record_owed(
            row,
            "contribution.received",
            by,
            changes={"amount_pence": line.amount_pence, "booked_on": line.booked_on.isoformat()},
        )
    return found

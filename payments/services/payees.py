"""Payees' account details: proposed, confirmed by a second person through a known contact, never changed.

A change of payee details is the classic attack on whoever pays by bank. So new details pay nothing and stop
the old ones from being paid (``holding``) until somebody else at the council has asked the payee through a
contact that was known before (``confirming_payees``); and everybody who spoke for the payee before hears of
it at once.
"""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Conflict, Refused
from carebudget.machine import move
from carebudget.notify.services import send_to_all
from carebudget.people.access import require
from carebudget.people.models import Person, Role, User
from providers.models import Provider

from ..models import PayeeAccount, PayeeState
from ..payees.checking import ask_who_it_is, check_modulus
from ..payees.sealing import fingerprints, open_details, seal_details
from ..rules.bacs_text import UnfitText, bacs_name
from ..rules.modulus import SENTENCES, ModulusOutcome
from ..rules.payee_check import PayeeAnswer, PayeeReply
from ..rules.payee_details import BadField, PayeeDetails, PayeeKind, details_from
from ..selectors.payees import accounts_of_same_payee, known_contacts
from .holding import cancel_kept_back, keep_back, let_go

NAME_LENGTH = 70


def propose_payee(
    *,
    payee: Provider | Person,
    kind: str,
    name: str,
    typed: dict[str, str],
    by: User,
    business: bool = True,
    reason: str = "",
) -> PayeeAccount:
    """New details for a payee: checked as far as can be, told to whoever was known before, and waiting.

    ``typed`` holds the figures of the kind: ``sort_code`` and ``account_number``, ``iban`` and ``bic``, or
    ``card``. Raises ``Refused`` beside the field at fault, ``Conflict`` when another change waits.
    """
    require(by, "payments.propose_payee", payee)
    details = _read(kind, name, typed)
    modulus = _modulus(details)
    try:
        account = _propose(payee, details, name.strip(), modulus, business, reason.strip(), by)
    except IntegrityError as error:
        if "one_change_waits" not in str(error):
            raise
        raise Conflict(
            "change_waits", "A change of these details waits for a second person already."
        ) from error
    return ask_about_payee(account=account)


def _read(kind: str, name: str, typed: dict[str, str]) -> PayeeDetails:
    if kind not in list(PayeeKind):
        raise Refused("kind_unknown", "Say how they want to be paid.", field="kind")
    if not name.strip():
        raise Refused("name_missing", "Enter the name on the account.", field="name")
    if len(name.strip()) > NAME_LENGTH:
        raise Refused(
            "name_too_long", f"Enter the name with at most {NAME_LENGTH} letters.", field="name"
        )
    try:
        bacs_name(name)
        return details_from(kind, typed)
    except UnfitText as error:
        raise Refused("name_unfit", str(error), field="name") from error
    except BadField as error:
        raise Refused("details_wrong", str(error), field=error.field) from error


def _modulus(details: PayeeDetails) -> ModulusOutcome:
    try:
        outcome = check_modulus(details)
    except (OSError, ValueError) as error:
        raise Refused(
            "modulus_table_broken",
            "The table for checking account numbers cannot be read, so nothing was kept.",
            "Tell whoever looks after the system.",
        ) from error
    if outcome is ModulusOutcome.FAILED:
        raise Refused("modulus_failed", SENTENCES[outcome], field="account_number")
    return outcome


@transaction.atomic
def _propose(
    payee: Provider | Person,
    details: PayeeDetails,
    name: str,
    modulus: ModulusOutcome,
    business: bool,
    reason: str,
    by: User,
) -> PayeeAccount:
    whose: dict[str, Any] = (
        {"provider": payee} if isinstance(payee, Provider) else {"person": payee}
    )
    standing = list(
        PayeeAccount.objects.select_for_update()
        .filter(**whose, kind=details.kind, state__in=["proposed", "confirmed", "faulty"])
        .order_by("id")
    )
    if any(one.state == PayeeState.PROPOSED for one in standing):
        raise Conflict(
            "change_waits", "A change of these details waits for a second person already."
        )
    known = set(fingerprints(details))
    used = next((one for one in standing if one.state == PayeeState.CONFIRMED), None)
    if used and used.fingerprint in known and used.name == name:
        raise Refused("details_in_use", "These are the details that we use already.")
    account = PayeeAccount(
        **whose,
        kind=details.kind,
        name=name,
        business=business,
        fingerprint=fingerprints(details)[0],
        last4=details.last4,
        modulus=modulus,
        reason=reason,
        proposed_by=by,
        proposed_at=clock.now(),
    )
    account.sealed = seal_details(details, reference=account.reference)
    account.save(force_insert=True)
    record_payee(
        account, "payee.proposed", by, reason=reason, replaces=used.reference if used else ""
    )
    if used:
        sentence = (
            f"New bank details were given for {account.payee_name} and wait for a second person."
        )
        keep_back(destinations=[used.reference], sentence=sentence, by=by)
    _tell_of_proposal(account, changed=used is not None, by=by)
    return account


def _tell_of_proposal(account: PayeeAccount, *, changed: bool, by: User) -> None:
    what = "another account" if changed else "an account"
    send_to_all(
        to=known_contacts(account),
        key=f"payee.proposed:{account.reference}",
        title=f"Somebody asked us to pay you into {what}",
        body=f"The {account.words}. Nothing is paid there until we have spoken to you. If you did not "
        f"ask for this, call us at once on {settings.COUNCIL_PHONE}. Do not use a number from a letter "
        "or an e-mail.",
    )
    send_to_all(
        to=User.objects.filter(
            role_holdings__role__in=[Role.FINANCE_OFFICER, Role.FINANCE_MANAGER], is_active=True
        )
        .exclude(pk=by.pk)
        .distinct(),
        key=f"payee.waits:{account.reference}",
        title=f"Bank details of {account.payee_name} wait for you",
        body="Ask the payee through a contact that we had before, never one from the request itself. "
        "Until then they are not paid by file.",
        href=f"/payments/payees/account/{account.reference}/",
    )


def ask_about_payee(*, account: PayeeAccount) -> PayeeAccount:
    """Ask the bank whose account it is (Confirmation of Payee), and keep the answer. May be repeated."""
    details = open_details(account.sealed, reference=account.reference)
    reply = ask_who_it_is(name=account.name, details=details, business=account.business)
    return _keep_answer(account, reply)


@transaction.atomic
def _keep_answer(account: PayeeAccount, reply: PayeeReply) -> PayeeAccount:
    row = locked_payee(account)
    if row.state != PayeeState.PROPOSED:
        return row
    row.answer, row.name_returned = reply.answer, reply.name_returned[:140]
    row.answered_at = clock.now()
    row.save(update_fields=["answer", "name_returned", "answered_at"])
    if reply.answer != PayeeAnswer.NOT_ASKED:
        record_payee(row, "payee.checked", None, answer=reply.answer.value)
    return row


@transaction.atomic
def end_payee(*, account: PayeeAccount, reason: str, by: User) -> PayeeAccount:
    """Take details back before they are confirmed, or stop using them. Their payments are due again."""
    require(by, "payments.propose_payee", account)
    row = locked_payee(account)
    waited = row.state == PayeeState.PROPOSED
    if not waited:
        require(by, "payments.confirm_payee", account)
        if not reason.strip():
            raise Refused("reason_missing", "Say why they are not used any more.", field="reason")
    move(row, "end", words=reason.strip())
    record_payee(row, "payee.ended", by, reason=reason.strip())
    if waited:
        use_the_old_ones(row, by)
    else:
        _pay_no_more(row, f"{row.payee_name} is not paid into this account any more.", by)
    return row


@transaction.atomic
def find_fault(*, account: PayeeAccount, sentence: str, by: User | None = None) -> PayeeAccount:
    """The bank sent money back and blames the account: nothing more is paid there. Twice changes nothing."""
    row = locked_payee(account)
    if row.state != PayeeState.CONFIRMED:
        return row
    move(row, "find_fault", sentence=sentence[:240])
    record_payee(row, "payee.faulty", by)
    _pay_no_more(row, f"The bank sent the last payment to {row.payee_name} back: {sentence}", by)
    send_to_all(
        to=known_contacts(row),
        key=f"payee.faulty:{row.reference}",
        title="Our payment to you came back",
        body=f"The {row.words}: {sentence} Tell us where to pay you, on {settings.COUNCIL_PHONE}.",
    )
    return row


def read_payee_details(*, account: PayeeAccount, by: User) -> PayeeDetails:
    """The figures themselves, for comparing them with what the payee says. Each look is in the record."""
    require(by, "payments.read_payee_details", account)
    with transaction.atomic():
        record_payee(account, "payee.read", by)
    return open_details(account.sealed, reference=account.reference)


def use_the_old_ones(account: PayeeAccount, by: User) -> None:
    """A change came to nothing: what was held may go to the account in use after all."""
    used = accounts_of_same_payee(account).filter(state=PayeeState.CONFIRMED)
    let_go(destinations=list(used.values_list("reference", flat=True)), by=by)


def _pay_no_more(account: PayeeAccount, sentence: str, by: User | None) -> None:
    keep_back(destinations=[account.reference], sentence=sentence, by=by)
    cancel_kept_back(destinations=[account.reference], by=by)


def locked_payee(account: PayeeAccount) -> PayeeAccount:
    """The row with whose it is, locked, with every other of this payee: by id, as everywhere."""
    lock_payees([account])
    return PayeeAccount.objects.select_related("provider", "person").get(pk=account.pk)


def lock_payees(accounts: Collection[PayeeAccount]) -> None:
    """Lock every version of these payees' details, by id, so that nobody waits for somebody who waits."""
    whose = Q(provider__in={one.provider_id for one in accounts if one.provider_id}) | Q(
        person__in={one.person_id for one in accounts if one.person_id}
    )
    list(PayeeAccount.objects.select_for_update().filter(whose).order_by("id"))


def record_payee(
    account: PayeeAccount, verb: str, by: User | None, *, reason: str = "", **changes: object
) -> None:
    """One event about a payee's details on the payee's chain; never a figure of them."""
    record(
        chain=account.chain,
        verb=verb,
        subject=f"payee:{account.reference}",
        by=by,
        reason=reason,
        changes={
            "state": account.state,
            "kind": account.kind,
            "last4": account.last4,
            "modulus": account.modulus,
            **changes,
        },
    )

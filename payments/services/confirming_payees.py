"""The second person: new details are used, or refused, after the payee was asked through a known contact."""

from typing import Any

from django.conf import settings
from django.db import transaction

from carebudget.errors import NotAllowed, Refused
from carebudget.machine import move
from carebudget.notify.services import send_to_all
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import ContactKind, PayeeAccount, PayeeState
from ..rules.payee_check import MEANINGS, PayeeAnswer, Weight
from ..selectors.payees import accounts_of_same_payee, known_contacts
from .holding import cancel_kept_back, take_out
from .payees import locked_payee, record_payee, use_the_old_ones


@transaction.atomic
def confirm_payee(
    *,
    account: PayeeAccount,
    contact_kind: str,
    words: str,
    by: User,
    contact_user: User | None = None,
) -> PayeeAccount:
    """A second person has asked the payee through a contact known before: these details are used now.

    ``words`` is what was asked and answered. Raises ``NotAllowed`` for whoever proposed them, ``Refused``
    when the contact was not known before, or when the bank's answer forbids it.
    """
    require(by, "payments.confirm_payee", account)
    row = locked_payee(account)
    if row.proposed_by_id == by.pk:
        raise NotAllowed(
            "payee_four_eyes", "You gave these details, so somebody else confirms them."
        )
    if row.state == PayeeState.CONFIRMED and row.decided_by_id == by.pk:
        return row
    _refuse_unknown_contact(row, contact_kind, contact_user)
    if not words.strip():
        raise Refused("words_missing", "Say whom you spoke to and what they said.", field="words")
    _refuse_by_answer(row, by)
    replaced = _replace_the_old_ones(row)
    move(
        row,
        "confirm",
        by=by,
        contact_kind=contact_kind,
        contact_user=contact_user,
        words=words.strip(),
    )
    record_payee(
        row,
        "payee.confirmed",
        by,
        reason=words.strip(),
        contact=contact_kind,
        answer=row.answer,
        replaces=replaced,
    )
    sentence = f"{row.payee_name} is paid into another account from now on."
    take_out(destinations=replaced, sentence=sentence, by=by)
    cancel_kept_back(destinations=replaced, by=by)
    send_to_all(
        to=known_contacts(row),
        key=f"payee.confirmed:{row.reference}",
        title="We pay you into the account that you gave us",
        body=f"The {row.words}. If this is not yours, call us at once on {settings.COUNCIL_PHONE}.",
    )
    return row


def _replace_the_old_ones(account: PayeeAccount) -> list[str]:
    standing = accounts_of_same_payee(account).filter(state__in=["confirmed", "faulty"])
    replaced = list(standing.select_for_update().order_by("id"))
    for old in replaced:
        move(old, "replace")
    return [old.reference for old in replaced]


def _refuse_unknown_contact(
    account: PayeeAccount, contact_kind: str, contact_user: User | None
) -> None:
    """Only a contact from before counts: what came with the request proves nothing."""
    if contact_kind not in ContactKind.values:
        raise Refused("contact_missing", "Say how you asked the payee.", field="contact_kind")
    behind: Any = account.provider or account.person
    if contact_kind == ContactKind.PHONE and not behind.phone:
        raise Refused(
            "no_phone",
            "We have no phone number of theirs from before.",
            "Ask in another way.",
            field="contact_kind",
        )
    if contact_kind == ContactKind.MEMBER:
        if contact_user is None or contact_user not in known_contacts(account):
            raise Refused(
                "contact_not_known",
                "Choose somebody who spoke for them before the change was asked for.",
                field="contact_user",
            )
        if contact_user.pk == account.proposed_by_id:
            raise Refused(
                "contact_is_proposer",
                f"{contact_user.full_name} gave these details. Ask in another way, such as by the phone "
                "number that we had before.",
                field="contact_user",
            )


def _refuse_by_answer(account: PayeeAccount, by: User) -> None:
    if account.answered_at is None:
        raise Refused(
            "payee_not_asked",
            "The bank has not been asked yet whose account this is.",
            "Ask it, then confirm.",
        )
    meaning = MEANINGS[PayeeAnswer(account.answer)]
    if meaning.weight is Weight.STOP:
        raise Refused(
            "payee_stopped", meaning.sentence, "Refuse these details and ask for the right ones."
        )
    if meaning.weight is Weight.DOUBT and not by.has_perm(
        "payments.confirm_doubtful_payee", account
    ):
        raise Refused(
            "payee_doubtful",
            f"{meaning.sentence} Only a finance manager may use them all the same.",
            "Refuse these details, or ask a finance manager.",
        )


@transaction.atomic
def refuse_payee(*, account: PayeeAccount, reason: str, by: User) -> PayeeAccount:
    """A second person found that the payee did not ask for it: the old details are used as before."""
    require(by, "payments.confirm_payee", account)
    if not reason.strip():
        raise Refused("reason_missing", "Say what you found out.", field="reason")
    row = locked_payee(account)
    if row.proposed_by_id == by.pk:
        raise NotAllowed(
            "payee_four_eyes", "You gave these details. You may take them back instead."
        )
    move(row, "refuse", by=by, words=reason.strip())
    record_payee(row, "payee.refused", by, reason=reason.strip())
    use_the_old_ones(row, by)
    send_to_all(
        to=known_contacts(row),
        key=f"payee.refused:{row.reference}",
        title="We did not change where we pay you",
        body=f"The {row.words} is not used. If you asked for it, call us on {settings.COUNCIL_PHONE}.",
    )
    return row

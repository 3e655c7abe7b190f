"""Confirmation of Payee: what each answer means, and what a person may do after it. Pure.

``PayeeChecker`` is the whole interface to whoever answers; ``AnswersByRule`` stands in where no service
is connected. Source of the codes: Pay.UK, Confirmation of Payee.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from .payee_details import UkAccount


class Weight(StrEnum):
    """What an answer lets a person do."""

    GOOD = "good"
    """Nothing speaks against it."""
    LOOK = "look"
    """It may be right: the person who confirms looks at the difference."""
    DOUBT = "doubt"
    """It is probably wrong: only a finance manager may confirm it."""
    STOP = "stop"
    """It cannot be paid: the details must be given again."""
    UNSAID = "unsaid"
    """Nobody could say: the known contact is all there is."""


class PayeeAnswer(StrEnum):
    """The answers of Confirmation of Payee, and two of ours for when nobody was asked or answered."""

    MATC = "MATC"
    MBAM = "MBAM"
    ANNM = "ANNM"
    BANM = "BANM"
    PANM = "PANM"
    BAMM = "BAMM"
    PAMM = "PAMM"
    AC01 = "AC01"
    IVCR = "IVCR"
    ACNS = "ACNS"
    OPTO = "OPTO"
    CASS = "CASS"
    SCNS = "SCNS"
    NOT_ASKED = "not_asked"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True)
class Meaning:
    """An answer in words, and what it lets a person do."""

    weight: Weight
    sentence: str


MEANINGS = {
    PayeeAnswer.MATC: Meaning(Weight.GOOD, "The name matches the account."),
    PayeeAnswer.MBAM: Meaning(Weight.LOOK, "The name is close. Compare it with the name returned."),
    PayeeAnswer.ANNM: Meaning(Weight.DOUBT, "The name does not match the account."),
    PayeeAnswer.BANM: Meaning(
        Weight.LOOK, "The name matches, but it is a business account and a personal one was said."
    ),
    PayeeAnswer.PANM: Meaning(
        Weight.LOOK, "The name matches, but it is a personal account and a business one was said."
    ),
    PayeeAnswer.BAMM: Meaning(
        Weight.LOOK,
        "The name is close, and it is a business account where a personal one was said.",
    ),
    PayeeAnswer.PAMM: Meaning(
        Weight.LOOK,
        "The name is close, and it is a personal account where a business one was said.",
    ),
    PayeeAnswer.AC01: Meaning(Weight.STOP, "The bank has no such account."),
    PayeeAnswer.IVCR: Meaning(Weight.STOP, "The bank does not know the reference of this account."),
    PayeeAnswer.ACNS: Meaning(Weight.UNSAID, "The bank cannot check this sort of account."),
    PayeeAnswer.OPTO: Meaning(Weight.UNSAID, "The account holder has opted out of being checked."),
    PayeeAnswer.CASS: Meaning(
        Weight.STOP, "The account has moved to another bank. Ask for the new details."
    ),
    PayeeAnswer.SCNS: Meaning(Weight.UNSAID, "The bank of this sort code cannot be asked."),
    PayeeAnswer.NOT_ASKED: Meaning(
        Weight.UNSAID, "The bank was not asked: no service for checking payees is connected."
    ),
    PayeeAnswer.NO_ANSWER: Meaning(
        Weight.UNSAID, "The bank was asked and has not answered. Ask again."
    ),
}


@dataclass(frozen=True)
class PayeeQuestion:
    """Whose account we think this is. ``business`` is what kind of account was said."""

    name: str
    account: UkAccount
    business: bool = True


@dataclass(frozen=True)
class PayeeReply:
    """The answer, and the name on the account where the bank gives it (a close match)."""

    answer: PayeeAnswer
    name_returned: str = ""

    @property
    def sentence(self) -> str:
        """The answer in words, with the name that came back."""
        said = MEANINGS[self.answer].sentence
        return f"{said} The bank has “{self.name_returned}”." if self.name_returned else said


class CheckerDown(Exception):
    """The service did not answer. Ask again later; nothing is confirmed by silence."""


class PayeeChecker(Protocol):
    """Whoever answers for the banks. Asking moves nothing and may be repeated."""

    def ask(self, question: PayeeQuestion) -> PayeeReply:
        """The bank's answer. Raises ``CheckerDown`` when there is none."""
        ...


class NobodyToAsk:
    """No service is connected: says so, and confirms nothing."""

    def ask(self, question: PayeeQuestion) -> PayeeReply:
        """Always ``NOT_ASKED``."""
        return PayeeReply(PayeeAnswer.NOT_ASKED)


_BY_ENDING = {
    "90": PayeeAnswer.MBAM,
    "91": PayeeAnswer.ANNM,
    "92": PayeeAnswer.BANM,
    "93": PayeeAnswer.PANM,
    "94": PayeeAnswer.BAMM,
    "95": PayeeAnswer.PAMM,
    "96": PayeeAnswer.AC01,
    "97": PayeeAnswer.IVCR,
    "98": PayeeAnswer.ACNS,
    "99": PayeeAnswer.OPTO,
}
_CLOSE = frozenset({PayeeAnswer.MBAM, PayeeAnswer.BAMM, PayeeAnswer.PAMM})


class AnswersByRule:
    """A stand-in for demonstrations and tests: it knows no accounts, and answers by their last digits.

    Account numbers ending in 90 to 99 give the other answers in the order of the list above; sort codes
    ending in 97 cannot be asked and in 98 have moved; a number ending in 89 gives no answer at all.
    """

    def ask(self, question: PayeeQuestion) -> PayeeReply:
        """The answer of the rule."""
        if question.account.sort_code.endswith("97"):
            return PayeeReply(PayeeAnswer.SCNS)
        if question.account.sort_code.endswith("98"):
            return PayeeReply(PayeeAnswer.CASS)
        ending = question.account.account_number[-2:]
        if ending == "89":
            raise CheckerDown("The stand-in gives no answer for this number.")
        answer = _BY_ENDING.get(ending, PayeeAnswer.MATC)
        return PayeeReply(answer, f"{question.name} & Co" if answer in _CLOSE else "")

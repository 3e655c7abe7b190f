"""What is more than enough on an account that a person, a nominee or a provider holds. Pure.

What counts as surplus and how many weeks may be kept for when support falls through is local policy, not
law, and often four or eight weeks. Every figure of the working is kept and shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from carebudget.money import Pence, format_pence

WEEKS_A_YEAR = 52
WEEKS_LIMIT = 104


@dataclass(frozen=True)
class SurplusPolicy:
    """How many weeks are kept, how long a person has to answer and to give back, and what is too little to ask for."""

    contingency_weeks: int
    notice_days: int
    return_days: int
    least_pence: Pence

    def __post_init__(self) -> None:
        if not 0 <= self.contingency_weeks <= WEEKS_LIMIT:
            raise ValueError("Keep between 0 and 104 weeks")
        if self.notice_days < 1 or self.return_days < 1:
            raise ValueError("Nobody is asked for money without time to answer and to pay")


def policy_for(content: Mapping[str, Any], programme: str) -> SurplusPolicy:
    """The policy for a programme: what the council says for all, and what it says for this one."""
    usual = {key: value for key, value in content.items() if key != "by_programme"}
    return SurplusPolicy(**(usual | content.get("by_programme", {}).get(programme, {})))


@dataclass(frozen=True)
class Surplus:
    """The working, in pence: what was seen, what is kept, what is to be paid from it, and what is left."""

    balance_pence: Pence
    weeks: int
    contingency_pence: Pence
    committed_pence: Pence
    surplus_pence: Pence
    sentence: str


def work_out(balance: Pence, annual: Pence, committed: Pence, policy: SurplusPolicy) -> Surplus:
    """What is left of ``balance`` after the weeks to be kept and what is still to be paid from it.

    ``annual`` is the yearly budget. A fraction of a penny is kept by the person. Less than the policy's
    least sum is no surplus.
    """
    kept = -(-annual * policy.contingency_weeks // WEEKS_A_YEAR)
    over = max(0, balance - kept - committed)
    asked = over if over >= policy.least_pence else 0
    if asked:
        words = f"{format_pence(asked)} is more than is needed for now."
    elif over:
        words = f"{format_pence(over)} is over. That is too little to ask for."
    else:
        words = "There is no more than is needed."
    return Surplus(balance, policy.contingency_weeks, kept, committed, asked, words)


def answer_by(told_on: date, policy: SurplusPolicy) -> date:
    """The last day on which the person may answer a notice."""
    return told_on + timedelta(days=policy.notice_days)

"""The eligibility decision that the regulations lead to, from verified answers. Pure.

Source: Care and Support (Eligibility Criteria) Regulations 2014, SI 2015/313, regulations 2 and 3.
Three conditions: the cause, enough outcomes that cannot be achieved (where a pack asks: or health at
risk), and a significant impact on wellbeing. A programme outside the Care Act may instead have a
gateway of conditions of its own. It proposes; a worker decides, and may decide otherwise.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from carebudget.text import join_words, plural

from .pack import Outcome, Pack, Question


@dataclass(frozen=True)
class OutcomeProposal:
    """One outcome: whether it is unmet, in which ways, and why, in a sentence."""

    outcome: str
    title: str
    unmet: bool
    ways: tuple[str, ...]
    points: int
    sentence: str


@dataclass(frozen=True)
class ConditionProposal:
    """One condition of the gateway, and whether the answers meet it."""

    condition: str
    title: str
    met: bool


@dataclass(frozen=True)
class EligibilityProposal:
    """What the rules propose, with everything it rests on."""

    eligible: bool
    cause_met: bool
    outcomes_met: bool
    health_at_risk: bool
    wellbeing_met: bool
    wellbeing: tuple[str, ...]
    unmet_count: int
    outcomes_needed: int
    outcomes: tuple[OutcomeProposal, ...]
    sentence: str
    conditions: tuple[ConditionProposal, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """The whole working as JSON data, to be kept with the decision."""
        return {
            "eligible": self.eligible,
            "cause_met": self.cause_met,
            "outcomes_met": self.outcomes_met,
            "health_at_risk": self.health_at_risk,
            "wellbeing_met": self.wellbeing_met,
            "wellbeing": list(self.wellbeing),
            "unmet_count": self.unmet_count,
            "outcomes_needed": self.outcomes_needed,
            "sentence": self.sentence,
            "conditions": [asdict(condition) for condition in self.conditions],
            "outcomes": [{**asdict(o), "ways": list(o.ways)} for o in self.outcomes],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "EligibilityProposal":
        """The proposal that ``as_data`` wrote; a gateway is empty where there was none yet."""
        return cls(
            eligible=data["eligible"],
            cause_met=data["cause_met"],
            outcomes_met=data["outcomes_met"],
            health_at_risk=data["health_at_risk"],
            wellbeing_met=data["wellbeing_met"],
            wellbeing=tuple(data["wellbeing"]),
            unmet_count=data["unmet_count"],
            outcomes_needed=data["outcomes_needed"],
            outcomes=tuple(
                OutcomeProposal(**{**o, "ways": tuple(o["ways"])}) for o in data["outcomes"]
            ),
            sentence=data["sentence"],
            conditions=tuple(ConditionProposal(**c) for c in data.get("conditions", [])),
        )


def propose_eligibility(pack: Pack, answers: Mapping[str, Any]) -> EligibilityProposal:
    """What the pack's test leads to for these answers."""
    test = pack.eligibility
    cause = not test.cause_question or _says_yes(pack, answers, test.cause_question)
    conditions = tuple(
        ConditionProposal(c.key, c.title, _says_yes(pack, answers, c.question))
        for c in test.conditions
    )
    health = bool(test.health_question) and _says_yes(pack, answers, test.health_question)
    wellbeing = _wellbeing(pack, answers)
    wellbeing_met = bool(wellbeing) or not test.wellbeing_question
    outcomes = tuple(_outcome(pack, outcome, answers) for outcome in pack.outcomes)
    unmet = [o for o in outcomes if o.unmet]
    enough = len(unmet) >= test.outcomes_needed
    eligible = cause and all(c.met for c in conditions) and (enough or health) and wellbeing_met
    return EligibilityProposal(
        eligible=eligible,
        cause_met=cause,
        outcomes_met=enough,
        health_at_risk=health,
        wellbeing_met=wellbeing_met,
        wellbeing=wellbeing,
        unmet_count=len(unmet),
        outcomes_needed=test.outcomes_needed,
        outcomes=outcomes,
        sentence=(
            _yes_sentence(pack, unmet, health)
            if eligible
            else _no_sentence(pack, cause, conditions, enough or health, len(unmet), wellbeing_met)
        ),
        conditions=conditions,
    )


def _says_yes(pack: Pack, answers: Mapping[str, Any], key: str) -> bool:
    """Whether the answer meets a condition; of several answers, one that does is enough."""
    value = answers.get(key)
    if value is True:
        return True
    question = pack.question(key)
    given = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    chosen = (question.option(one) for one in given)
    return any(option is not None and option.means_unable for option in chosen)


def _wellbeing(pack: Pack, answers: Mapping[str, Any]) -> tuple[str, ...]:
    chosen = answers.get(pack.eligibility.wellbeing_question) or []
    return tuple(key for key, _ in pack.wellbeing if key in chosen)


def asked(pack: Pack, outcome: str, role: str) -> Question | None:
    """The question with this role about an outcome."""
    return pack.asked_about.get((outcome, role))


def _outcome(pack: Pack, outcome: Outcome, answers: Mapping[str, Any]) -> OutcomeProposal:
    need = asked(pack, outcome.key, "need")
    ways_question = asked(pack, outcome.key, "ways")
    chosen = need.option(str(answers.get(need.key))) if need else None
    named = answers.get(ways_question.key) or [] if ways_question else []
    ways = tuple(way.key for way in pack.ways if way.key in named)
    unmet = bool(ways) or (chosen is not None and chosen.means_unable)
    if unmet and not ways and pack.ways:
        ways = (pack.ways[0].key,)
    titles = {way.key: way.words for way in pack.ways}
    if unmet:
        sentence = f"{outcome.title}: you {join_words([titles[way] for way in ways])}."
    elif chosen is None:
        sentence = f"{outcome.title}: you have not told us about this yet."
    else:
        sentence = f"{outcome.title}: your answers say that you can manage this."
    return OutcomeProposal(
        outcome=outcome.key,
        title=outcome.title,
        unmet=unmet,
        ways=ways,
        points=chosen.points if chosen else 0,
        sentence=sentence,
    )


def _yes_sentence(pack: Pack, unmet: list[OutcomeProposal], health: bool) -> str:
    things = [lower_first(outcome.title) for outcome in unmet]
    if health:
        things.insert(0, "your health")
    return f"{pack.eligibility.words_eligible} This is because of: {'; '.join(things)}."


def _no_sentence(
    pack: Pack,
    cause: bool,
    conditions: tuple[ConditionProposal, ...],
    enough: bool,
    unmet: int,
    wellbeing_met: bool,
) -> str:
    test = pack.eligibility
    why = []
    if not cause:
        why.append("the difficulties do not come from what this programme is for")
    met = {condition.condition for condition in conditions if condition.met}
    why += [condition.words_unmet for condition in test.conditions if condition.key not in met]
    if not enough:
        needed = plural(test.outcomes_needed, "part")
        why.append(
            f"the rules ask for {needed} of life that you cannot manage, and your answers show {unmet or 'none'}"
        )
    if not wellbeing_met:
        why.append("the answers do not show a big effect on your wellbeing")
    told = "The reason" if len(why) == 1 else "The reasons"
    return f"{test.words_not_eligible} {told}: {'; '.join(why)}."


def lower_first(words: str) -> str:
    """``"Getting dressed"`` → ``"getting dressed"``, for the middle of a sentence."""
    return words[:1].lower() + words[1:]

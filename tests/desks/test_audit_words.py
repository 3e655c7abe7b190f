"""Every verb that any service records has words, and no words are kept for a verb that nobody records."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from payments.models import PayoutState, TopUpState
from plans.models import Stage
from plans.selectors.timeline import WORDS

VERB = re.compile(r"^[a-z]+\.[a-z_]+$")
NOT_VERBS = {"plans", "payments", "providers", "people", "notify", "audit", "carebudget", "desks"}
"""What else has a dot in it: permissions and modules."""

MADE_UP_OF = {
    "case.": [stage.value for stage in Stage if stage != Stage.REFERRED],
    "payout.": PayoutState.values,
    "topup.": TopUpState.values,
}
"""Verbs that are put together from a state."""


def services() -> Iterator[ast.AST]:
    for folder in ("carebudget", "plans", "payments", "providers"):
        for file in Path(settings.ROOT, folder).rglob("services/*.py"):
            yield from ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def recorded() -> set[str]:
    found: set[str] = set()
    for node in services():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if VERB.match(node.value) and node.value.split(".")[0] not in NOT_VERBS:
                found.add(node.value)
        elif isinstance(node, ast.keyword) and node.arg == "verb":
            found |= put_together(node.value)
    return found


def put_together(value: ast.expr) -> set[str]:
    if not isinstance(value, ast.JoinedStr):
        return set()
    first = value.values[0]
    assert isinstance(first, ast.Constant)
    assert first.value in MADE_UP_OF, f"say in MADE_UP_OF what can follow {first.value}"
    return {f"{first.value}{state}" for state in MADE_UP_OF[first.value]}


def test_the_search_finds_verbs_of_every_kind():
    found = recorded()
    assert {"plan.agreed", "invoice.sent", "provider.approved", "person.invited"} <= found
    assert {"case.taken", "case.live", "topup.failed", "payout.ready"} <= found
    assert len(found) > 70


def test_every_recorded_verb_has_words():
    assert recorded() - set(WORDS) == set(), "give these words in plans/selectors/timeline.py"


def test_no_words_are_kept_for_what_nobody_records():
    assert set(WORDS) - recorded() == set()


def test_words_read_on_from_a_name():
    for verb, words in WORDS.items():
        assert words[0].islower(), verb
        assert not words.endswith("."), verb

"""State machines with reasons: a guard carries the sentence shown to a person when it refuses.

Lives beside the helpers because every app's models use it. Holds no states of its own.
"""

from collections.abc import Callable
from typing import Any

from django.db import models
from django_fsm import FSMModelMixin, TransitionNotAllowed

from .errors import Conflict, Refused

Guard = Callable[[Any], bool]


class Machine(FSMModelMixin, models.Model):
    """Base of every aggregate with a protected state: ``refresh_from_db`` works, assignment does not."""

    class Meta:
        abstract = True


def guard(sentence: str, next_step: str = "") -> Callable[[Guard], Guard]:
    """Name a condition of a transition and give the sentence that explains its refusal."""

    def named(condition: Guard) -> Guard:
        condition.sentence = sentence  # type: ignore[attr-defined]
        condition.next_step = next_step  # type: ignore[attr-defined]
        return condition

    return named


def move(aggregate: Any, transition: str, **details: Any) -> None:
    """Call ``aggregate.<transition>(**details)`` and save it.

    Raises ``Refused`` with the guard's sentence when a guard says no, and ``Conflict`` when the
    aggregate is no longer in a state from which the transition leads.
    """
    method = getattr(aggregate, transition)
    try:
        method(**details)
    except TransitionNotAllowed as error:
        raise _explain(aggregate, method) from error
    aggregate.save()


def _explain(aggregate: Any, method: Any) -> Refused | Conflict:
    meta = method._django_fsm
    field = meta.field
    current = field.get_state(aggregate)
    found = meta.get_transition(current)
    if found is not None:
        for condition in found.conditions:
            if not condition(aggregate):
                return Refused(
                    f"{aggregate._meta.model_name}_{condition.__name__}",
                    getattr(condition, "sentence", "This cannot be done yet."),
                    getattr(condition, "next_step", ""),
                )
    label = dict(field.flatchoices).get(current, current)
    return Conflict(
        f"{aggregate._meta.model_name}_moved_on",
        f"This is now “{label}”, so it has already moved on.",
        "Look at it again before you do anything else.",
    )

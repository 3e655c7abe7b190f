"""The three ways a service says no. Pages show the sentence; logs carry the code."""


class CareBudgetError(Exception):
    """Base of every error that a person may be shown."""

    def __init__(self, code: str, sentence: str, next_step: str = "", field: str = "") -> None:
        self.code = code
        self.sentence = sentence
        self.next_step = next_step
        self.field = field
        super().__init__(f"{code}: {sentence}")


class Refused(CareBudgetError):
    """A rule said no. ``sentence`` says why in plain words, ``next_step`` what to do about it."""


class Conflict(CareBudgetError):
    """Someone else got there first: the thing is no longer in the state the page showed."""


class NotAllowed(CareBudgetError):
    """This person may not do this. Pages answer 404: what you may not see does not exist."""

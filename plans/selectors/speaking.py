"""How a page speaks of the person: to Margaret herself, or to somebody else about Margaret."""

from dataclasses import dataclass

from carebudget.people.models import User
from carebudget.people.predicates import is_person

from ..models import Case


@dataclass(frozen=True)
class Voice:
    """The words that differ between a page that speaks to the person and one that speaks about them."""

    own: bool
    name: str

    @property
    def you(self) -> str:
        """``you`` or ``Margaret``."""
        return "you" if self.own else self.name

    @property
    def your(self) -> str:
        """``your`` or ``Margaret’s``."""
        return "your" if self.own else f"{self.name}’s"

    @property
    def begins(self) -> str:
        """``Your`` or ``Margaret’s``, to begin a sentence with."""
        return "Your" if self.own else self.your


def voice_for(case: Case, user: User) -> Voice:
    """How a page about this case speaks to this reader."""
    return Voice(own=is_person(user, case.person), name=case.person.called)

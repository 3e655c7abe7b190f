"""Who reads a money page of a person, and how it speaks to them. Nothing is shown or written here."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from carebudget.people.access import signed_in
from plans.models import Case
from plans.selectors import Voice, voice_for


@dataclass(frozen=True)
class Reader:
    """Whose side the reader is on, how they are spoken to, and where they came from."""

    mine: bool
    voice: Voice
    back_href: str
    back_text: str


def reader_of(request: HttpRequest, case: Case) -> Reader:
    """The person and who helps them come from their desk, staff from the case, finance from theirs."""
    user = signed_in(request)
    mine = user.has_perm("plans.view_case_as_client", case)
    voice = voice_for(case, user)
    if mine:
        href, text = f"/my-budget/{case.reference}/", f"Back to {voice.your} budget"
    elif user.has_perm("plans.view_case", case):
        href, text = f"/cases/{case.reference}/", "Back to the case"
    else:
        href, text = "/payments/", "Back to payments"
    return Reader(mine=mine, voice=voice, back_href=href, back_text=text)


def about(request: HttpRequest, case: Case) -> dict[str, Any]:
    """What every money page of a person shows."""
    reader = reader_of(request, case)
    return {"case": case, "reader": reader, "mine": reader.mine, "voice": reader.voice}

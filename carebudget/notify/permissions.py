"""Who may read which message and which document.

A document belongs to those who were sent it, and to those who may see what it is about. What it is
about lies on higher floors (plans, payments), so those register who may see it: see ``may_view``.
"""

from collections.abc import Callable

import rules

from carebudget.people.models import User

from .models import Document, Message

Viewer = Callable[[User, str], bool]

_viewers: dict[str, Viewer] = {}


def may_view(kind: str) -> Callable[[Viewer], Viewer]:
    """Register who may see documents whose subject is ``"<kind>:<reference>"``.

    The function gets the user and the reference, and answers whether the user may see that subject.
    """

    def registered(viewer: Viewer) -> Viewer:
        _viewers[kind] = viewer
        return viewer

    return registered


@rules.predicate
def is_addressee(user: User, message: Message | None) -> bool:
    return message is not None and message.to_id == user.pk


@rules.predicate
def was_sent_document(user: User, document: Document | None) -> bool:
    return document is not None and Message.objects.filter(to=user, document=document).exists()


@rules.predicate
def may_view_subject(user: User, document: Document | None) -> bool:
    if document is None:
        return False
    kind, _, reference = document.subject.partition(":")
    viewer = _viewers.get(kind)
    return viewer is not None and viewer(user, reference)


rules.add_perm("notify.view_message", rules.is_authenticated & is_addressee)
rules.add_perm(
    "notify.view_document", rules.is_authenticated & (was_sent_document | may_view_subject)
)

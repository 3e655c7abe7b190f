from .inviting import (
    accept_invitation,
    give_role,
    invite_person,
    invite_representative,
    invite_user,
    open_invitation,
    user_for,
)

__all__ = [
    "accept_invitation",
    "give_role",
    "invite_person",
    "invite_representative",
    "invite_user",
    "open_invitation",
    "user_for",
]

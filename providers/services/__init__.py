from .members import end_membership, invite_member
from .registering import (
    add_rate,
    approve_provider,
    change_provider,
    record_check,
    register_provider,
    suspend_provider,
)

__all__ = [
    "add_rate",
    "approve_provider",
    "change_provider",
    "end_membership",
    "invite_member",
    "record_check",
    "register_provider",
    "suspend_provider",
]

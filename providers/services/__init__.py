from .registering import (
    add_rate,
    approve_provider,
    invite_member,
    record_check,
    register_provider,
    suspend_provider,
)

__all__ = [
    "add_rate",
    "approve_provider",
    "invite_member",
    "record_check",
    "register_provider",
    "suspend_provider",
]

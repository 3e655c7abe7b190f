from .provider import (
    REQUIRED_CHECKS,
    CheckKind,
    CheckOutcome,
    Provider,
    ProviderCheck,
    ProviderKind,
    ProviderMember,
    ProviderRate,
    ProviderState,
    RateUnit,
)

__all__ = [
    "REQUIRED_CHECKS",
    "CheckKind",
    "CheckOutcome",
    "Provider",
    "ProviderCheck",
    "ProviderKind",
    "ProviderMember",
    "ProviderRate",
    "ProviderState",
    "RateUnit",
]

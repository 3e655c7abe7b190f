from .checks import (
    EXPIRING_DAYS,
    CheckStanding,
    check_standings,
    checks_to_do,
    expiring_check,
    open_check,
)
from .directory import current_rates, people_supported, provider_by_reference, providers_matching
from .story import StoryItem, provider_story

__all__ = [
    "EXPIRING_DAYS",
    "CheckStanding",
    "StoryItem",
    "check_standings",
    "checks_to_do",
    "current_rates",
    "expiring_check",
    "open_check",
    "people_supported",
    "provider_by_reference",
    "provider_story",
    "providers_matching",
]

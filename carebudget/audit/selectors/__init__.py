"""Reading the record for timelines and the auditor's desk."""

from .chains import ChainLink, breach_at_end, chain_by_key, chain_links
from .checkpoints import Coverage, checkpoints_newest_first, coverage
from .searching import RecordSearch, search_record
from .timelines import timeline

__all__ = [
    "ChainLink",
    "Coverage",
    "RecordSearch",
    "breach_at_end",
    "chain_by_key",
    "chain_links",
    "checkpoints_newest_first",
    "coverage",
    "search_record",
    "timeline",
]

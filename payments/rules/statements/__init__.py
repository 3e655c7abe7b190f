"""Reading bank statements: which format a file is, and what stands in it. Pure."""

from .camt import looks_like_camt, read_camt
from .model import Line, Statement, StatementUnreadable, as_dry_run, with_fingerprints
from .table import CsvProfile, read_csv
from .writing import write_camt053, write_csv


def read_statements(content: bytes, *, profile: CsvProfile | None = None) -> list[Statement]:
    """All statements of a file, whatever its format. Raises ``StatementUnreadable`` with a sentence."""
    if not content.strip():
        raise StatementUnreadable("empty", "The file is empty.")
    if looks_like_camt(content) or content.lstrip().startswith(b"<"):
        return read_camt(content)
    return read_csv(content, profile) if profile else read_csv(content)


__all__ = [
    "CsvProfile",
    "Line",
    "Statement",
    "StatementUnreadable",
    "as_dry_run",
    "read_statements",
    "with_fingerprints",
    "write_camt053",
    "write_csv",
]

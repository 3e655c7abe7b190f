"""Reading bank statements: which format a file is, and what stands in it. Pure.

Nothing here stores, matches or trusts: a statement that does not add up is returned as it is.
"""

from .bai import looks_like_bai2, read_bai2
from .camt import looks_like_camt, read_camt
from .model import (
    Line,
    Statement,
    StatementUnreadable,
    amount_string,
    as_dry_run,
    with_fingerprints,
)
from .swift import looks_like_mt940, read_mt940
from .table import CsvProfile, read_csv
from .writing import write_camt053, write_csv

NOT_STATEMENTS = {
    b"%PDF": "This is a PDF. Ask the bank for the statement as camt.053, MT940, BAI2 or CSV.",
    b"PK\x03\x04": "This is a spreadsheet or a zip file. Save it as CSV, or unpack it first.",
    b"\xd0\xcf\x11\xe0": "This is a spreadsheet. Save it as CSV first.",
    b"\x1f\x8b": "This is a packed file. Unpack it first.",
}


def read_statements(
    content: bytes, *, filename: str = "", profile: CsvProfile | None = None
) -> list[Statement]:
    """All statements of a file, whatever its format: camt.053, MT940, BAI2 or CSV.

    The format is found from the content; a ``profile`` says that it is a CSV file with these
    columns. Raises ``StatementUnreadable``, and nothing else, with a sentence that names ``filename``
    when it is given.
    """
    try:
        return _read(content, profile)
    except StatementUnreadable as error:
        if not filename:
            raise
        raise StatementUnreadable(error.code, f"{filename}: {error.sentence}") from error


def _read(content: bytes, profile: CsvProfile | None) -> list[Statement]:
    if not content.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise StatementUnreadable("empty", "The file is empty.")
    for start, sentence in NOT_STATEMENTS.items():
        if content.startswith(start):
            raise StatementUnreadable("not_a_statement", sentence)
    if profile is not None:
        return read_csv(content, profile)
    if looks_like_camt(content):
        return read_camt(content)
    if looks_like_bai2(content):
        return read_bai2(content)
    if looks_like_mt940(content):
        return read_mt940(content)
    return read_csv(content)


__all__ = [
    "CsvProfile",
    "Line",
    "Statement",
    "StatementUnreadable",
    "amount_string",
    "as_dry_run",
    "read_statements",
    "with_fingerprints",
    "write_camt053",
    "write_csv",
]

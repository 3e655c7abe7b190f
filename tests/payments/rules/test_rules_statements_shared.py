"""The same over banks' real samples, where the shared folder of them stands beside the repository."""

import json
from pathlib import Path

import pytest

from payments.rules.statements import StatementUnreadable, as_dry_run, read_statements

SHARED = Path(__file__).parents[4] / "shared" / "statements"

EXPECTED = {
    "bai2-citi.bai2": [("77777777", "GBP", "100.00", "100.00", 1, "0.01", False)],
    "bai2-nwb.bai2": [("88888888 600004", "GBP", "365.21", "338.45", 5, "-26.76", True)],
    "camt053-v2-malformed.xml": "no_statement",
    "camt053-v2-minimal.xml": [("NL26VAYB8060476890", "EUR", "18.15", "-27.00", 1, "8.85", False)],
    "camt053-v2-multi-statement.xml": [
        ("NL26VAYB8060476890", "EUR", "18.15", "27.00", 1, "8.85", True),
        ("NL26VAYB8060476890", "EUR", "27.00", "20.00", 1, "-7.00", True),
    ],
    "camt053-v4.xml": [("NL26VAYB8060476890", "EUR", "18.15", "-27.00", 1, "8.85", False)],
    "mt940-abnamro.sta": [
        ("517852257", "EUR", "3236.28", "876.84", 8, "-321.44", False),
        ("517852257", "EUR", "2876.84", "1849.75", 2, "-24.49", False),
    ],
    "mt940-broken.sta": [
        ("50880050/0194787400888", "EUR", "766656.49", "1125250.40", 1, "50990.05", False)
    ],
    "mt940-sepa-snippet.sta": [
        ("50880050/0194787400888", "EUR", "766656.49", "1125250.40", 4, "358593.91", True),
        ("50880050/0194791600888", "EUR", "-1970431.87", "-4472049.09", 7, "-2501917.30", False),
    ],
}


def _files() -> list[Path]:
    return sorted(path for path in SHARED.glob("*") if path.is_file()) if SHARED.is_dir() else []


@pytest.mark.parametrize("path", _files(), ids=lambda path: path.name)
def test_a_real_sample_reads_as_it_stands(path: Path) -> None:
    try:
        found: object = [
            tuple(row.values())[1:] for row in as_dry_run(read_statements(path.read_bytes()))
        ]
    except StatementUnreadable as refused:
        found = refused.code
    json.dumps(found)

    assert found == EXPECTED.get(path.name, found)
    assert found

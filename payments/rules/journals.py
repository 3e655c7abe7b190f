"""How a journal for the general ledger reads: codes, columns and control totals. No database.

Codes are the council's own data: a cost centre for each team, a subjective code for each kind of
account, or for one kind in one programme. What has no code of its own gets the profile's other code.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from carebudget.money import Pence
from carebudget.sheets import Cell, Money, csv_bytes

SOURCES = {
    "batch": "Our number of the journal",
    "period": "The month, as 2026-10",
    "date": "The day",
    "cost_centre": "Cost centre",
    "subjective": "Subjective code",
    "debit": "Debit in pounds, empty when none",
    "credit": "Credit in pounds, empty when none",
    "amount": "Debit less credit in pounds",
    "description": "What it is",
    "entry": "Our number of the entry",
    "account": "Our account",
    "count": "How many sides of entries the line stands for",
}
"""What a column can be filled from."""

CONTROL = "CONTROL"


@dataclass(frozen=True)
class Codes:
    """The codes of one profile."""

    cost_centres: Mapping[str, str]
    subjectives: Mapping[str, str]
    other_cost_centre: str
    other_subjective: str

    def of(self, kind: str, programme: str, team: str) -> tuple[str, str]:
        """Cost centre and subjective code of a leg."""
        subjective = self.subjectives.get(f"{kind}:{programme}") or self.subjectives.get(kind)
        return (
            self.cost_centres.get(team, self.other_cost_centre) if team else self.other_cost_centre,
            subjective or self.other_subjective,
        )


@dataclass(frozen=True)
class JournalRow:
    """One line of a journal, in pence; debits and credits are both positive."""

    day: date
    cost_centre: str
    subjective: str
    debit_pence: Pence
    credit_pence: Pence
    description: str
    entry: str = ""
    account: str = ""
    count: int = 1


@dataclass(frozen=True)
class Journal:
    """What is written, and what it must add up to."""

    batch: str
    period: str
    day: date
    rows: Sequence[JournalRow] = field(default_factory=list)

    @property
    def debits_pence(self) -> Pence:
        """All debits."""
        return sum(row.debit_pence for row in self.rows)

    @property
    def credits_pence(self) -> Pence:
        """All credits."""
        return sum(row.credit_pence for row in self.rows)

    @property
    def count(self) -> int:
        """How many sides of entries all lines stand for."""
        return sum(row.count for row in self.rows)


def totals(
    legs: Iterable[tuple[str, str, str, Pence, Pence, int]], codes: Codes, *, day: date, words: str
) -> list[JournalRow]:
    """One line for each pair of codes. ``legs``: kind, programme, team, debits, credits, how many."""
    sums: dict[tuple[str, str], tuple[Pence, Pence, int]] = {}
    for kind, programme, team, debit, credit, count in legs:
        key = codes.of(kind, programme, team)
        before = sums.get(key, (0, 0, 0))
        sums[key] = (before[0] + debit, before[1] + credit, before[2] + count)
    return [
        JournalRow(day, *key, debit, credit, words, count=count)
        for key, (debit, credit, count) in sorted(sums.items())
    ]


def as_csv(journal: Journal, columns: Sequence[tuple[str, str]], *, control_line: bool) -> bytes:
    """The file for the general ledger; the last line says what the others must add up to."""
    rows = [[_cell(journal, row, source) for _, source in columns] for row in journal.rows]
    if control_line:
        total = JournalRow(
            journal.day, "", "", journal.debits_pence, journal.credits_pence,
            f"{CONTROL}: {len(journal.rows)} lines", count=journal.count,
        )  # fmt: skip
        rows.append([_cell(journal, total, source) for _, source in columns])
    return csv_bytes([heading for heading, _ in columns], rows)


def _cell(journal: Journal, row: JournalRow, source: str) -> Cell:
    cells: dict[str, Cell] = {
        "batch": journal.batch,
        "period": journal.period,
        "date": row.day,
        "cost_centre": row.cost_centre,
        "subjective": row.subjective,
        "debit": Money(row.debit_pence) if row.debit_pence else "",
        "credit": Money(row.credit_pence) if row.credit_pence else "",
        "amount": Money(row.debit_pence - row.credit_pence),
        "description": row.description,
        "entry": row.entry,
        "account": row.account,
        "count": row.count,
    }
    return cells[source]

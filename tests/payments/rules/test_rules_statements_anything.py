"""Whatever the bytes are, the answer is statements or one plain refusal, never another error."""

import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from statement_world import SAMPLES

from payments.rules.statements import Statement, StatementUnreadable, as_dry_run, read_statements

FILES = sorted(path for path in SAMPLES.iterdir() if path.is_file())
STARTS = [b"", b"<", b"<?xml ", b":20:x\n:25:y\n", b"01,a\n02,,,,,,,\n03,", b"Date,Amount,x\n"]


def read_or_refuse(content: bytes) -> list[Statement]:
    try:
        found = read_statements(content)
    except StatementUnreadable:
        return []
    assert found
    as_dry_run(found)
    for statement in found:
        assert statement.balanced <= (statement.difference_pence == 0)
    return found


@given(st.sampled_from(STARTS), st.binary(max_size=300))
@example(b"<", b"\x00")
@settings(max_examples=300, deadline=None)
def test_any_bytes(start: bytes, rest: bytes) -> None:
    read_or_refuse(start + rest)


@given(st.sampled_from(STARTS), st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text(start: bytes, rest: str) -> None:
    read_or_refuse(start + rest.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_sample_cut_anywhere_never_passes_for_more_than_it_is(path: Path) -> None:
    content = path.read_bytes()
    whole = read_statements(content)

    for cut in range(0, len(content), 29):
        for found in read_or_refuse(content[:cut]):
            # A CSV file cut at a row is a shorter statement: nothing in it says that more was meant.
            assert found.format == "csv" or not found.balanced or found in whole


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_sample_with_bytes_changed_is_read_or_refused(path: Path) -> None:
    content = path.read_bytes()
    chance = random.Random(20260302)

    for _ in range(60):
        changed = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        read_or_refuse(bytes(changed))

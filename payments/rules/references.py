"""Finding references in what a bank prints: re-spaced, run together, without hyphens, in any case. Pure."""

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from carebudget.ids import ALPHABET

ALIAS_SHORTEST = 4
"""A shorter reference of a payee's own turns up in any text by chance."""

_CODE = f"[{ALPHABET}]{{5,6}}"
_OURS = re.compile(f"[A-Z]{{3}}-{_CODE}")
_HYPHENS = "\\-‐‑–—./"
_WRITTEN = re.compile(
    rf"(?<![0-9A-Z])(PAY|TOP|RUN)(\s?[{_HYPHENS}]\s?|\s|)({_CODE})(?![0-9A-Z])", re.IGNORECASE
)
_NOT_CODE = re.compile(r"[^0-9A-Z]+")
_WORD = re.compile(r"[^\W\d_]{3,}")

Key = TypeVar("Key", bound=Hashable)


def references_in(words: str) -> set[str]:
    """References of ours that a line plainly shows, whether or not we know them.

    A code without a digit counts only with a hyphen, so that “pay waters” is not a reference.
    """
    return {
        f"{kind.upper()}-{code.upper()}"
        for kind, between, code in _WRITTEN.findall(words)
        if between.strip() or any(letter.isdigit() for letter in code)
    }


def named_in(words: Mapping[Key, str], references: Iterable[str]) -> dict[Key, frozenset[str]]:
    """For each text, which of these references of ours stand in it, however they are printed.

    References that are not of our form (a rail's own group) are never looked for in words, where a
    short or numeric one would turn up by chance.
    """
    known = {compact(name): name for name in references if _OURS.fullmatch(name)}
    prefixes = {code[:3] for code in known}
    lengths = sorted({len(code) for code in known}, reverse=True)
    if not known:
        return {key: frozenset() for key in words}
    starts = re.compile(f"(?=({'|'.join(sorted(prefixes))}))")
    return {key: _named(compact(text), starts, lengths, known) for key, text in words.items()}


def any_stands_in(aliases: Iterable[str], words: str) -> bool:
    """Whether one of the references, not ours, stands in the words as whole words of its own."""
    padded = f" {_NOT_CODE.sub(' ', words.upper())} "
    return any(
        len(compact(alias)) >= ALIAS_SHORTEST
        and f" {_NOT_CODE.sub(' ', alias.upper()).strip()} " in padded
        for alias in aliases
    )


def payee_named(payee: str, words: str) -> bool:
    """Whether every longer word of a payee's name stands in the words."""
    names = set(_WORD.findall(payee.lower()))
    return bool(names) and names <= set(_WORD.findall(words.lower()))


def compact(text: str) -> str:
    """Letters and digits only, in capitals: what is left of a reference however a bank prints it."""
    return _NOT_CODE.sub("", text.upper())


def _named(
    text: str, starts: re.Pattern[str], lengths: list[int], known: Mapping[str, str]
) -> frozenset[str]:
    """The longest reference at each place."""
    found = set()
    for start in starts.finditer(text):
        place = start.start()
        code = next(
            (text[place : place + n] for n in lengths if text[place : place + n] in known), ""
        )
        if code:
            found.add(known[code])
    return frozenset(found)

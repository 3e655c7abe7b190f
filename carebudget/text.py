"""Small helpers for words. Pure."""

from collections.abc import Sequence


def join_words(words: Sequence[str], last: str = "and") -> str:
    """``["tea", "milk", "jam"]`` → ``"tea, milk and jam"``."""
    if not words:
        return ""
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def plural(count: int, one: str, many: str = "") -> str:
    """``plural(2, "day")`` → ``"2 days"``; give ``many`` when adding *s* is wrong."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def sentence(words: str) -> str:
    """First letter capital, full stop at the end."""
    words = words.strip()
    if not words:
        return ""
    words = words[0].upper() + words[1:]
    return words if words[-1] in ".!?" else f"{words}."

"""How hard English is to read: the Flesch-Kincaid grade, with syllables counted from the spelling.

Grade = 0.39 × words a sentence + 11.8 × syllables a word − 15.59 (Kincaid and others, 1975); a grade
of 5 is a reading age of about ten. Syllables are counted by rule, good to about one word in twenty.
"""

import re

WORD = re.compile(r"[A-Za-z]+(?:[’'][A-Za-z]+)?|[0-9]+")
SENTENCE_END = re.compile(r"[.?!]+(?:\s|$)")
UNLIKE_THE_RULES = {
    "anybody": 4, "area": 3, "being": 2, "business": 2, "client": 2, "diabetes": 4, "different": 3,
    "diet": 2, "everybody": 4, "everyday": 3, "everything": 3, "everywhere": 3, "evening": 2,
    "idea": 3, "ideas": 3, "medicines": 3, "nowhere": 2, "people": 2, "quiet": 2, "really": 2,
    "science": 2, "somebody": 3, "someone": 2, "something": 2, "sometimes": 2, "somewhere": 2,
    "themselves": 2, "wednesday": 2,
}  # fmt: skip


def syllables(word: str) -> int:
    """How many syllables a word has; a figure is read at a glance, and counts as one."""
    if word.isdigit():
        return 1
    plain = re.sub(r"[’'](s|d|ll|re|ve|m|t)?$", "", word.lower()) or word.lower()
    if plain in UNLIKE_THE_RULES:
        return UNLIKE_THE_RULES[plain]
    count = len(re.findall(r"[aeiouy]+", plain))
    if re.search(r"[aeiouy]ing$", plain):
        count += 1
    silent = (
        (re.search(r"[^aeiouy]e$", plain) and not re.search(r"[^aeiouyl]le$", plain))
        or (re.search(r"[^aeiouy]ed$", plain) and not re.search(r"[td]ed$", plain))
        or (re.search(r"[^aeiouy]es$", plain) and not re.search(r"(s|x|z|ch|sh|c|g)es$", plain))
    )
    return max(1, count - (1 if silent else 0))


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of a text; words without a full stop count as one sentence."""
    words = WORD.findall(text)
    if not words:
        raise ValueError("There are no words to read")
    sentences = max(1, len(SENTENCE_END.findall(text + " ")))
    spoken = sum(syllables(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * spoken / len(words) - 15.59

"""The English text that every Python brings along: the reference of the language, as its `help()` shows it."""

from collections import Counter
from functools import cache
from importlib import import_module

ALPHABET = "\n" + "".join(map(chr, range(ord(" "), ord("~") + 1)))
"""Line break and printable ASCII: the same with every Python, so that networks keep their shapes."""
CHARACTERS = 360_000
"""Length of the text. Each Python has a few more than the one before it; 3.11 has 373 102."""


@cache
def english() -> str:
    """`CHARACTERS` characters of `ALPHABET`.

    Chapters repeat whole sections of others; every paragraph is kept once, for what is trained on must not come back
    in what is held back. What lies outside the alphabet is a space.
    """
    chapters: dict[str, str] = import_module("pydoc_data.topics").topics
    paragraphs = "\n\n".join(chapters[name] for name in sorted(chapters)).split("\n\n")
    kept: dict[str, str] = {}
    for paragraph in paragraphs:
        kept.setdefault(paragraph.strip(), paragraph.strip("\n"))
    text = "\n\n".join(kept.values())[:CHARACTERS]
    return "".join(character if character in ALPHABET else " " for character in text)


@cache
def frequencies() -> tuple[float, ...]:
    """How frequent each character of `ALPHABET` is in the text."""
    counted = Counter(english())
    return tuple(counted[character] / CHARACTERS for character in ALPHABET)

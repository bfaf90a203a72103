"""Loads named lists of phrases, in many languages, from a TOML file beside the code: data is data.

A phrase is a regular expression over folded text (lower case, no accents, words one space apart, no punctuation), or,
in a list whose name ends in `_raw`, over the text as it stands. It may be spelt with its accents; in scripts without
spaces it is written without them, and `(?:…)?` makes a character optional.
"""

import functools
import re
import tomllib
from pathlib import Path

from brain.words import UNSPACED, unaccented

# Folded text has a space before each of these characters, unless it is the first.
_UNSPACED = re.compile(rf"\[[{UNSPACED}]+\]|[{UNSPACED}]")


@functools.cache
def load(file: Path) -> dict[str, re.Pattern[str]]:
    """Each list as one pattern that finds any of its phrases as whole words."""
    lists: dict[str, list[str]] = tomllib.loads(file.read_text(encoding="utf-8"))
    return {name: _pattern(name, phrases) for name, phrases in lists.items()}


def _pattern(name: str, phrases: list[str]) -> re.Pattern[str]:
    either = "|".join(f"(?:{phrase})" for phrase in phrases)
    if name.endswith("_raw"):
        return re.compile(either, re.IGNORECASE)
    folded = _UNSPACED.sub(r" ?\g<0>", unaccented(either))
    return re.compile(rf"(?<!\w)(?:{folded})(?!\w)", re.IGNORECASE)

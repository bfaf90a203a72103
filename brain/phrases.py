"""Loads named lists of phrases, in many languages, from a TOML file beside the code: data is data.

A phrase is a regular expression over folded text (lower case, no accents, words one space apart, no punctuation), or,
in a list whose name ends in `_raw`, over the text as it stands.
"""

import functools
import re
import tomllib
from pathlib import Path


@functools.cache
def load(file: Path) -> dict[str, re.Pattern[str]]:
    """Each list as one pattern that finds any of its phrases as whole words."""
    lists: dict[str, list[str]] = tomllib.loads(file.read_text(encoding="utf-8"))
    return {name: _pattern(name, phrases) for name, phrases in lists.items()}


def _pattern(name: str, phrases: list[str]) -> re.Pattern[str]:
    either = "|".join(f"(?:{phrase})" for phrase in phrases)
    return re.compile(either if name.endswith("_raw") else rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)

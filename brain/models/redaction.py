"""Takes the customer out of a page's words before a model sees them.

A page repeats what it was told: a later step greets by name, a refusal quotes the number that it refuses. Here each
value of the profile becomes the name of its key; e-mail addresses, long numbers and what follows a host go as well.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from brain.values.texts import sentences
from schema.contracts.profile import BusinessProfile

_SHORTEST = 3
"""Shorter values are codes that say nothing of anybody, and stand inside other words."""

_WORTH_CLEANING = 50
"""Times what is shown: a page may be written to keep us busy."""

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PATH = re.compile(r"((?:https?://|\bwww\.)[^\s/?#]*)[/?#]\S*", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!\w)\+?\(?\d(?:[\s()./-]{0,3}\d){6,}(?!\w)")


class Redaction:
    """Made once per profile."""

    def __init__(self, profile: BusinessProfile) -> None:
        self._keys = {text.casefold(): key for key, text in _values(profile) if len(text) >= _SHORTEST}
        longest_first = sorted(self._keys, key=len, reverse=True)
        self._values = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)

    def __call__(self, text: str, most: int) -> str:
        """The text on one line, without the customer, at most `most` characters."""
        line = " ".join(text[: _WORTH_CLEANING * most].split())
        line = self._values.sub(lambda found: f"[{self._keys.get(found[0].casefold(), 'value')}]", line)
        line = _NUMBER.sub("[number]", _PATH.sub(r"\1/…", _EMAIL.sub("[e-mail]", line)))
        return line if len(line) <= most else f"{line[: most - 1]}…"


def _values(profile: BusinessProfile) -> Iterable[tuple[str, str]]:
    """Every value of the profile as text, with the key's name: whole, and in the pieces that a page might repeat."""
    # The contact's name is the one value that is a property, and pictures are not repeated in words.
    found: dict[str, object] = {"contact_name": profile.contact_name}
    found |= profile.model_dump(mode="json", exclude={"logo", "images", "hours"})
    for key, value in found.items():
        for text in map(str, value if isinstance(value, list) else [value]):
            yield key, " ".join(text.split())
            yield from ((key, " ".join(sentence.split())) for sentence in sentences(text))
            if "://" in text:
                yield key, text.partition("://")[2].removeprefix("www.").rstrip("/")
    host = urlsplit(profile.website).hostname
    if host:
        yield "website", host.removeprefix("www.")

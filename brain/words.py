"""How text written by strangers becomes comparable words: folding, splitting names, spotting generated ids."""

import re
import unicodedata
from functools import lru_cache

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_GENERATED = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{12,}"  # UUID
    r"|(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,}"  # hash
    r"|\d{5,}"  # timestamp, database id
    r"|(?<=:)r[0-9a-z]{1,3}(?=:)"  # React's useId
    r"|\b(?=[a-z0-9]*\d[a-z]+\d)[a-z0-9]{8,}\b",  # letters and digits in turn
    re.IGNORECASE,
)


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Lower case, no accents, words separated by single spaces; scripts other than Latin survive."""
    spread = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(char for char in spread if not unicodedata.combining(char)).replace("'", " ").replace("’", " ")
    return " ".join(re.findall(r"[^\W_]+", plain))


def words(text: str) -> tuple[str, ...]:
    """The folded words of a sentence."""
    return tuple(fold(text).split())


def identifier_words(name: str) -> tuple[str, ...]:
    """The folded words of a control's name or id: `listing[contactEmail]` → listing, contact, email."""
    return words(_CAMEL.sub(" ", name.replace("_", " ")))


def looks_generated(name: str) -> bool:
    """True if a name holds a part that will be another one on the next visit."""
    return bool(_GENERATED.search(name))


def stable(name: str) -> str:
    """The name with every generated part replaced by "#"."""
    return _GENERATED.sub("#", name)


def slug(text: str, limit: int = 40) -> str:
    """Folded words joined by hyphens, at most `limit` characters."""
    return fold(text).replace(" ", "-")[:limit].rstrip("-")

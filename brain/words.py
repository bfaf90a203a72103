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
    r"|(?<=\bel-id-)\d+"  # Element Plus
    r"|\b(?=[a-z0-9]*\d[a-z]+\d)[a-z0-9]{8,}\b",  # letters and digits in turn
    re.IGNORECASE,
)


# Letters that Unicode does not take apart, though people type them as if it did; what is no letter at all.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
    | {"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "ـ": None, "ʼ": " ", "\u00ad": None, "\u200d": None}
)
_VOICED = "\u3099\u309a"
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
    "\u3005\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
    "\uac00-\ud7a3"  # Hangul: it has spaces, but particles stick to words, and writers disagree on the spaces
)
"""Characters, as ranges of a regular expression's class, of scripts whose words no space sets apart."""

_INDIC = "\u0900-\u0963\u0966-\u0dff"  # with the vowel signs, which are no letters by themselves
_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}](?:[^\W_{UNSPACED}]|[{_INDIC}])*")
_UNSPACED = re.compile(rf"[{UNSPACED}]")


def unaccented(text: str) -> str:
    """The text with its letters reduced to those that everybody types: é → e, ł → l, й → и, ｱ → ア."""
    spread = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in spread if not unicodedata.combining(char) or char in _VOICED)
    return unicodedata.normalize("NFC", plain.translate(_LETTERS))


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Lower case, no accents, words separated by single spaces; scripts other than Latin survive.

    Where a script sets no space between its words, every character is a word: 公司名称 → 公 司 名 称.
    """
    if text.isascii():
        return " ".join(_WORD.findall(text.lower()))
    return " ".join(_WORD.findall(unaccented(unicodedata.normalize("NFKD", text).casefold())))


def is_character(word: str) -> bool:
    """True for a folded word that is one character of a script without spaces, and so seldom a word by itself."""
    return len(word) == 1 and bool(_UNSPACED.match(word))


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

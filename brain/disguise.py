"""Text as a person sees it: what is invisible is gone, what is written backwards is turned, look-alikes are Latin.

A page may write "Раssword" with Cyrillic letters, or with a zero-width space in the middle: to people it is the same
word, to a list of words another one. Honest text comes out as it went in.
"""

import re
import unicodedata

_OVERRIDDEN = re.compile("\u202e([^\u202c\u2069]*)[\u202c\u2069]?")
_SPACED = re.compile(r"(?<![^\W_])(?:[A-Za-z][ .·•_-]){4,}[A-Za-z](?![^\W_])")
_WORD = re.compile(r"[^\W_]+")
_LATIN = re.compile(r"[A-Za-z]")
_SMALL_CAPITALS = re.compile("[\u1d00-\u1d7f\ua730-\ua7af]")
_JOINING = re.compile("[\u0600-\u06ff\u0900-\u0dff]")
"""Scripts in which an invisible joiner changes what is read."""
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһԛԝВЕКМНОРСТХАІЈЅУвαοερικνυτχΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսոցհյՍՏᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꜱʀᴛᴜᴠᴡʏᴢ",
    "aeopcyxijsdhqwBEKMHOPCTXAIJSYbaoepiknutxABEZHIKMNOPTYXounghjUSabcdefghijklmnopsrtuvwyz",
)
_DIGITS = str.maketrans("0134578@$!|", "oieastbasil")


def as_seen(text: str) -> str:
    """The text without disguise."""
    if text.isascii():
        return text
    turned = _OVERRIDDEN.sub(lambda found: found.group(1)[::-1], text)
    kept = "\u200c\u200d" if _JOINING.search(turned) else ""
    plain = "".join(_shown(char, kept) for char in unicodedata.normalize("NFKC", turned))
    return _WORD.sub(_in_one_script, plain)


def read_loosely(text: str) -> str:
    """As somebody reads who wants to: digits as the letters they stand for, spaced letters as a word."""
    joined = _SPACED.sub(lambda found: re.sub(r"[\W_]", "", found.group()), text)
    return re.sub(r"\S+", lambda found: _lettered(found.group()), joined)


def _shown(char: str, kept: str) -> str:
    """Nothing for a character that no one sees: format controls, variation selectors, and pictures."""
    category = unicodedata.category(char)
    if category in ("Cf", "So", "Sk") or "\ufe00" <= char <= "\ufe0f":
        return char if char in kept else ""
    return " " if category.startswith("Z") or category == "Cc" else char


def _in_one_script(found: re.Match[str]) -> str:
    """A word that mixes Latin letters with their doubles from elsewhere, or is made of small capitals."""
    word = found.group()
    made = word.translate(_LOOKALIKES)
    mixed = not word.isascii() and (_LATIN.search(word) or _SMALL_CAPITALS.search(word))
    return made if mixed and made.isascii() else word


def _lettered(word: str) -> str:
    return word.translate(_DIGITS) if sum(char.isalpha() for char in word) >= 3 else word

"""Texts cut to a limit at a sentence, else at a word; lists cut between their items."""

import hashlib
import re

from schema.contracts.plan import Excerpt

_SENTENCE_END = re.compile(r"[.!?…](?=\s|$)")
# Not after one or two letters: "St. Louis" and "e.g. bread" are no ends.
_BETWEEN_SENTENCES = re.compile(r"(?<=\w\w\w[.!?…])\s+|(?<=[。！？])\s*|\s*\n\s*")


def length(text: str) -> int:
    """As browsers count it, in UTF-16: an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, limit: int | None) -> str:
    """At most `limit` long, ended at a sentence if that keeps half of it, else at a word."""
    text = text.strip()
    if limit is None or length(text) <= limit:
        return text
    limit -= length(text[:limit]) - len(text[:limit])
    head = text[:limit]
    ends = [match.end() for match in _SENTENCE_END.finditer(head)]
    if ends and ends[-1] >= limit // 2:
        return head[: ends[-1]].strip()
    space = limit if text[limit : limit + 1].isspace() else max(head.rfind(" "), head.rfind("\n"))
    return (head[:space] if space > limit // 3 else head).rstrip(" ,;:-–\n")


def sentences(text: str) -> tuple[str, ...]:
    """The text in sentences, each with its full stop; a line break ends one too."""
    return tuple(sentence for sentence in _BETWEEN_SENTENCES.split(text.strip()) if sentence)


def digest(text: str) -> str:
    """Tells one text from another, and nothing of what it says."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def excerpt(text: str, kept: Excerpt | None) -> str:
    """The kept sentences, joined by spaces; "" when they are another text's."""
    if kept is None or kept.of != digest(text):
        return ""
    listed = sentences(text)
    return " ".join(listed[number] for number in kept.sentences if 0 <= number < len(listed))


def joined(items: tuple[str, ...], limit: int | None, separator: str = ", ") -> str:
    """As many items as fit, in order."""
    out = ""
    for item in items:
        longer = f"{out}{separator}{item}" if out else item
        if limit is not None and len(longer) > limit:
            break
        out = longer
    return out


def one_line(text: str) -> str:
    """For controls that hold a single line."""
    return " ".join(text.split())

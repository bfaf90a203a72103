"""Typed text as it is meant: one spelling of spaces, and no characters that show nothing or turn the line around."""

import re
import unicodedata

# Marks that reverse what stands beside them, and others without a shape: a name may not hide in them.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_HANDLE = re.compile(r"@?[\w.-]{1,100}")
_HOST = re.compile(r"(?=.{4,253}$)(?:[\w-]{1,63}\.)+[^\W\d_][\w-]{1,62}")
_ADDRESS = re.compile(r"(?:(https?)://)?([^/?#@:\s]+)(:\d{1,5})?([/?#]\S*)?", re.IGNORECASE)


def line(text: str) -> str:
    """One line of text: no line breaks, single spaces."""
    return " ".join(_clean(text).split())


def paragraphs(text: str) -> str:
    """Several lines of text, at most one of them empty at a time."""
    lines = (" ".join(part.split()) for part in _clean(text).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def listed(text: str) -> tuple[str, ...]:
    """What commas, semicolons or line breaks separate, each once."""
    parts = (line(part) for part in re.split(r"[,;\n]", text))
    return tuple({part.casefold(): part for part in parts if part}.values())


def web_address(text: str) -> str | None:
    """The http(s) address that is meant, with its scheme; None for what is none that the world can reach."""
    found = _ADDRESS.fullmatch(line(text))
    if found is None or not _HOST.fullmatch(found[2]):
        return None
    return f"{(found[1] or 'https').lower()}://{found[2].lower()}{found[3] or ''}{found[4] or ''}"


def social_address(text: str, base: str) -> str | None:
    """A profile's address, of an address or of a mere name; `base` ends with what stands before the name."""
    typed = line(text)
    host = base.split("/")[2].removeprefix("www.")
    address = web_address(typed) if "." in typed and not typed.startswith("@") else None
    if address and "/" in typed:
        shown = address.split("/")[2].removeprefix("www.").removeprefix("m.")
        return (
            address
            if shown == host or shown.endswith(f".{host}") or (host == "x.com" and shown == "twitter.com")
            else None
        )
    return f"{base}{typed.lstrip('@')}" if _HANDLE.fullmatch(typed) else None


def _clean(text: str) -> str:
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _INVISIBLE.sub("", _CONTROL.sub("", text))

"""Web addresses with or without their scheme, and the names that social networks go by."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from brain import phrases
from schema.contracts.form import FieldKind, FormField

_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))
_BARE_EXAMPLE = re.compile(r"^(?:e\.?g\.?:?\s*)?(?:www\.)?[\w-]+\.[a-z]{2,}(?:/\S*)?$", re.IGNORECASE)
_PREFIX_SHOWN = re.compile(r"(?:https?://|\.com/|www\.)\s*$", re.IGNORECASE)


def spellings(url: str, field: FormField) -> tuple[str, ...]:
    """The address as given, without its last slash, without its scheme; what the field shows comes first.

    What stands fixed before the box is left off.
    """
    full = url.rstrip("/") if urlsplit(url).path in ("", "/") and not urlsplit(url).query else url
    bare = re.sub(r"^https?://", "", full)
    usual = [full, bare, re.sub(r"^www\.", "", bare), url]
    shown = " ".join((field.help, field.placeholder, *(label.text for label in field.labels)))
    if field.kind is FieldKind.URL:
        usual = [full, url]
    elif field.prefix:
        usual = [_without(field.prefix, full), bare, full]
    elif (
        _PHRASES["no_scheme_raw"].search(shown)
        or _BARE_EXAMPLE.match(field.placeholder)
        or any(_PREFIX_SHOWN.search(label.text) for label in field.labels)
    ):
        usual = [bare, re.sub(r"^www\.", "", bare), full]
    return tuple(dict.fromkeys(usual))


def _without(prefix: str, url: str) -> str:
    """The rest of an address whose beginning the page has written already; all of it where that is another one."""
    wanted, plain = (re.sub(r"^(?:https?://)?(?:www\.)?", "", text) for text in (prefix, url))
    if prefix.lower().endswith("//"):
        return re.sub(r"^https?://", "", url)
    return plain[len(wanted) :] if plain.lower().startswith(wanted.lower()) else url


def social(url: str, field: FormField) -> tuple[str, ...]:
    """A profile's address; its bare name first where the field asks for a name."""
    name = urlsplit(url).path.strip("/").split("/")[-1].lstrip("@")
    shown = " ".join((field.placeholder, field.help, *(label.text for label in field.labels)))
    addresses = spellings(url, field)
    if name and field.kind is not FieldKind.URL and field.prefix == "@":
        return (name, *addresses)
    if name and field.kind is not FieldKind.URL and not field.prefix and _PHRASES["handle_raw"].search(shown):
        named = (f"@{name}", name) if field.placeholder.startswith("@") else (name, f"@{name}")
        return (*named, *addresses)
    return addresses

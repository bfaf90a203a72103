"""Which picture an upload field takes: by its type, by its ending, by the size that the page states."""

import mimetypes
import re
from urllib.parse import urlsplit

from schema.contracts.form import FormField

_STATED = re.compile(r"(\d+(?:[.,]\d+)?)\s?(k|m)(?:i?b|o|byte|octets?)\b", re.IGNORECASE)
_ENDINGS = {"image/jpeg": (".jpg", ".jpeg"), "image/svg+xml": (".svg",)}
_MOST_AT_ONCE = 5


def accepts(field: FormField, picture: str) -> bool:
    """True if the field lets this picture in, as far as can be told of one that is a mere web address."""
    if picture.startswith("data:"):
        head, _, body = picture.partition(",")
        return takes(field, head.removeprefix("data:").split(";")[0].lower(), len(body) * 3 // 4)
    media, _ = mimetypes.guess_type(urlsplit(picture).path)
    return media is None or takes(field, media, 0)


def takes(field: FormField, media: str, size: int) -> bool:
    """True if the field's `accept` lets this media type in, and the size (bytes) is not above what the page states."""
    most = size_limit(field)
    if most is not None and size > most:
        return False
    if not field.accept.strip():
        return True
    endings = _ENDINGS.get(media, (f".{media.rpartition('/')[2]}",))
    return any(token in (media, "image/*", "*/*", *endings) for token in re.split(r"[,\s]+", field.accept.lower()))


def size_limit(field: FormField) -> int | None:
    """The least number of bytes that the field's own words name ("max. 2 MB", "500 Ko"); None where they name none."""
    said = " ".join((field.help, field.placeholder, *(label.text for label in field.labels)))
    sizes = [float(number.replace(",", ".")) * (1e6 if unit in "mM" else 1e3) for number, unit in _STATED.findall(said)]
    return int(min(sizes)) if sizes else None


def together(field: FormField, pictures: tuple[str, ...]) -> str:
    """As many pictures as one field takes at once, one a line."""
    return "\n".join(pictures[:_MOST_AT_ONCE] if field.multiple else pictures[:1])

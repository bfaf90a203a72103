"""An uploaded logo: shown to be a picture, small enough, without what else was in the file; then written anew by us.

Nothing of the file itself is kept: what directories get is our own PNG or JPEG, at most 1024 pixels a side.
"""

import base64
import io

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_BYTES = 5_000_000
"""Of the uploaded file."""

_MOST_PIXELS = 25_000_000
_SIDE = 1024
_SMALLEST_SIDE = 32
_PLENTY = 1_000_000
"""Bytes of a PNG above which a picture without transparency is better off as JPEG."""

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


class LogoRefused(Exception):
    """The file is not one that we take; the text says why and what we do take."""


def data_url(file: bytes) -> str:
    """The picture as a `data:` URL of at most 2 MB. Raises LogoRefused. Takes a second of CPU at worst."""
    if not file:
        raise LogoRefused("The file is empty.")
    if len(file) > MOST_BYTES:
        raise LogoRefused(f"The file is larger than {MOST_BYTES // 1_000_000} MB: choose a smaller one.")
    try:
        with Image.open(io.BytesIO(file), formats=_FORMATS) as picture:
            return _written(_checked(picture))
    except UnidentifiedImageError:
        raise LogoRefused("This is not a picture we can read: choose a PNG, JPEG, WebP or GIF file.") from None
    except LogoRefused:
        raise
    except (Image.DecompressionBombError, MemoryError):
        raise LogoRefused("The picture has too many pixels: choose a smaller one.") from None
    except Exception:  # a broken file makes the decoders raise whatever they like
        raise LogoRefused("The picture is damaged: save it anew, and choose that file.") from None


def content(url: str) -> tuple[bytes, str]:
    """Bytes and media type of a `data:` URL that we have made."""
    head, _, body = url.partition(",")
    return base64.b64decode(body), head.removeprefix("data:").split(";")[0]


def _checked(picture: Image.Image) -> Image.Image:
    """Before it is decoded: the file's header says how large it will be."""
    width, height = picture.size
    if width * height > _MOST_PIXELS:
        raise LogoRefused(f"The picture is {width} × {height} pixels: choose one of at most 5000 × 5000.")
    if min(width, height) < _SMALLEST_SIDE:
        raise LogoRefused(f"The picture is {width} × {height} pixels: directories want at least 250 × 250.")
    if picture.format == "JPEG":
        picture.draft("RGB", (_SIDE * 2, _SIDE * 2))
    return picture


def _written(picture: Image.Image) -> str:
    upright = ImageOps.exif_transpose(picture)
    transparent = upright.has_transparency_data
    plain = upright.convert("RGBA" if transparent else "RGB")
    plain.thumbnail((_SIDE, _SIDE))
    png = _bytes(plain, "PNG", optimize=True)
    if len(png) <= _PLENTY:
        return _url(png, "png")
    if not transparent:
        return _url(_bytes(plain, "JPEG", quality=88), "jpeg")
    # A photograph with transparency: half the side is a quarter of the bytes.
    plain.thumbnail((_SIDE // 2, _SIDE // 2))
    return _url(_bytes(plain, "PNG", optimize=True), "png")


def _bytes(picture: Image.Image, kind: str, **options: object) -> bytes:
    # A picture of its own, so that nothing of the file's other contents is written along.
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    buffer = io.BytesIO()
    bare.save(buffer, kind, **options)
    return buffer.getvalue()


def _url(file: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(file).decode()}"

"""Fetches a picture that the customer named by its address, so that it can be uploaded.

The address was typed by somebody we do not know: only public hosts are asked, and no more is read than an upload may
hold.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from activities.egress.http import Judged
from activities.egress.reach import PUBLIC, PrivateAddress

_MOST_BYTES = 5_000_000
_WITHIN_S = 15.0
_MOST_REDIRECTS = 3
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)


class PictureUnusable(Exception):
    """It cannot be had, is too big, or is no picture; the text is for people."""


@dataclass(frozen=True)
class Picture:
    """`media` is what its first bytes say it is, whatever the server called it."""

    media: str
    data: bytes


async def fetch_picture(url: str) -> Picture:
    """Raises PictureUnusable."""
    try:
        async with (
            httpx.AsyncClient(
                transport=Judged(PUBLIC), timeout=_WITHIN_S, follow_redirects=True, max_redirects=_MOST_REDIRECTS
            ) as client,
            client.stream("GET", url, headers={"Accept": "image/*"}) as answer,
        ):
            return await _read(answer)
    except httpx.TooManyRedirects as error:
        raise PictureUnusable("The picture's address leads on too often.") from error
    except httpx.UnsupportedProtocol as error:
        raise PictureUnusable("The picture's address is not one of the web.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PictureUnusable(f"The picture at {urlsplit(url).hostname} could not be fetched.") from error
    except PrivateAddress as error:
        raise PictureUnusable(str(error)) from error


async def _read(answer: httpx.Response) -> Picture:
    if not answer.is_success:
        raise PictureUnusable(f"The picture's server answers HTTP {answer.status_code}.")
    data = b""
    async for chunk in answer.aiter_bytes():
        data += chunk
        if len(data) > _MOST_BYTES:
            raise PictureUnusable(f"The picture is bigger than {_MOST_BYTES // 1_000_000} MB.")
    return Picture(_media(data), data)


def _media(data: bytes) -> str:
    for signature, media in _SIGNATURES:
        if data.startswith(signature):
            return media
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    raise PictureUnusable("What the picture's address leads to is no picture.")

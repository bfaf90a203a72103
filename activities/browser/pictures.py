"""Fetches a picture that the customer named by its address, so that it can be uploaded.

The address was typed by somebody we do not know: only public hosts are asked, the address that was judged is the one
that is connected to, and no more is read than an upload may hold.
"""

import ssl
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from activities.browser.egress import PrivateAddress, public_addresses

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
        async with httpx.AsyncClient(timeout=_WITHIN_S, trust_env=False) as client:
            for _ in range(_MOST_REDIRECTS + 1):
                found = await _ask(client, url)
                if isinstance(found, Picture):
                    return found
                url = found
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, ssl.SSLError) as error:
        raise PictureUnusable(f"The picture at {urlsplit(url).hostname} could not be fetched.") from error
    except PrivateAddress as error:
        raise PictureUnusable(str(error)) from error
    raise PictureUnusable("The picture's address leads on too often.")


async def _ask(client: httpx.AsyncClient, url: str) -> Picture | str:
    """The picture, or the address it has moved to."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise PictureUnusable("The picture's address is not one of the web.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = (await public_addresses(parts.hostname, port))[0]
    literal = f"[{address}]" if ":" in address else address
    target = urlunsplit((parts.scheme, f"{literal}:{port}", parts.path or "/", parts.query, ""))
    headers = {"Host": parts.netloc.rpartition("@")[2], "Accept": "image/*"}
    async with client.stream("GET", target, headers=headers, extensions={"sni_hostname": parts.hostname}) as answer:
        if answer.is_redirect:
            return urljoin(url, answer.headers["location"])
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

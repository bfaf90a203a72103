"""What a site's robots.txt asks of us (RFC 9309), from a copy that all workers share. It fetches nothing else.

A file that is not there forbids nothing. One that cannot be had for now leaves the site alone until it can.
"""

import asyncio
from datetime import timedelta
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import structlog
from protego import Protego

from activities.boundary import ActivityFailure
from activities.egress.http import Judged
from activities.egress.reach import PrivateAddress, Reach
from activities.useragent import PRODUCT, signature
from schema.failures import FailureType
from schema.store import robots
from schema.store.database import Pool
from schema.store.robots import RobotsFile

_MOST_BYTES = 500 * 1024
_MOST_REDIRECTS = 5
_TIMEOUT_S = 10.0
_FETCH_LIMIT_S = 20.0
_PAUSE_S = 0.25
_LOOKS = 100
"""For a file that another worker is fetching: a little longer than that may take."""

_LONGEST_DELAY_S = 300.0
"""What a site may ask for at most between two visits: a week's crawl-delay would be a refusal in disguise."""

_LONGEST_QUOTE = 200

_log = structlog.get_logger(__name__)


class Manners(NamedTuple):
    """What is asked of us for one address: the rule that forbids it ("" if none), and the least time between visits."""

    forbidden_by: str
    delay: timedelta


def robots_client(contact: str, reach: Reach) -> httpx.AsyncClient:
    """An HTTP client that says who it is, as the browser does, and goes where robots.txt may lead and no further."""
    return httpx.AsyncClient(
        transport=Judged(reach),
        headers={"User-Agent": signature(contact), "Accept-Encoding": "identity"},
        timeout=_TIMEOUT_S,
        follow_redirects=True,
        max_redirects=_MOST_REDIRECTS,
    )


class Robots:
    """Answers for every site. `client` is one made by `robots_client`."""

    def __init__(self, pool: Pool, client: httpx.AsyncClient) -> None:
        self._pool = pool
        self._client = client

    async def manners(self, url: str) -> Manners:
        """What the address's site asks of us. Raises ActivityFailure while its robots.txt cannot be had."""
        parts = urlsplit(url)
        file = await self._file(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower())
        if file.status >= HTTPStatus.MULTIPLE_CHOICES:
            return Manners("", timedelta())
        rules = Protego.parse(file.body)
        delay = timedelta(seconds=min(rules.crawl_delay(PRODUCT) or 0, _LONGEST_DELAY_S))
        return Manners("" if rules.can_fetch(url, PRODUCT) else _rule(file.body, url), delay)

    async def _file(self, origin: str) -> RobotsFile:
        """The copy, fetched first where it is time to: by one worker, while others wait if there is none to use."""
        for _ in range(_LOOKS):
            if await robots.claim_fetch(self._pool, origin):
                return await self._fetched(origin)
            file = await robots.find(self._pool, origin)
            if file is not None:
                return file
            await asyncio.sleep(_PAUSE_S)
        raise ActivityFailure(FailureType.DIRECTORY_UNREACHABLE, "The site's robots.txt does not come.")

    async def _fetched(self, origin: str) -> RobotsFile:
        """Fetch it and keep it. The old copy, if there is one to use, where it cannot be had."""
        try:
            async with asyncio.timeout(_FETCH_LIMIT_S):
                file = await self._fetch(f"{origin}/robots.txt")
        except (httpx.HTTPError, httpx.InvalidURL, ActivityFailure, TimeoutError) as error:
            await robots.note_failure(self._pool, origin)
            old = await robots.find(self._pool, origin)
            _log.warning("robots.txt not fetched", origin=origin, error=type(error).__name__, copy=old is not None)
            if old is not None:
                return old
            if isinstance(error, ActivityFailure):
                raise
            raise ActivityFailure(FailureType.DIRECTORY_UNREACHABLE, "The site's robots.txt cannot be had.") from error
        await robots.keep(self._pool, origin, file)
        return file

    async def _fetch(self, url: str) -> RobotsFile:
        try:
            async with self._client.stream("GET", url) as answer:
                if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS or answer.is_server_error:
                    raise ActivityFailure(
                        FailureType.DIRECTORY_UNREACHABLE,
                        f"The site's robots.txt answers HTTP {answer.status_code}, so nothing is known to be allowed.",
                    )
                body = b""
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) >= _MOST_BYTES:
                        break
                text = body[:_MOST_BYTES].decode("utf-8-sig", "replace").replace("\0", "")
                return RobotsFile(text if answer.is_success else "", answer.status_code)
        except PrivateAddress as error:
            raise ActivityFailure(FailureType.DIRECTORY_UNREACHABLE, str(error)) from None
        except httpx.TooManyRedirects:
            # RFC 9309 §2.3.1.2: as if there were none.
            return RobotsFile("", HTTPStatus.NOT_FOUND)


def _rule(body: str, url: str) -> str:
    """The line that forbids the address: of those that do, the longest decides."""
    lines = sorted((line.partition("#")[0].strip() for line in body.splitlines()), key=len, reverse=True)
    forbids = (line for line in lines if line and not Protego.parse(f"User-agent: *\n{line}").can_fetch(url, PRODUCT))
    return next(forbids, "Disallow")[:_LONGEST_QUOTE]

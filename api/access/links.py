"""Links without an account: found, sent anew by mail, and out of force when one was shared."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Collection
from uuid import UUID, uuid4

from schema.contracts.link import Link, OpenedJob
from schema.contracts.mail import MailKind
from schema.store import links, mails
from schema.store.database import Pool

_SAME_TIME_S = 0.3
"""How long asking for a link takes, whether the address is known or not."""


class LinkService:
    """Finds links, sends them again, and replaces them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, secret: str) -> Link | None:
        """The link of this secret, if it is in force."""
        return await links.find(self._pool, secret)

    async def opened(self, shown: Collection[str]) -> tuple[OpenedJob, ...]:
        """The jobs that these secrets open, the newest first; a browser keeps one for each job it has opened."""
        return await links.opened(self._pool, shown) if shown else ()

    async def ask_again(self, email: str) -> None:
        """Promise new links to whoever has jobs under this address: neither word nor time tells whether anybody has."""
        async with _lasting(_SAME_TIME_S):
            await mails.put_links(self._pool, email)

    async def renew(self, job_id: UUID) -> str:
        """Put all links of the job out of force, promise its customer a new one, and return one for this browser."""
        async with self._pool.acquire() as connection, connection.transaction():
            await links.revoke_all(connection, job_id)
            await mails.put(connection, MailKind.LINKS, job_id, f"renewed:{uuid4()}")
            return await links.mint(connection, job_id, "renewed in the browser")


@contextlib.asynccontextmanager
async def _lasting(seconds: float) -> AsyncIterator[None]:
    begun = time.monotonic()
    try:
        yield
    finally:
        await asyncio.sleep(seconds - (time.monotonic() - begun))

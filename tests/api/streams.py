"""A browser that watches a job, as far as its event stream goes."""

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx

from schema.store import links
from schema.store.database import Pool

_WITHIN_S = 60.0
"""What must come has come by then, on however slow a machine."""


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """One event as it arrived."""

    event: str
    data: Any
    id: int | None


@dataclasses.dataclass(slots=True)
class Browser:
    """Reads one stream as far as it lasts. `last` is where it would go on."""

    lines: AsyncIterator[str]
    last: int | None = None

    async def next(self) -> Told:
        """Raises EOFError when the stream has ended, TimeoutError when nothing comes."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(_WITHIN_S):
            async for line in self.lines:
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "event" in fields:
                    number = int(fields["id"]) if "id" in fields else None
                    self.last = number or self.last
                    return Told(fields["event"], json.loads(fields["data"]), number)
                else:
                    fields = {}
        raise EOFError

    async def until(self, event: str, **wanted: object) -> Told:
        """The next event of this name whose data holds that."""
        return (await self.told_until(event, **wanted))[-1]

    async def told_until(self, event: str, **wanted: object) -> list[Told]:
        """All that comes up to the next event of this name whose data holds that, and that one."""
        found: list[Told] = []
        async with asyncio.timeout(_WITHIN_S):
            while True:
                found.append(await self.next())
                if found[-1].event == event and wanted.items() <= found[-1].data.items():
                    return found


@dataclasses.dataclass(slots=True)
class Customer:
    """Somebody with a link to a job, and the address of the API."""

    url: str
    job_id: UUID
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    @contextlib.asynccontextmanager
    async def watch(self, last: int | str | None = None) -> AsyncIterator[Browser]:
        headers = self.headers if last is None else {**self.headers, "Last-Event-ID": str(last)}
        async with (
            httpx.AsyncClient(base_url=self.url, timeout=_WITHIN_S) as client,
            client.stream("GET", f"/api/jobs/{self.job_id}/events", headers=headers) as answer,
        ):
            assert answer.status_code == 200, await answer.aread()
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield Browser(answer.aiter_lines())

    async def get(self, path: str = "") -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.url, timeout=_WITHIN_S, headers=self.headers) as client:
            return await client.get(f"/api/jobs/{self.job_id}{path}")


async def customer(url: str, pool: Pool, job_id: UUID) -> Customer:
    return Customer(url, job_id, await links.mint(pool, job_id, "test"))

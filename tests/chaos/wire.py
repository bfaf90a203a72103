"""A stretch of wire between the browsers and the street, which can be told to break.

A plain TCP relay: it resets connections in the middle of whatever they carry, and understands nothing of it.
"""

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.serving import address, serving

_CHUNK = 1_024
_CUT = 0.6
"""So many of the connections break while it is told to."""

_MEAN_BYTES = 2_500
"""How much a broken one has carried, both ways together: about a form's page, or a post and a half."""


@dataclass(slots=True)
class Wire:
    """`url` is where the street is reached through it."""

    street: str
    url: str = ""
    _dice: random.Random | None = None

    @contextlib.contextmanager
    def cutting(self, seed: int) -> Iterator[None]:
        """New connections may break for the length of the block."""
        self._dice = random.Random(seed)
        try:
            yield
        finally:
            self._dice = None

    async def carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """One connection from its beginning to its end, or until it breaks."""
        left = _Length(self._breaks_after())
        parts = urlsplit(self.street)
        far: asyncio.StreamWriter | None = None
        try:
            reader, far = await asyncio.open_connection(parts.hostname, parts.port)
            ways = [asyncio.create_task(_pour(near, far, left)), asyncio.create_task(_pour(reader, back, left))]
            try:
                await asyncio.gather(*ways)
            finally:
                for way in ways:
                    way.cancel()
        except _Broken:
            for end in filter(None, (back, far)):
                _reset(end)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for end in filter(None, (back, far)):
                end.close()

    def _breaks_after(self) -> int | None:
        if self._dice is None or self._dice.random() > _CUT:
            return None
        return int(self._dice.expovariate(1 / _MEAN_BYTES))


class _Broken(Exception):
    """The wire broke here."""


@dataclass(slots=True)
class _Length:
    """How many bytes a connection may still carry; None is no limit."""

    left: int | None

    def take(self, wanted: int) -> int:
        """How many of them may pass."""
        if self.left is None:
            return wanted
        passing = min(wanted, self.left)
        self.left -= passing
        return passing


def _reset(writer: asyncio.StreamWriter) -> None:
    """End it as a broken line does: without a farewell, and without what was still to be said."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, length: _Length) -> None:
    while data := await reader.read(_CHUNK):
        passing = length.take(len(data))
        writer.write(data[:passing])
        await writer.drain()
        if passing < len(data):
            raise _Broken
    writer.write_eof()


@contextlib.asynccontextmanager
async def open_wire(street: str) -> AsyncIterator[Wire]:
    """A wire to the street at that address."""
    wire = Wire(street)
    async with serving(wire.carry) as server:
        wire.url = f"http://{address(server)}"
        yield wire

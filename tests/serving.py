"""A raw server on a free port for the length of a block: for sites that do what web frameworks never do."""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

from activities.egress.reach import Reach

LOOPBACK = Reach((ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1")))
"""What those who visit them must be able to reach."""

_TAKEN = socket.socket()
_TAKEN.bind(("127.0.0.1", 0))

NOWHERE = f"127.0.0.1:{_TAKEN.getsockname()[1]}"
"""A host and port where every connection is refused: taken and never listened on, so that nobody else may come to."""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[asyncio.Server]:
    """`serve` gets every connection; those still open at the end are cut off."""
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await serve(reader, writer)
        tasks.discard(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    try:
        yield server
    finally:
        server.close()
        for task in tasks:
            task.cancel()


def address(server: asyncio.Server) -> str:
    """Its host and port."""
    return f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

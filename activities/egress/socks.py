"""The browsers' way out: a SOCKS5 server (RFC 1928, CONNECT without authentication) on the loopback interface.

The browser leaves every name to it, so no redirect, frame, picture, script or second answer of a name server leads
anywhere but where `Reach` says.
"""

import asyncio
import contextlib
import ipaddress

from activities.egress.reach import PrivateAddress, Reach

_PATIENCE_S = 10.0
_CHUNK = 65_536
_IPV4, _NAME, _IPV6 = 1, 3, 4
_OK, _NOT_ALLOWED, _UNREACHABLE, _NOT_SUPPORTED = 0, 2, 4, 7

_Opened = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Egress:
    """Between `open` and `close`, `url` is what a browser is told as its proxy."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def close(self) -> None:
        if self._server:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server
        return f"socks5://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError, TimeoutError), contextlib.closing(writer):
            async with asyncio.timeout(_PATIENCE_S):
                await _greet(reader, writer)
                host, port = await _wanted(reader)
            code, opened = await self._connect(host, port)
            writer.write(bytes((5, code, 0, _IPV4)) + bytes(6))
            await writer.drain()
            if opened:
                await _join((reader, writer), opened)

    async def _connect(self, host: str, port: int) -> tuple[int, _Opened | None]:
        """The reply's code, and the connection if there is one."""
        if not host:
            return _NOT_SUPPORTED, None
        try:
            addresses = await self._reach.addresses(host, port)
        except PrivateAddress:
            return _NOT_ALLOWED, None
        except OSError:
            return _UNREACHABLE, None
        for address in addresses:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_PATIENCE_S):
                    return _OK, await asyncio.open_connection(address, port)
        return _UNREACHABLE, None


async def _join(browser: _Opened, site: _Opened) -> None:
    """Carry both ways until the browser ends it: it waits for no more then, and a site may go on for ever."""
    answers = asyncio.create_task(_pump(site[0], browser[1]))
    try:
        await _pump(browser[0], site[1])
    except OSError:
        # A site that takes no more of a post may have said why.
        await asyncio.wait([answers], timeout=_PATIENCE_S)
    finally:
        answers.cancel()
        await asyncio.gather(answers, return_exceptions=True)
        # Not closed: what the site does not read would keep it open.
        site[1].transport.abort()


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(b"\x05\x00")
    await writer.drain()


async def _wanted(reader: asyncio.StreamReader) -> tuple[str, int]:
    """Where the browser wants to go; ("", 0) for what is not a connection."""
    _, command, _, kind = await reader.readexactly(4)
    if kind == _NAME:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode("ascii", "replace")
    else:
        host = str(ipaddress.ip_address(await reader.readexactly(16 if kind == _IPV6 else 4)))
    port = int.from_bytes(await reader.readexactly(2), "big")
    return (host, port) if command == 1 else ("", 0)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until this side says no more; the other may go on."""
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    finally:
        with contextlib.suppress(OSError):
            writer.write_eof()

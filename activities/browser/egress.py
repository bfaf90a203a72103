"""The way out for a browser that opens addresses which strangers name: to public addresses, and nowhere else.

A SOCKS5 server (RFC 1928, CONNECT without authentication) on the loopback interface. The browser leaves every name to
it, so the address that was judged is the one that is connected to: no redirect, frame, picture or second answer of a
name server leads into the private network. It decides where a page may come from, not what it may do.
"""

import asyncio
import contextlib
import ipaddress
import socket
from typing import Self

_PATIENCE_S = 10.0
_CHUNK = 65_536
_IPV4, _NAME, _IPV6 = 1, 3, 4
_OK, _NOT_ALLOWED, _UNREACHABLE, _NOT_SUPPORTED = 0, 2, 4, 7
_TRANSLATED = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""IPv6 that carries an IPv4 address somewhere else: what it leads to depends on the network we are in."""


class PrivateAddress(Exception):
    """The host is not a public one; the text is for people."""


async def public_addresses(host: str, port: int) -> list[str]:
    """The addresses of the host. Raises PrivateAddress if one of them is not public, OSError if there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not all(map(_is_public, addresses)):
        raise PrivateAddress(f"{host} is not a public address.")
    return addresses


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return _is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in _TRANSLATED):
            return False
    return ip.is_global and not ip.is_multicast


class Egress:
    """Use as an async context manager; `url` is what a browser is told as its proxy."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
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
        connection = asyncio.create_task(_serve(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, EOFError, TimeoutError), contextlib.closing(writer):
        async with asyncio.timeout(_PATIENCE_S):
            await _greet(reader, writer)
            host, port = await _wanted(reader)
        code, opened = await _connect(host, port)
        writer.write(bytes((5, code, 0, _IPV4)) + bytes(6))
        await writer.drain()
        if opened:
            with contextlib.closing(opened[1]):
                await asyncio.gather(_pump(reader, opened[1]), _pump(opened[0], writer))


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


async def _connect(host: str, port: int) -> tuple[int, tuple[asyncio.StreamReader, asyncio.StreamWriter] | None]:
    """The reply's code, and the connection if there is one."""
    if not host:
        return _NOT_SUPPORTED, None
    try:
        addresses = await public_addresses(host, port)
    except PrivateAddress:
        return _NOT_ALLOWED, None
    except OSError:
        return _UNREACHABLE, None
    for address in addresses:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                return _OK, await asyncio.open_connection(address, port)
    return _UNREACHABLE, None


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until this side says no more; the other may go on."""
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    finally:
        with contextlib.suppress(OSError):
            writer.write_eof()

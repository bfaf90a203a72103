"""The way out of the browser that opens strangers' addresses leads to public addresses only, however they are named."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator

import pytest

from activities.browser import egress
from activities.browser.egress import Egress, PrivateAddress, public_addresses

PRIVATE = (
    "127.0.0.1",
    "127.8.9.1",
    "localhost",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "2130706433",
    "0x7f.1",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
)


@pytest.mark.parametrize("host", PRIVATE)
async def test_a_private_address_is_refused_by_whatever_name(host: str) -> None:
    with pytest.raises(PrivateAddress, match=host.replace(".", "[.]")):
        await public_addresses(host, 80)


@pytest.mark.parametrize("host", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
async def test_a_public_address_is_taken(host: str) -> None:
    assert await public_addresses(host, 80)


async def test_a_name_that_also_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def both(*_: object, **__: object) -> list[object]:
        return [(0, 0, 0, "", ("93.184.215.14", 80)), (0, 0, 0, "", ("10.0.0.1", 80))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", both)
    with pytest.raises(PrivateAddress):
        await public_addresses("both.example", 80)


@contextlib.asynccontextmanager
async def through(way_out: Egress) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to the proxy, as a browser opens it: greeted, and ready to be told where to."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(way_out.url.rpartition(":")[2]))
    writer.write(b"\x05\x01\x00")
    assert await reader.readexactly(2) == b"\x05\x00"
    yield reader, writer
    writer.close()


def to(host: str, port: int, command: int = 1) -> bytes:
    return struct.pack("!BBBBB", 5, command, 0, 3, len(host)) + host.encode() + struct.pack("!H", port)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.read())
    writer.close()


async def test_what_is_said_arrives_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress, "_is_public", lambda _: True)
    said = b"a long story " * 50_000
    async with (
        await asyncio.start_server(echo, "127.0.0.1", 0) as server,
        Egress() as way_out,
        through(way_out) as (reader, writer),
    ):
        writer.write(to("localhost", server.sockets[0].getsockname()[1]))
        assert (await reader.readexactly(10))[:2] == b"\x05\x00"
        writer.write(said)
        writer.write_eof()
        assert await reader.read() == said


REFUSED = {
    "a private name": (to("localhost", 80), 2),
    "a private IPv4 address": (b"\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50", 2),
    "a private IPv6 address": (b"\x05\x01\x00\x04" + bytes(15) + b"\x01\x00\x50", 2),
    "no host at all": (to("no such name.invalid", 80), 4),
    "to be called back": (to("93.184.215.14", 80, command=2), 7),
    "datagrams": (to("93.184.215.14", 80, command=3), 7),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_not_done_is_answered_and_ends(what: str) -> None:
    asked, code = REFUSED[what]
    async with Egress() as way_out, through(way_out) as (reader, writer):
        writer.write(asked)
        answer = await reader.read()
    assert (len(answer), answer[:2]) == (10, bytes((5, code)))


async def test_its_end_ends_what_goes_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress, "_is_public", lambda _: True)
    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server, contextlib.AsyncExitStack() as stack:
        way_out = Egress()
        async with way_out:
            reader, writer = await stack.enter_async_context(through(way_out))
            writer.write(to("127.0.0.1", server.sockets[0].getsockname()[1]))
            await reader.readexactly(10)
        async with asyncio.timeout(5):
            assert await reader.read() == b""

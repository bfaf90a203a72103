"""The way out of what opens strangers' addresses leads to public addresses only, however they are named."""

import asyncio
import contextlib
import ipaddress
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import playwright.async_api
import pytest

from activities.browser.pool import BrowserPool
from activities.egress.http import Judged
from activities.egress.reach import PUBLIC, PrivateAddress, Reach
from activities.egress.socks import Egress
from tests.patience import PATIENCE_S
from tests.serving import LOOPBACK, serving

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
        await PUBLIC.addresses(host, 80)


@pytest.mark.parametrize("host", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
async def test_a_public_address_is_taken(host: str) -> None:
    assert await PUBLIC.addresses(host, 80)


async def test_a_name_that_also_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(*_: object, **__: object) -> list[object]:
        return [(0, 0, 0, "", ("93.184.215.14", 80)), (0, 0, 0, "", ("10.0.0.1", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(PrivateAddress):
        await PUBLIC.addresses("both.example", 80)


@pytest.mark.parametrize("host", ["no such name.invalid", f"{'a' * 64}.example", "a..example", ""])
async def test_what_is_no_name_has_no_address(host: str) -> None:
    with pytest.raises((OSError, PrivateAddress)):
        await PUBLIC.addresses(host, 80)


async def test_a_network_that_the_settings_name_is_reached_and_nothing_beside_it() -> None:
    reach = Reach((ipaddress.ip_network("10.1.0.0/16"),))
    assert await reach.addresses("10.1.2.3", 80) == ["10.1.2.3"]
    with pytest.raises(PrivateAddress):
        await reach.addresses("10.2.0.1", 80)


async def test_what_one_of_ours_has_typed_is_reached_and_nothing_beside_it() -> None:
    reach = await PUBLIC.including("http://127.0.0.2:8000/add")
    assert await reach.addresses("127.0.0.2", 9000) == ["127.0.0.2"]
    with pytest.raises(PrivateAddress):
        await reach.addresses("127.0.0.1", 8000)


@contextlib.asynccontextmanager
async def opened(reach: Reach) -> AsyncIterator[Egress]:
    way_out = Egress(reach)
    await way_out.open()
    try:
        yield way_out
    finally:
        await way_out.close()


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


async def test_what_is_said_arrives_both_ways() -> None:
    said = b"a long story " * 50_000

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(len(said)))
        writer.close()

    async with serving(echo) as server, opened(LOOPBACK) as way_out, through(way_out) as (reader, writer):
        writer.write(to("localhost", server.sockets[0].getsockname()[1]))
        assert (await reader.readexactly(10))[:2] == b"\x05\x00"
        writer.write(said)
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
    async with opened(PUBLIC) as way_out, through(way_out) as (reader, writer):
        writer.write(asked)
        answer = await reader.read()
    assert (len(answer), answer[:2]) == (10, bytes((5, code)))


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """It takes whatever comes, says nothing, and never ends the connection."""
    while await reader.read(1_000):
        pass
    await asyncio.Event().wait()


async def test_its_end_ends_what_goes_through_it() -> None:
    async with serving(silent) as server, contextlib.AsyncExitStack() as stack:
        async with opened(LOOPBACK) as way_out:
            reader, writer = await stack.enter_async_context(through(way_out))
            writer.write(to("127.0.0.1", server.sockets[0].getsockname()[1]))
            await reader.readexactly(10)
        async with asyncio.timeout(PATIENCE_S):
            assert await reader.read() == b""


async def test_a_site_that_never_hangs_up_keeps_no_connection_that_the_browser_has_left() -> None:
    async with serving(silent) as server, opened(LOOPBACK) as way_out:
        async with through(way_out) as (reader, writer):
            writer.write(to("127.0.0.1", server.sockets[0].getsockname()[1]))
            await reader.readexactly(10)
            carried = set(way_out._connections)
        assert carried
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*carried)


_PAGE = """<!doctype html><h1>Add your business</h1><script>
async function lure(inside, port, datagrams) {
  const tried = await Promise.allSettled([
    fetch(inside, {mode: "no-cors"}),
    fetch("/moved", {mode: "no-cors"}),
    new Promise((done) => document.body.append(Object.assign(new Image(), {src: inside, onerror: done, onload: done}))),
    new Promise((done) => document.body.append(
      Object.assign(document.createElement("iframe"), {src: inside, onload: done}))),
    call([{urls: `stun:127.0.0.1:${datagrams}`},
          {urls: `turn:127.0.0.1:${port}?transport=tcp`, username: "x", credential: "x"}]),
  ]);
  return tried.length;
}
async function call(iceServers) {
  const connection = new RTCPeerConnection({iceServers});
  connection.createDataChannel("x");
  await connection.setLocalDescription(await connection.createOffer());
  for (let i = 0; i < 40 && connection.iceGatheringState != "complete"; i++) {
    await new Promise((done) => setTimeout(done, 50));
  }
}
</script>"""


async def test_whatever_a_directorys_page_does_nothing_private_is_asked(browser_path: Path) -> None:
    knocks: list[bytes] = []

    async def inside(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        knocks.append(await reader.read(100))
        writer.close()

    class Datagrams(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            knocks.append(data)

    async with serving(inside) as server:
        port = server.sockets[0].getsockname()[1]
        address = f"http://127.0.0.1:{port}/"
        datagrams, _ = await asyncio.get_running_loop().create_datagram_endpoint(Datagrams, local_addr=("127.0.0.1", 0))
        door = datagrams.get_extra_info("sockname")[1]

        async def directory(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
            head = f"HTTP/1.1 302 X\r\nLocation: {address}" if path == b"/moved" else "HTTP/1.1 200 OK"
            writer.write(f"{head}\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n{_PAGE}".encode())
            writer.close()

        reach = Reach((ipaddress.ip_network("127.0.0.2"),))
        async with (
            await asyncio.start_server(directory, "127.0.0.2", 0) as outside,
            BrowserPool(browser_path, 1, "https://directorybolt.example/bot", reach) as pool,
            pool.visit() as visit,
        ):
            url = f"http://127.0.0.2:{outside.sockets[0].getsockname()[1]}/"
            await visit.page.goto(url)
            assert await visit.page.evaluate("(where) => lure(...where)", [address, port, door]) == 5
            for leads_inside in (f"{url}moved", address):
                with pytest.raises(playwright.async_api.Error):
                    await visit.page.goto(leads_inside)
            async with httpx.AsyncClient(transport=Judged(reach), follow_redirects=True) as client:
                assert (await client.get(url)).is_success
                with pytest.raises(PrivateAddress):
                    await client.get(f"{url}moved")
        datagrams.close()
    assert knocks == []

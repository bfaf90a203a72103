"""A server that speaks 2Captcha's API (in.php, res.php) over TLS, with people behind it who do as a test says."""

import asyncio
import base64
import contextlib
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.serving import address, serving

KEY = "k" * 32

Work = Callable[[dict[str, str]], str]
"""What the people behind it make of one captcha, as it was sent: their answer, or an ERROR_ of the API."""


@dataclass(slots=True)
class TwoCaptchaServer:
    """The first `not_ready` polls come too early, and the first `lost_polls` are hung up on; all requests while `down`.

    `accepts` is its answer to a captcha; while `silent`, it has none to anything.
    """

    work: Work = lambda _: "K7QX4"
    not_ready: int = 0
    accepts: str = "OK|4711"
    lost_polls: int = 0
    down: bool = False
    silent: bool = False
    address: str = ""
    sent: list[dict[str, str]] = field(default_factory=list)
    polls: int = 0
    reported: list[tuple[str, str]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in head.split("\r\n"))}
            body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
            target = urlsplit(head.split(" ", 2)[1])
            if self.silent:
                await asyncio.sleep(60)
            if self.down or self._loses(target.path):
                writer.transport.abort()
                return
            status, said = await asyncio.to_thread(self._answer, target.path, dict(parse_qsl(target.query or body)))
            content = said.encode()
            line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: text/plain\r\n"
            writer.write(f"{line}Content-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode() + content)
            await writer.drain()
        writer.close()

    def _loses(self, path: str) -> bool:
        lost = path == "/res.php" and self.lost_polls > 0
        self.lost_polls -= lost
        return lost

    def _answer(self, path: str, asked: dict[str, str]) -> tuple[int, str]:
        if asked["key"] != KEY:
            return 200, "ERROR_WRONG_USER_KEY"
        if path == "/in.php":
            self.sent.append(asked)
            return 200, self.accepts
        if asked["action"] in ("reportbad", "reportgood"):
            self.reported.append((asked["action"], asked["id"]))
            return 200, "OK_REPORT_RECORDED"
        self.polls += 1
        if self.polls <= self.not_ready:
            return 200, "CAPCHA_NOT_READY"
        answer = self.work(self.sent[-1])
        return 200, answer if answer.startswith("ERROR_") else f"OK|{answer}"

    def picture(self) -> bytes:
        """The picture that was sent last."""
        return base64.b64decode(self.sent[-1]["body"])


@contextlib.asynccontextmanager
async def open_two_captcha(folder: Path) -> AsyncIterator[TwoCaptchaServer]:
    """`folder / "ca.pem"` is the certificate to trust."""
    server = TwoCaptchaServer()
    async with serving(server.serve, _context(folder)) as listening:
        server.address = address(listening)
        yield server


def _context(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "2captcha")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = folder / "ca.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, key_pem)
    return context

"""The channels that alerts go through, each against a local end: log, webhook in Slack's format, mail server."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs

from activities.channels import Channel, ChannelFailed, EmailChannel, LogChannel, SlackChannel
from schema.contracts.alert import Notice, Word
from tests.activities.receivers import Mailbox, MailDoor, Webhook, mailbox, webhook
from tests.serving import NOWHERE

__all__ = ["mailbox", "webhook"]

NOTICES = (
    Notice(key="a", word=Word.RAISED, text="<b> & so on: it is broken."),
    Notice(key="b", word=Word.RESOLVED, text="It works."),
)


async def test_slack_is_told_in_its_own_format(webhook: Webhook) -> None:
    await SlackChannel(webhook.url).send(NOTICES)
    assert webhook.posted == [{"text": "&lt;b&gt; &amp; so on: it is broken.\nResolved: It works."}]


async def test_a_mail_goes_to_everybody(mailbox: Mailbox) -> None:
    await EmailChannel(mailbox.url, "alerts@example.org", ["a@example.org", "b@example.org"]).send(NOTICES)
    (mail,) = mailbox.mails
    assert (mail["From"], mail["To"]) == ("alerts@example.org", "a@example.org, b@example.org")
    assert mail["Subject"] == "DirectoryBolt: <b> & so on (and 1 more)"
    assert mailbox.recipients == ["a@example.org", "b@example.org"]
    assert mailbox.texts == ["<b> & so on: it is broken.\n\nResolved: It works.\n"]


async def test_more_than_a_screenful_is_counted(webhook: Webhook) -> None:
    await SlackChannel(webhook.url).send([NOTICES[0]] * 33)
    lines = webhook.texts[0].splitlines()
    assert (len(lines), lines[-1]) == (31, "… and 3 more: `directorybolt alerts list`.")


async def test_the_log_is_told() -> None:
    with capture_logs() as logs:
        await LogChannel().send(NOTICES)
    assert [(line["event"], line["log_level"], line["key"]) for line in logs] == [
        ("alert raised", "error", "a"),
        ("alert resolved", "info", "b"),
    ]


async def test_no_channel_lets_out_where_it_leads(
    webhook: Webhook, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    webhook.status = 404
    cases: dict[str, Channel] = {
        "HTTP 404": SlackChannel(webhook.url),
        "ConnectError": SlackChannel(f"http://{NOWHERE}/s3cret"),
        "InvalidURL": SlackChannel("http://127.0.0.1:port/s3cret"),
        "SMTPConnectError": EmailChannel(f"smtp://user:s3cret@{NOWHERE}", "a@example.org", ["b@example.org"]),
        # It offers no TLS, so it is not shown the password.
        "SMTPException": EmailChannel(mailbox.url.replace("//", "//user:s3cret@"), "a@example.org", ["b@example.org"]),
        "1 recipients": EmailChannel(mailbox.url, "a@example.org", ["nobody-s3cret@example.org"]),
    }
    for reason, channel in cases.items():
        with pytest.raises(ChannelFailed) as caught:
            await channel.send(NOTICES)
        assert reason in str(caught.value)
        assert "s3cret" not in str(caught.value)
        assert caught.value.__cause__ is None
    # What httpx says is kept out of our logs by `configure_logs`; the mail server is the test's own.
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "mail"))]
    assert "s3cret" not in " ".join(record.getMessage() for record in ours)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's end of TLS for 127.0.0.1, with a certificate that this test's clients trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    alternatives = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(alternatives, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = tmp_path / "certificate.pem", tmp_path / "key.pem"
    pem.write_bytes(made.public_bytes(Encoding.PEM))
    key_pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, key_pem)
    return context


# The server does not see that smtps:// is TLS already.
@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_password_goes_over_tls(certificate: ssl.SSLContext, scheme: str) -> None:
    box, seen = Mailbox(), list[tuple[bytes, bytes]]()

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert session.ssl or scheme == "smtps"
        seen.append((data.login, data.password))
        return AuthResult(success=True)

    tls: dict[str, Any] = (
        {"ssl_context": certificate, "auth_require_tls": False}
        if scheme == "smtps"
        else {"tls_context": certificate, "require_starttls": True}
    )
    door = MailDoor(box, authenticator=authenticate, auth_required=True, **tls)
    door.start()
    try:
        url = f"{scheme}://us%40er:s3%2Fcret@127.0.0.1:{door.port}"
        await EmailChannel(url, "a@example.org", ["b@example.org"]).send(NOTICES)
    finally:
        door.stop()
    assert seen == [(b"us@er", b"s3/cret")]
    assert len(box.mails) == 1

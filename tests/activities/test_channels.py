"""The channels that alerts go through, each against a local end: log, webhook in Slack's format, mail server."""

import pytest
from structlog.testing import capture_logs

from activities.channels import Channel, ChannelFailed, EmailChannel, LogChannel, SlackChannel
from deploy.local.ports import free_port
from schema.contracts.alert import Notice, Word
from tests.activities.receivers import Mailbox, Webhook, mailbox, webhook

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
    nowhere = free_port(0, set())
    cases: dict[str, Channel] = {
        "HTTP 404": SlackChannel(webhook.url),
        "ConnectError": SlackChannel(f"http://127.0.0.1:{nowhere}/s3cret"),
        "InvalidURL": SlackChannel("http://127.0.0.1:port/s3cret"),
        "SMTPConnectError": EmailChannel(f"smtp://user:s3cret@127.0.0.1:{nowhere}", "a@example.org", ["b@example.org"]),
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

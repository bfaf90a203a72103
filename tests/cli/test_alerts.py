"""`directorybolt alerts`: what staff were told of, and whether the channels work."""

import asyncio

from schema.contracts.alert import DeadLetters
from schema.store import alerts
from schema.store.database import Pool
from tests.activities.receivers import Mailbox, Webhook, mailbox, webhook
from tests.cli.conftest import Command

__all__ = ["mailbox", "webhook"]


async def test_a_list_tells_what_is_open(command: Command, pool: Pool) -> None:
    assert command("alerts", "list", "--json").json == []
    assert "no alert" in command("alerts", "list").err
    await alerts.observe(pool, [DeadLetters(messages=2)])
    (alert,) = command("alerts", "list", "--json").json
    assert (alert["kind"], alert["resolved_at"], alert["sent"]) == ("dlq_not_empty", None, [])
    assert "2 messages" in alert["text"]
    ran = command("alerts", "list")
    assert (ran.code, "2 messages" in ran.out) == (0, True)


async def test_a_test_goes_through_every_channel_and_tells_which_work(
    command: Command, webhook: Webhook, mailbox: Mailbox
) -> None:
    channels = {
        "ALERT_SLACK_WEBHOOK_URL": webhook.url,
        "SMTP_URL": mailbox.url,
        "ALERT_EMAIL_FROM": "alerts@example.org",
        "ALERT_EMAIL_TO": "staff@example.org, other@example.org",
    }
    # In a thread: the webhook answers from this loop.
    ran = await asyncio.to_thread(command, "alerts", "test", "--json", **channels)
    assert (ran.code, ran.json) == (
        0,
        [{"channel": name, "sent": 1, "error": ""} for name in ("log", "slack", "email")],
    )
    assert webhook.texts == ["A test: this channel tells staff of alerts."]
    assert mailbox.recipients == ["staff@example.org", "other@example.org"]
    webhook.status = 500
    ran = await asyncio.to_thread(command, "alerts", "test", **channels)
    assert ran.code == 1
    assert "HTTP 500" in ran.out
    assert "slack" in ran.err
    assert webhook.SECRET not in ran.out + ran.err


def test_a_wrong_channel_is_named(command: Command) -> None:
    assert command("alerts", "test", ALERT_SLACK_WEBHOOK_URL="hooks.slack.com/s3cret").failed(2, "ALERT_SLACK_WEBHOOK")
    assert command("alerts", "test", SMTP_URL="mail.example.org").failed(2, "SMTP_URL", "smtp://")
    assert command("alerts", "test", SMTP_URL="smtp://mail.example.org:port").failed(2, "SMTP_URL")
    assert command("alerts", "test", ALERT_EMAIL_TO="staff").failed(2, "ALERT_EMAIL_TO", "addresses")
    assert command("alerts", "test", ALERT_EMAIL_TO="a@example.org").failed(2, "ALERT_EMAIL_TO", "SMTP_URL")

"""Which channels staff are told through: the log always, the others where they are configured."""

from activities.channels import Channel, EmailChannel, LogChannel, SlackChannel
from deploy.runtime.settings import Settings


def alert_channels(settings: Settings) -> tuple[Channel, ...]:
    channels: list[Channel] = [LogChannel()]
    if settings.alert_slack_webhook_url:
        channels.append(SlackChannel(settings.alert_slack_webhook_url.get_secret_value()))
    if settings.smtp_url and settings.alert_email_from and settings.alert_recipients:
        channels.append(
            EmailChannel(settings.smtp_url.get_secret_value(), settings.alert_email_from, settings.alert_recipients)
        )
    return tuple(channels)

"""`directorybolt alerts`: what staff have been told of, and whether the channels work."""

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from deploy.cli.failures import SERVICE_FAILED, CommandFailed, database
from deploy.cli.options import AsJson
from deploy.cli.output import console, plain, print_json, remarks
from deploy.runtime.settings import Settings, load_settings
from schema.contracts.alert import Alert, ChannelResult, Notice, Word
from schema.store import alerts

app = typer.Typer(no_args_is_help=True)

_TEST = Notice(key="test", word=Word.RAISED, text="A test: this channel tells staff of alerts.")


@app.command("list")
def list_alerts(
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many: open ones first, then the newest.")] = 50,
) -> None:
    """What is wrong now, and what was."""
    found = asyncio.run(_listed(limit))
    if as_json:
        print_json(found)
        return
    if not found:
        remarks.print("There is no alert, and there was none.")
        return
    table = Table("alert", "since", "over", "told", "what")
    for alert in found:
        over = f"{alert.resolved_at:%Y-%m-%d %H:%M} UTC" if alert.resolved_at else "[red]no[/]"
        table.add_row(
            alert.kind,
            f"{alert.first_seen_at:%Y-%m-%d %H:%M} UTC",
            over,
            ", ".join(alert.sent),
            plain(alert.text, 300),
        )
    console.print(table)


@app.command("test")
def try_channels(as_json: AsJson = False) -> None:
    """Send a test through every configured channel, and say which worked."""
    results = asyncio.run(_tried(load_settings()))
    if as_json:
        print_json(results)
    else:
        table = Table("channel", "", "reason")
        for result in results:
            table.add_row(
                result.channel, "[red]failed[/]" if result.error else "[green]sent[/]", plain(result.error, 300)
            )
        console.print(table)
    failed = [result.channel for result in results if result.error]
    if failed:
        raise CommandFailed(f"No alert would arrive through: {', '.join(failed)}.", SERVICE_FAILED)


async def _listed(limit: int) -> tuple[Alert, ...]:
    async with database(load_settings()) as pool:
        return await alerts.shown(pool, limit)


async def _tried(settings: Settings) -> tuple[ChannelResult, ...]:
    from activities.channels import Channel, ChannelFailed
    from deploy.runtime.alerts import alert_channels
    from deploy.runtime.logs import configure_logs

    # As a worker's log would show it.
    configure_logs(settings.log_level)

    async def tried(channel: Channel) -> ChannelResult:
        try:
            await channel.send([_TEST])
        except ChannelFailed as error:
            return ChannelResult(channel=channel.name, error=str(error))
        return ChannelResult(channel=channel.name, sent=1)

    return tuple(await asyncio.gather(*map(tried, alert_channels(settings))))

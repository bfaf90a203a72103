"""The command's entry point: gathers the groups, and turns every known failure into one sentence and an exit code."""

import asyncio
import os
import socket
import sys
from typing import Annotated

import typer

from deploy.cli import (
    access,
    actions,
    actions_solve,
    alerts,
    deployments,
    directories,
    dlq,
    explain,
    form,
    jobs,
    links,
    local,
    mails,
    payments,
    plan,
    replay,
    upkeep,
    workers,
)
from deploy.cli.failures import BAD_INPUT, SERVICE_FAILED, CommandFailed
from deploy.cli.output import remarks
from deploy.runtime.browser_path import BrowserNotFound, find_browser
from deploy.runtime.database import DatabaseUnusable, using_database
from deploy.runtime.settings import SettingsError, load_brain_settings, load_settings
from schema.migrate import MigrationError, migrate

_LOOPBACK = ("127.0.0.1", "::1", "localhost")

app = typer.Typer(
    name="directorybolt",
    help="Lists a business in hundreds of online directories: once each, with proof.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(local.app, name="local", help="The embedded stack on this machine.")
app.add_typer(jobs.app, name="jobs", help="Paid jobs: create, list, show, watch, hold back, cancel.")
actions.app.command("solve")(actions_solve.solve)
app.add_typer(actions.app, name="actions", help="What waits for a person: list, claim, solve, resolve.")
app.add_typer(directories.app, name="directories", help="The directories that can be submitted to.")
app.add_typer(access.token_app, name="tokens", help="Who is let in: staff and services.")
app.add_typer(access.audit_app, name="audit", help="What staff did.")
app.add_typer(alerts.app, name="alerts", help="What staff are told of.")
app.add_typer(deployments.app, name="deployments", help="Which builds work, and what still waits for an old one.")
jobs.app.command()(explain.explain)
app.add_typer(dlq.app, name="dlq", help="Messages that were never handled: why, and back into the queue.")
app.add_typer(form.app, name="form", help="What the brain makes of a form.")
app.add_typer(links.app, name="links", help="How customers get to their jobs: list, make, revoke.")
app.add_typer(mails.app, name="mails", help="What customers are mailed.")
app.add_typer(payments.app, name="payments", help="What was paid, what is owed back, and what Stripe has to tell.")
app.add_typer(upkeep.app, name="upkeep", help="Heal and tidy up now, or see what there is to heal.")
app.command("workers")(workers.list_workers)
app.add_typer(plan.app, name="plan", help="What would be filled in, before anything is sent.")
app.command("replay")(replay.replay)


@app.command()
def worker() -> None:
    """Run a worker until it is told to stop; it finishes what is in hand."""
    from deploy.runtime.wiring import StartFailed
    from deploy.runtime.worker import main

    try:
        main()
    except StartFailed as error:
        raise CommandFailed(str(error), SERVICE_FAILED) from None


@app.command()
def api(
    host: Annotated[str | None, typer.Option(help="Address to listen on; API_HOST by default.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; API_PORT by default.")] = None,
) -> None:
    """Run the API until it is told to stop; it finishes what is in hand."""
    from deploy.runtime.api import serve

    settings = load_settings()
    address, number = host or settings.api_host, port or settings.api_port
    _must_be_free(address, number, "The API", "API")
    serve(settings, address, number)


@app.command()
def brain(
    host: Annotated[str | None, typer.Option(help="Address to listen on; BRAIN_HOST by default.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on; BRAIN_PORT by default.")
    ] = None,
) -> None:
    """Run the brain's service (POST /plan) until it is told to stop. It needs a browser and nothing else."""
    import uvicorn

    settings = load_brain_settings()
    address, number = host or settings.brain_host, port or settings.brain_port
    if not settings.brain_token and address not in _LOOPBACK:
        raise CommandFailed(
            f"The brain would open pages for anybody who reaches {address}: set BRAIN_TOKEN, or listen on 127.0.0.1."
        )
    _must_be_free(address, number, "The brain", "BRAIN")
    try:
        find_browser(settings.browser_path)
    except BrowserNotFound as error:
        raise CommandFailed(str(error), SERVICE_FAILED) from None
    uvicorn.run("deploy.runtime.brain:app", factory=True, host=address, port=number, log_config=None)


def _must_be_free(address: str, port: int, who: str, prefix: str) -> None:
    """Raises CommandFailed where something listens there already, or nobody may."""
    try:
        socket.create_server((address, port)).close()
    except OSError as error:
        # The address that follows is told already.
        reason = (error.strerror or str(error)).partition(" (")[0]
        raise CommandFailed(
            f"{who} cannot listen on {address}:{port} ({reason}): choose another with --host and --port, "
            f"or {prefix}_HOST and {prefix}_PORT."
        ) from None


@app.command("migrate")
def migrate_command() -> None:
    """Bring the database's tables up to date; does nothing when they are."""
    url = load_settings().database_url.get_secret_value()
    with using_database(url):
        applied = asyncio.run(migrate(url))
    remarks.print(applied or "The tables are up to date.")


def run() -> None:
    """Entry point of the `directorybolt` script."""
    try:
        app()
    except CommandFailed as failed:
        _end(str(failed), failed.exit_code)
    except SettingsError as error:
        _end(str(error), BAD_INPUT)
    except DatabaseUnusable as error:
        _end(str(error), SERVICE_FAILED)
    except MigrationError as error:
        _end(f"The migrations failed: {error}", SERVICE_FAILED)
    except BrokenPipeError:
        # The reader of our output (head, less) went away: not an error, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _end(sentence: str, exit_code: int) -> None:
    remarks.print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(exit_code)

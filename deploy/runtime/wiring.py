"""The only place that builds activities and gives them their clients."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from activities.alerts import Alerts
from activities.artifacts import ArtifactStore
from activities.bridge import Bridge
from activities.browser.chromium import BrowserFailed
from activities.browser.pool import BrowserPool
from activities.egress.reach import Reach
from activities.ledger import Ledger
from activities.letters import Letterhead
from activities.mailbox import Mailbox
from activities.mails import Mails
from activities.payments import Payments
from activities.pending import PendingArtifacts
from activities.planning import Planning
from activities.printing import Printing
from activities.queues import Queue
from activities.reconciling import Reconciling
from activities.retention import Retention
from activities.robots import Robots, robots_client
from activities.smtp import MailServer
from activities.solving import Solver
from activities.submission import Submitting
from activities.two_captcha import TwoCaptcha
from activities.upkeep import Upkeep
from deploy.runtime.alerts import alert_channels
from deploy.runtime.aws import s3_client, sqs_client
from deploy.runtime.browser_path import BrowserNotFound, find_browser
from deploy.runtime.client import connect
from deploy.runtime.database import DatabaseUnusable, using_database
from deploy.runtime.models import advisor
from deploy.runtime.queues import QueueUnusable, using_queue
from deploy.runtime.settings import Settings
from deploy.runtime.stripe import stripe_gateway
from schema.contracts.job import Tier
from schema.store.database import Pool, Seat, open_pool

Activity = Callable[..., Any]


class StartFailed(Exception):
    """A service that is needed from the start does not answer; the text is one sentence with the way out."""


@dataclasses.dataclass(frozen=True, slots=True)
class Wired:
    """What a worker needs: its clients, and the activities of its two task queues."""

    client: Client
    pool: Pool
    activities: tuple[Activity, ...]
    browser_activities: tuple[Activity, ...]


@contextlib.asynccontextmanager
async def wired(settings: Settings) -> AsyncIterator[Wired]:
    """Open every client, and close them in reverse order. Raises StartFailed."""
    async with contextlib.AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            await open_pool(settings.database_url.get_secret_value(), settings.database_pool_size, Seat.WORKER)
        )
        client = await _reach(settings, pool)
        sqs = sqs_client(settings)
        jobs, dead_letters = Queue(sqs, settings.sqs_queue_name), Queue(sqs, settings.dead_letter_queue_name)
        artifacts = ArtifactStore(s3_client(settings), settings.artifact_bucket, pool)
        reach = Reach(settings.private_networks)
        try:
            executable = find_browser(settings.browser_path)
            browser = await stack.enter_async_context(
                BrowserPool(executable, settings.browser_slots, settings.user_agent_contact, reach)
            )
        except BrowserNotFound as error:
            raise StartFailed(str(error)) from None
        except BrowserFailed as error:
            raise StartFailed(f"{executable}: {str(error).rstrip('.')}; correct BROWSER_PATH.") from None
        windows = {tier: settings.window(tier) for tier in Tier}
        ledger = Ledger(pool, client, windows, timedelta(seconds=settings.directory_patience_s))
        bridge = Bridge(pool, client, jobs, settings.temporal_task_queue)
        payments = Payments(pool, client, await stack.enter_async_context(stripe_gateway(settings)))
        repeat_after = timedelta(hours=settings.alert_repeat_hours)
        alerts = Alerts(pool, client, jobs, dead_letters, alert_channels(settings), repeat_after)
        upkeep = Upkeep(pool, client, settings.temporal_task_queue)
        retention = Retention(pool, artifacts, timedelta(days=settings.result_retention_days))
        models = await stack.enter_async_context(advisor(settings))
        robots = Robots(pool, await stack.enter_async_context(robots_client(settings.user_agent_contact, reach)))
        solver = _solver(settings)
        planning = Planning(pool, browser, artifacts, robots, models, solver)
        submitting = Submitting(pool, browser, artifacts, models, solver)
        reconciling = Reconciling(pool, browser, artifacts, robots, _mailbox(settings))
        yield Wired(
            client=client,
            pool=pool,
            activities=(
                ledger.begin_job,
                ledger.settle_children,
                ledger.finish_job,
                ledger.reopen_directories,
                ledger.take_turn,
                ledger.give_up,
                ledger.ask_person,
                ledger.resolve_action,
                ledger.expire_action,
                ledger.read_standing,
                bridge.bridge_messages,
                bridge.relay_outbox,
                alerts.raise_alerts,
                upkeep.sweep_outbox,
                upkeep.mark_lost_workers,
                upkeep.restart_jobs,
                upkeep.settle_submissions,
                upkeep.expire_actions,
                PendingArtifacts(pool, artifacts).store_pending,
                _mails(settings, pool).send_mails,
                payments.stop_jobs,
                payments.reconcile_payments,
                retention.archive_results,
                retention.roll_history,
                retention.remove_orphans,
                retention.forget_drafts,
                retention.forget_records,
            ),
            browser_activities=(
                planning.plan_submission,
                submitting.submit,
                reconciling.look_up,
                Printing(browser, artifacts).print_report,
            ),
        )


def _solver(settings: Settings) -> Solver | None:
    """Who is paid to answer captchas where a directory permits it; nobody without a key."""
    if settings.twocaptcha_api_key is None:
        return None
    return TwoCaptcha(settings.twocaptcha_api_key.get_secret_value(), settings.twocaptcha_server)


def _mails(settings: Settings, pool: Pool) -> Mails:
    """Customers' mails wait where it is not said through which server they go, or from whom."""
    server = MailServer(settings.smtp_url.get_secret_value()) if settings.smtp_url else None
    sender = settings.mail_from
    return Mails(pool, server, Letterhead(sender, settings.public_url, settings.support_email) if sender else None)


def _mailbox(settings: Settings) -> Mailbox | None:
    return Mailbox(settings.mailbox_url.get_secret_value()) if settings.mailbox_url else None


async def _reach(settings: Settings, pool: Pool) -> Client:
    """Temporal's client, once database, Temporal and queue have answered."""
    try:
        with using_database(settings.database_url.get_secret_value()):
            await pool.execute("select from jobs limit 1")
    except DatabaseUnusable as error:
        raise StartFailed(str(error)) from None
    try:
        client = await connect(settings)
    except RuntimeError as error:
        raise StartFailed(
            f"Temporal at {settings.temporal_address} cannot be reached ({error}): "
            "start it, or correct TEMPORAL_ADDRESS."
        ) from None
    try:
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=settings.temporal_namespace), retry=True
        )
    except RPCError as error:
        raise StartFailed(
            f"Temporal at {settings.temporal_address} does not serve the namespace {settings.temporal_namespace!r} "
            f"({str(error).rstrip('.')}): register it, or correct TEMPORAL_NAMESPACE."
        ) from None
    try:
        with using_queue(settings.sqs_queue_name):
            await asyncio.to_thread(sqs_client(settings).get_queue_url, QueueName=settings.sqs_queue_name)
    except QueueUnusable as error:
        raise StartFailed(str(error)) from None
    return client

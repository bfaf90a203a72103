"""The only place that builds activities and gives them their clients."""

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable
from typing import Any

from temporalio.client import Client

from activities.artifacts import ArtifactStore
from activities.bridge import Bridge
from activities.browser.pool import BrowserPool
from activities.ledger import Ledger
from activities.planning import Planning
from activities.submission import Submitting
from deploy.runtime.aws import s3_client, sqs_client
from deploy.runtime.browser_path import find_browser
from deploy.runtime.client import connect
from deploy.runtime.settings import Settings
from schema.contracts.job import Tier
from schema.store.database import Pool, open_pool

Activity = Callable[..., Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Wired:
    """What a worker needs: its clients, and the activities of its two task queues."""

    client: Client
    pool: Pool
    activities: tuple[Activity, ...]
    browser_activities: tuple[Activity, ...]


@contextlib.asynccontextmanager
async def wired(settings: Settings) -> AsyncIterator[Wired]:
    """Open every client, and close them in reverse order."""
    async with contextlib.AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            await open_pool(settings.database_url.get_secret_value(), settings.database_pool_size)
        )
        client = await connect(settings)
        sqs = sqs_client(settings)
        queue_url = sqs.get_queue_url(QueueName=settings.sqs_queue_name)["QueueUrl"]
        artifacts = ArtifactStore(s3_client(settings), settings.artifact_bucket)
        browser = await stack.enter_async_context(
            BrowserPool(find_browser(settings.browser_path), settings.browser_slots, settings.user_agent_contact)
        )
        ledger = Ledger(pool, client, {tier: settings.window(tier) for tier in Tier})
        bridge = Bridge(pool, client, sqs, queue_url, settings.temporal_task_queue)
        planning = Planning(pool, browser, artifacts)
        submitting = Submitting(pool, browser, artifacts)
        yield Wired(
            client=client,
            pool=pool,
            activities=(
                ledger.begin_job,
                ledger.settle_children,
                ledger.finish_job,
                ledger.reserve_slot,
                ledger.give_up,
                ledger.ask_person,
                ledger.resolve_action,
                ledger.expire_action,
                bridge.bridge_messages,
                bridge.relay_outbox,
            ),
            browser_activities=(planning.plan_submission, submitting.submit),
        )

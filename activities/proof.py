"""The screenshot of a page as proof. It never costs the outcome that it proves: the page's words are in the ledger."""

import asyncio

import botocore.exceptions
import structlog

from activities.artifacts import ArtifactStore
from activities.browser.chromium import BrowserFailed
from activities.browser.pool import Visit
from schema.contracts.submission import SubmissionRef
from schema.store.database import AWAY

TAKEN_WITHIN_S = 8.0
KEPT_WITHIN_S = 6.0
LIMIT_S = TAKEN_WITHIN_S + KEPT_WITHIN_S
"""The longest that taking and keeping it may last."""

_log = structlog.get_logger(__name__)


async def keep_screenshot(artifacts: ArtifactStore, visit: Visit, ref: SubmissionRef) -> str:
    """The screenshot's key; "" when it cannot be taken or kept in time."""
    try:
        async with asyncio.timeout(TAKEN_WITHIN_S):
            image = await visit.screenshot()
    except (BrowserFailed, TimeoutError) as error:
        _log.warning("screenshot not taken", directory=ref.slug, error=type(error).__name__)
        return ""
    return await keep_picture(artifacts, image, ref)


async def keep_picture(artifacts: ArtifactStore, image: bytes, ref: SubmissionRef) -> str:
    """The PNG's key; "" when neither store nor database keeps it in time."""
    try:
        async with asyncio.timeout(KEPT_WITHIN_S):
            return await artifacts.put_screenshot(ref, image)
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, *AWAY, TimeoutError) as error:
        _log.warning("screenshot not stored", directory=ref.slug, error=type(error).__name__)
        return ""

"""Prints reports: a page of the artifact store becomes a PDF there. What is on the page is not decided here."""

import asyncio
import io

import botocore.exceptions
import structlog
from PIL import Image
from temporalio import activity

from activities.artifacts import ArtifactStore
from activities.boundary import boundary, heartbeating
from activities.browser.pool import BrowserPool
from activities.browser.printing import print_pdf
from schema.contracts.report import Report
from schema.failures import FailureType

_THUMBNAIL = (320, 240)
_QUALITY = 55
_AT_ONCE = 4
"""Pictures that are fetched and made small at a time."""

_log = structlog.get_logger(__name__)


class Printing:
    """Prints with the worker's browser."""

    def __init__(self, browser: BrowserPool, artifacts: ArtifactStore) -> None:
        self._browser = browser
        self._artifacts = artifacts
        self._hands = asyncio.Semaphore(_AT_ONCE)

    @activity.defn
    async def print_report(self, report: Report) -> None:
        """Print the report's page and store the PDF. Safe to repeat."""
        with boundary(FailureType.BROWSER_FAILED):
            async with heartbeating():
                page = await self._artifacts.get(report.page_key)
                pdf = await print_pdf(self._browser, page.decode(), self._small_picture)
                await self._artifacts.put(report.pdf_key, pdf, "application/pdf")

    async def _small_picture(self, key: str) -> bytes | None:
        """The upper part of the screenshot as a small JPEG; None when it cannot be had."""
        async with self._hands:
            try:
                return await asyncio.to_thread(_shrink, await self._artifacts.get(key))
            except (
                botocore.exceptions.BotoCoreError,
                botocore.exceptions.ClientError,
                Image.DecompressionBombError,
                OSError,
            ) as error:
                _log.warning("picture left out of a report", error=type(error).__name__)
                return None


def _shrink(image: bytes) -> bytes:
    """Raises OSError and Pillow's DecompressionBombError."""
    with Image.open(io.BytesIO(image)) as whole:
        width, height = _THUMBNAIL
        upper = whole.crop((0, 0, whole.width, min(whole.height, whole.width * height // width)))
        upper.thumbnail(_THUMBNAIL)
        sheet = Image.new("RGB", _THUMBNAIL, "white")
        sheet.paste(upper.convert("RGB"))
        small = io.BytesIO()
        sheet.save(small, "JPEG", quality=_QUALITY)
    return small.getvalue()

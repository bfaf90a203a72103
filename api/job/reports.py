"""A job's report: as a table for a spreadsheet, as a page for people, and as that page on paper.

The PDF is printed by a worker, for the API has no browser. It waits for that for a moment only, and keeps nothing but
in the artifact store, under the digest of the page.
"""

import asyncio
import csv
import hashlib
import io
import re
import unicodedata
from typing import Any, Protocol
from uuid import UUID

import botocore.exceptions

from api.gateway import Unanswered, WorkflowGateway
from api.job.progress import URGENT_FIRST, ProgressService
from api.pages import STATIC, fragment
from schema import wording
from schema.contracts.progress import Snapshot, StateGroup
from schema.contracts.report import Report

_PICTURES = "https://pictures.invalid/"
"""Where the printing browser looks for pictures: their keys follow. It reaches no network."""

_STYLES = ("site.css", "report.css")
_STORE_ANSWERS_WITHIN_S = 5.0
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_COLUMNS = ("directory", "state", "details", "evidence", "listing", "proof", "seconds", "updated_at")


class NotPrinted(Exception):
    """There is no PDF now; the text says why."""


class Artifacts(Protocol):
    """The artifact store, as far as reports need it. Both raise botocore's errors."""

    async def find(self, key: str) -> bytes | None: ...

    async def put(self, key: str, content: bytes, media: str) -> None: ...


class ReportsService:
    """Makes reports. Without a store there are no PDFs."""

    def __init__(
        self,
        progress: ProgressService,
        gateway: WorkflowGateway,
        artifacts: Artifacts | None,
        public_url: str,
        task_queue: str,
    ) -> None:
        self._progress = progress
        self._gateway = gateway
        self._artifacts = artifacts
        self._public_url = public_url.rstrip("/")
        self._task_queue = task_queue

    def table(self, snapshot: Snapshot) -> str:
        """CSV with a header, safe to be opened by a spreadsheet."""
        file = io.StringIO(newline="")
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for shown in snapshot.directories:
            row = (
                shown.name,
                wording.GROUPS[shown.group],
                shown.words,
                shown.evidence.value,
                shown.listing_url or "",
                f"{self._public_url}{shown.proof}" if shown.proof else "",
                f"{shown.seconds:.1f}" if shown.seconds is not None else "",
                f"{shown.updated_at:%Y-%m-%d %H:%M:%S}",
            )
            writer.writerow(map(_no_formula, row))
        return file.getvalue()

    async def pdf(self, job_id: UUID, snapshot: Snapshot) -> bytes:
        """The report on paper. Raises NotPrinted."""
        page = self._sheet(snapshot, await self._progress.proof_keys(job_id)).encode()
        report = Report(job_id=job_id, digest=hashlib.sha256(page).hexdigest()[:16])
        if self._artifacts is None:
            raise NotPrinted("There is no store for reports.")
        try:
            async with asyncio.timeout(_STORE_ANSWERS_WITHIN_S):
                if (printed := await self._artifacts.find(report.pdf_key)) is not None:
                    return printed
                await self._artifacts.put(report.page_key, page, "text/html; charset=utf-8")
            await self._gateway.print_report(report, self._task_queue)
            async with asyncio.timeout(_STORE_ANSWERS_WITHIN_S):
                printed = await self._artifacts.find(report.pdf_key)
        except Unanswered as away:
            raise NotPrinted(str(away)) from None
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, TimeoutError):
            raise NotPrinted("The store of reports does not answer.") from None
        if printed is None:
            raise NotPrinted("The report was not kept.")
        return printed

    def _sheet(self, snapshot: Snapshot, keys: dict[str, str]) -> str:
        """The page that is printed: it brings its own styles, and names its pictures by their keys."""
        style = "\n".join((STATIC / name).read_text() for name in _STYLES)
        pictures = {slug: f"{_PICTURES}{key}" for slug, key in keys.items()}
        return fragment(
            "report_sheet.html", style=style, **{**context(snapshot), "pictures": pictures, "base": self._public_url}
        )


def context(snapshot: Snapshot) -> dict[str, Any]:
    """What the page shows, and the printed one but for the addresses of pictures."""
    sections = [
        (wording.GROUPS[group], group.value, [shown for shown in snapshot.directories if shown.group is group])
        for group in _ORDER
    ]
    return {
        "job": snapshot.job,
        "sections": [section for section in sections if section[2]],
        "pictures": {shown.slug: shown.proof for shown in snapshot.directories if shown.proof},
        "base": "",
        "as_of": max((shown.updated_at for shown in snapshot.directories), default=snapshot.job.created_at),
    }


_ORDER = (StateGroup.LISTED, *(group for group in URGENT_FIRST if group is not StateGroup.LISTED))
"""A report begins with what was achieved."""


def file_name(snapshot: Snapshot, kind: str) -> str:
    """Of letters and digits alone, for example `listings-bluebird-bakery.csv`."""
    plain = unicodedata.normalize("NFKD", snapshot.job.business_name).encode("ascii", "ignore").decode().lower()
    words = re.findall("[a-z0-9]+", plain)[:8]
    return f"{'-'.join(('listings', *words))}.{kind}"


def _no_formula(cell: str) -> str:
    """A spreadsheet takes what begins so for a formula, whoever wrote it."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell

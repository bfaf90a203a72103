"""What became of a job, to keep: as a table, a document, a page, and that page on paper."""

import contextlib
import csv
import dataclasses
import io
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from PIL import Image
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import api.gateway
from activities.artifacts import ArtifactStore
from activities.browser.pool import BrowserPool
from activities.printing import Printing
from api.dependencies import Services, Site
from api.gateway import WorkflowGateway
from api.main import app
from deploy.runtime.artifacts import store
from deploy.runtime.settings import Settings
from deploy.runtime.worker import workflow_runner
from schema.contracts.progress import Snapshot
from schema.contracts.submission import SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store.database import Pool
from tests.api.browsing import live, overflow, violations
from tests.api.test_health import nowhere, problem
from tests.api.test_jobs import SLUGS, bearing, send
from tests.factories import PROFILE, add_begun_job, add_directories
from workflows.policies import BROWSER_QUEUE_SUFFIX
from workflows.report import ReportWorkflow

HOSTILE = "<script>alert(1)</script>"


@dataclasses.dataclass(slots=True)
class Desk:
    """A job's customer who wants its report. Temporal, store and browser are real; a worker is there on demand."""

    client: httpx.AsyncClient
    environment: WorkflowEnvironment
    settings: Settings
    artifacts: ArtifactStore
    job_id: UUID
    headers: dict[str, str]

    async def ask(self, kind: str) -> httpx.Response:
        return await self.client.get(f"/api/jobs/{self.job_id}/report.{kind}", headers=self.headers)

    @contextlib.asynccontextmanager
    async def worker(self, browser: BrowserPool) -> AsyncIterator[None]:
        queue, client = self.settings.temporal_task_queue, self.environment.client
        printing = Printing(browser, self.artifacts)
        async with (
            Worker(client, task_queue=queue, workflows=[ReportWorkflow], workflow_runner=workflow_runner()),
            Worker(client, task_queue=queue + BROWSER_QUEUE_SUFFIX, activities=[printing.print_report]),
        ):
            yield


@pytest.fixture
async def desk(pool: Pool, dev: WorkflowEnvironment, settings: Settings) -> AsyncIterator[Desk]:
    """A job with a proof, a name that is a formula, and one that is markup."""
    artifacts = store(settings)
    profile = PROFILE.model_copy(update={"business_name": "=Café & Söhne"})
    job_id = await add_begun_job(pool, SLUGS, profile=profile)
    await add_directories(pool, ["beta"], name="=cmd|' /C calc'!A0")
    await add_directories(pool, ["gamma"], name=HOSTILE)
    picture = io.BytesIO()
    Image.new("RGB", (1280, 2000), "red").save(picture, "PNG")
    key = await artifacts.put_screenshot(SubmissionRef(job_id=job_id, slug="alpha"), picture.getvalue())
    await send(pool, job_id, "alpha", screenshot=key)
    await send(pool, job_id, "delta", status=SubmissionStatus.FAILED, failure=FailureType.REFUSED, reason=HOSTILE)
    state = dict(app.state._state)
    site = Site(public_url="https://bolt.example", temporal_task_queue=settings.temporal_task_queue)
    app.state.services = Services(pool=pool, gateway=WorkflowGateway(dev.client), artifacts=artifacts, site=site)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test", timeout=60) as client:
        yield Desk(client, dev, settings, artifacts, job_id, await bearing(pool, job_id))
    app.state._state = state


async def test_the_table_opens_in_a_spreadsheet_and_runs_nothing(desk: Desk) -> None:
    answer = await desk.ask("csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="listings-cafe-sohne.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = {row["directory"]: row for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))}
    assert set(rows) == {"Alpha", "'=cmd|' /C calc'!A0", HOSTILE, "Delta"}
    assert rows["Alpha"]["proof"] == f"https://bolt.example/api/jobs/{desk.job_id}/proof/alpha"
    assert (rows["Alpha"]["state"], rows["Delta"]["state"]) == ("Sent or listed", "Not possible")


async def test_the_document_is_the_whole_job(desk: Desk) -> None:
    snapshot = Snapshot.model_validate_json((await desk.ask("json")).content)
    assert {shown.slug for shown in snapshot.directories} == set(SLUGS)
    assert snapshot.job.job_id == desk.job_id


async def test_the_page_is_fit_for_people(desk: Desk, chromium: BrowserPool) -> None:
    text = (await desk.ask("html")).text
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text
    async with live(app.state.services) as url, chromium.visit() as visit:
        page = visit.page
        await page.set_extra_http_headers(desk.headers)
        await page.goto(f"{url}/api/jobs/{desk.job_id}/report.html")
        assert await violations(page) == []
        await page.set_viewport_size({"width": 360, "height": 740})
        assert await overflow(page) == 0


async def test_the_page_is_printed_once_and_kept(desk: Desk, chromium: BrowserPool) -> None:
    async with desk.worker(chromium):
        printed = await desk.ask("pdf")
    assert (printed.status_code, printed.headers["content-type"]) == (200, "application/pdf")
    assert printed.content.startswith(b"%PDF-")
    assert b"/DCTDecode" in printed.content, "the proof is on it"
    # No worker is there any more.
    assert (await desk.ask("pdf")).content == printed.content


async def test_while_no_worker_prints_there_is_another_way(
    desk: Desk, chromium: BrowserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as hurry:
        hurry.setattr(api.gateway, "_PATIENCE_S", 0.5)
        answer = await desk.ask("pdf")
    assert f"/api/jobs/{desk.job_id}/report.html" in problem(answer, 503)["detail"]
    assert int(answer.headers["retry-after"]) > 0
    async with desk.worker(chromium):
        # It was asked for already: whoever comes again gets it.
        assert (await desk.ask("pdf")).status_code == 200


async def test_while_temporal_is_away_there_is_another_way(desk: Desk) -> None:
    _, away = await nowhere()
    app.state.services = dataclasses.replace(app.state.services, gateway=away)
    answer = await desk.ask("pdf")
    assert "report.html" in problem(answer, 503)["detail"]
    assert (await desk.ask("html")).status_code == 200

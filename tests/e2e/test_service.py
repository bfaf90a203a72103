"""The service as a whole: outbox, queue, bridge, Temporal, Chromium, ledger and proof, against the sandbox's books.

Every test orders for a business of its own; the ledger's word is never taken alone. Those that end a worker come
last: the queue may hand the next message to its dead long poll, and it is half a minute until that is sent again.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import WorkflowFailureError

from deploy.local.parts import Piece
from deploy.local.sandbox.books import PostOutcome
from deploy.local.sandbox.street import find_site
from schema import ids
from schema.contracts.job import JobReport, JobStatus
from schema.contracts.submission import SubmissionStatus
from schema.failures import FailureType
from schema.store import directories
from tests.activities.site import FORM, open_site
from tests.e2e.street import Street, open_street
from tests.factories import entry
from tests.patience import PATIENCE_S
from tests.processes import descendants, is_page
from tests.replay import stored

SITES = (
    "sunny-pages",
    "metro-yellow",
    "hello-nearby",
    "main-street-finder",
    "cityblox",
    "frame-and-find",
    "verified-vendors",
    "webcrafted-guide",
    "brightlist",
    "inbox-listings",
    "wobbly-wheel-listings",
    "everybody-listed",
    "silent-oak-directory",
    "sunset-directory",
    "quiet-pines",
)
"""One of each kind: plain, grouped, wizard, script, frame, session, shadow, upload; and every way to end."""

TAKING = (
    "townsquare-index",
    "trusted-trades",
    "chamber-roll",
    "accessible-business-index",
    "greenfield-guide",
    "three-step-towns",
    "old-mill-directory",
    "pinecone-directory",
)
"""Sites that take the business, some of them slowly: long enough for something to break meanwhile."""

_IDS_AND_TIMES = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dt[\d:.]+z")
"""Casefolded. Their digits are as likely as any."""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
async def street(test_folder: Path) -> AsyncIterator[Street]:
    async with open_street(test_folder / "street") as opened:
        yield opened


async def test_a_job_goes_through_every_part_and_both_books_agree(street: Street) -> None:
    order = await street.order(SITES)
    report = await street.settled(order.message.job_id)
    assert await street.disagreements(order) == []
    expected = {slug: site.expected for slug in SITES if (site := find_site(slug))}
    assert {result.directory: result.status for result in report.results} == expected
    for result in report.results:
        if result.status is SubmissionStatus.SUBMITTED:
            assert (await street.artifacts.get(result.screenshot)).startswith(b"\x89PNG")


async def test_no_history_holds_anything_of_the_customer(street: Street) -> None:
    slugs = ("national-dialer", "silent-oak-directory", "fresh-paint-pages", "everybody-listed")
    order = await street.order(slugs)
    job_id = order.message.job_id
    await street.settled(job_id)
    said: list[str] = []
    for workflow_id in (ids.job_workflow_id(job_id), *(ids.directory_workflow_id(job_id, slug) for slug in slugs)):
        said += stored.words(await street.client.get_workflow_handle(workflow_id).fetch_history())
    text = "\n".join(said).casefold()
    profile = order.profile
    canaries = [profile.business_name, profile.email, profile.street, profile.contact_last_name, profile.description]
    assert [canary for canary in canaries if canary.casefold() in text] == []
    digits = re.sub(r"\D", "", profile.phone)
    assert digits[-7:] not in re.sub(r"[ ().-]", "", _IDS_AND_TIMES.sub("", text))


async def test_the_same_message_again_changes_nothing(street: Street) -> None:
    order = await street.order(SITES[:2])
    before = await street.settled(order.message.job_id)
    await street.client.get_workflow_handle(ids.job_workflow_id(order.message.job_id)).result()
    await street.send(order.message.model_dump_json())
    await street.heard(order.message.job_id, "workflow_started", 2)
    assert (await street.report(order.message.job_id)).results == before.results
    assert len(await street.books(order)) == 2


async def test_a_second_order_of_a_business_is_skipped_with_the_first_ones_proof(street: Street) -> None:
    first = await street.order(SITES[:2])
    listed = await street.settled(first.message.job_id)
    second = await street.order(SITES[:2], first.profile)
    report = await street.settled(second.message.job_id)
    for result, before in zip(report.results, listed.results, strict=True):
        assert (result.status, result.failure) == (SubmissionStatus.SKIPPED, FailureType.ALREADY_LISTED)
        assert (result.screenshot, result.evidence) == (before.screenshot, before.evidence)
    assert len(await street.books(first)) == 2


async def test_the_command_line_submits_to_a_directory_that_nobody_prepared(street: Street, tmp_path: Path) -> None:
    async with open_site() as site:
        entries = [{"slug": "corner-shop-list", "name": "Corner Shop List", "submission_url": site.url}]
        (tmp_path / "directories.json").write_text(json.dumps(entries))
        profile = street.profile()
        (tmp_path / "profile.json").write_text(profile.model_dump_json())
        code, _, remarks = await street.command("directories", "import", str(tmp_path / "directories.json"))
        assert code == 0, remarks
        code, said, remarks = await street.command(
            *("jobs", "create", "--profile", str(tmp_path / "profile.json"), "--directories", "corner-shop-list"),
            *("--wait", "--json"),
        )
        assert code == 0, remarks
        report = JobReport.model_validate_json(said)
        [result] = report.results
        assert (result.directory, result.status) == ("corner-shop-list", SubmissionStatus.SUBMITTED)
        assert result.screenshot.startswith("http")
        assert [post.fields["name"] for post in site.posts] == [profile.business_name]


async def test_the_next_customer_of_a_form_visits_it_once_and_its_redesign_is_reported(street: Street) -> None:
    slug = "window-shoppers-list"
    async with open_site() as site:
        await directories.import_entries(street.pool, [entry(slug, submission_url=site.url)])

        async def visits_of_the_next() -> int:
            before = site.visits
            order = await street.order([slug])
            [result] = (await street.settled(order.message.job_id)).results
            assert result.status is SubmissionStatus.SUBMITTED
            return site.visits - before

        assert [await visits_of_the_next() for _ in range(2)] == [2, 1]
        site.form = FORM.replace("City", "Town").replace('name="city"', 'name="town"')
        assert [await visits_of_the_next() for _ in range(2)] == [3, 1]
        assert len(site.posts) == 4
    code, said, remarks = await street.command("directories", "drift", "--json")
    assert code == 0, remarks
    [change] = [change for change in json.loads(said) if change["directory"] == slug]
    assert change["changes"][0] == '"City" is called "Town" now.'
    assert change["taken"]


async def test_cancelling_a_job_closes_its_pages(street: Street) -> None:
    idle = renderers(street)
    order = await street.order(TAKING)
    await street.under_way(order.message.job_id, 1)
    job = street.client.get_workflow_handle(ids.job_workflow_id(order.message.job_id))
    await job.cancel()
    with pytest.raises(WorkflowFailureError):
        await asyncio.wait_for(job.result(), 2 * PATIENCE_S)
    report = await street.report(order.message.job_id)
    assert report.status is JobStatus.CANCELLED
    assert report.counts.submitting == report.counts.pending == report.counts.planned == 0
    assert await street.disagreements(order) == []
    async with asyncio.timeout(PATIENCE_S):
        while renderers(street) > idle:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("part", [Piece.POSTGRES, Piece.TEMPORAL, Piece.WORKER])
async def test_a_part_that_is_killed_in_mid_job_costs_no_listing_and_makes_none_twice(
    street: Street, part: Piece
) -> None:
    order = await street.order(TAKING)
    await street.under_way(order.message.job_id, 2)
    await street.stack.kill(part)
    await asyncio.sleep(1)
    await street.stack.restart(part)
    report = await street.settled(order.message.job_id)
    # Whoever is killed between the intent and the record leaves a doubt for a person: it was sent once, or never.
    doubtful = {result.directory for result in report.results if result.status is SubmissionStatus.UNCERTAIN}
    assert len(doubtful) <= (street.settings.browser_slots if part is Piece.WORKER else 0)
    assert report.counts.submitted == len(TAKING) - len(doubtful)
    disagreements = await street.disagreements(order, pictured=False)
    assert [found for found in disagreements if found.directory not in doubtful] == []
    posts = Counter(post.site for post in await street.books(order))
    assert all(posts[slug] <= 1 for slug in doubtful)


async def test_a_worker_that_is_replaced_in_mid_job_leaves_no_doubt(street: Street) -> None:
    order = await street.order(TAKING)
    await street.under_way(order.message.job_id, 1)
    await street.stack.restart(Piece.WORKER)
    report = await street.settled(order.message.job_id)
    assert report.counts.submitted == len(TAKING)
    assert await street.disagreements(order) == []


async def test_a_captcha_is_answered_though_its_worker_is_killed_while_it_waits(street: Street) -> None:
    order = await street.order(["quiz-corner-listings"])
    [result] = (await street.settled(order.message.job_id)).results
    assert (result.status, result.failure) == (SubmissionStatus.AWAITING_ACTION, FailureType.CAPTCHA)
    asked = "select a.id from actions a join job_results r on r.id = a.result_id where r.job_id = $1"
    async with asyncio.timeout(PATIENCE_S):
        while (action_id := await street.pool.fetchval(asked, order.message.job_id)) is None:
            await asyncio.sleep(0.1)
    async with street.talking("actions", "solve", str(action_id), "--by", "ana") as person:
        first = await person.hears(r"What is (\d+) \+ (\d+)\?")
        await street.stack.kill(Piece.WORKER)
        await person.says(str(sum(map(int, first))))
        await person.hears("The page seems to be gone")
        assert await street.books(order) == []
        await street.stack.restart(Piece.WORKER)
        second = await person.hears(r"What is (\d+) \+ (\d+)\?")
        await person.says(str(sum(map(int, second))))
        await person.hears("quiz-corner-listings: submitted")
        assert await person.leaves() == 0
    assert [post.outcome for post in await street.books(order)] == [PostOutcome.ACCEPTED]
    assert await street.disagreements(order) == []


def renderers(street: Street) -> int:
    """Processes of the worker's Chromium that show a page; it keeps one or two in reserve."""
    return sum(map(is_page, descendants(street.stack.pid(Piece.WORKER))))

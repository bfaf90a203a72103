"""robots.txt against a local server that gives every kind of answer, and the copy that all workers share."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from activities.boundary import ActivityFailure
from activities.browser.pool import BrowserPool
from activities.egress.reach import PUBLIC
from activities.robots import Manners, Robots, robots_client
from brain.planner import MAPPER_VERSION
from deploy.cli.example import example_profile
from schema.contracts.submission import SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store.database import Pool
from tests.activities.counter import Counter
from tests.activities.site import Answer, open_site
from tests.factories import add_begun_job
from tests.schema.clerk import ACCEPTED, Clerk, made
from tests.serving import LOOPBACK

CLOSED = "User-agent: *\nDisallow: /"
FREE = Manners("", timedelta())


@dataclass(slots=True)
class Host:
    """Says what it is told to, raw, and remembers who asked for what. "" hangs up; None never answers."""

    url: str = ""
    answers: dict[str, str | None] = field(default_factory=dict)
    heads: list[str] = field(default_factory=list)

    def says(self, body: str, status: str = "200 OK", *, more: str = "", path: str = "/robots.txt") -> None:
        size = len(body.encode())
        self.answers[path] = f"HTTP/1.1 {status}\r\n{more}Content-Length: {size}\r\nConnection: close\r\n\r\n{body}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        answer = self.answers.get(head.split(" ")[1], "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        if answer is None:
            await asyncio.sleep(60)
        writer.write((answer or "").encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    host = Host()
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0)
    host.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/add"
    yield host
    server.close()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with robots_client("https://directorybolt.example/bot", LOOPBACK) as opened:
        yield opened


@pytest.fixture
def robots(pool: Pool, client: httpx.AsyncClient) -> Robots:
    return Robots(pool, client)


async def later(pool: Pool, interval: str) -> None:
    """So much time passes."""
    await pool.execute(
        "update robots_files set fetched_at = fetched_at - $1::text::interval, "
        "next_fetch_at = next_fetch_at - $1::text::interval",
        interval,
    )


async def forget(pool: Pool) -> None:
    await pool.execute("delete from robots_files")


RULES = [
    (CLOSED, "Disallow: /"),
    ("User-agent: DirectoryBolt\nDisallow: /add\n\nUser-agent: *\nAllow: /", "Disallow: /add"),
    ("User-agent: *\nDisallow: /a # all of it\nDisallow: /b", "Disallow: /a"),
    ("User-agent: *\nDisallow: /*dd$", "Disallow: /*dd$"),
    ("User-agent: *\nDisallow: /\nAllow: /add", ""),
    ("User-agent: Googlebot\nDisallow: /", ""),
    ("User-agent: directorybolt\nDisallow:\n\nUser-agent: *\nDisallow: /", ""),
    ("<html><body>Disallow: /</body></html>", ""),
    ("", ""),
]


async def test_the_file_is_obeyed_and_its_rule_quoted(host: Host, robots: Robots, pool: Pool) -> None:
    for body, forbidden_by in RULES:
        host.says(body)
        assert (await robots.manners(host.url)).forbidden_by == forbidden_by, body
        await forget(pool)


async def test_a_file_that_is_not_there_forbids_nothing(host: Host, robots: Robots, pool: Pool) -> None:
    for status in (304, 400, 401, 403, 404, 410, 451):
        host.says(CLOSED, f"{status} No")
        assert await robots.manners(host.url) == FREE, status
        await forget(pool)


@pytest.mark.parametrize("answer", ["429 Later", "500 Oh", "503 Later", "599 Oh", "", None])
async def test_while_it_cannot_be_had_nothing_is_allowed(
    host: Host, robots: Robots, client: httpx.AsyncClient, answer: str | None
) -> None:
    patience = client.timeout
    if answer:
        host.says("User-agent: *\nAllow: /", answer)
    else:
        host.answers["/robots.txt"] = answer
    if answer is None:
        client.timeout = httpx.Timeout(0.5)
    for _ in range(2):
        with pytest.raises(ActivityFailure) as caught:
            await robots.manners(host.url)
        assert caught.value.failure is FailureType.DIRECTORY_UNREACHABLE
    assert len(host.heads) == 2, "the next visitor tries again"
    host.says(CLOSED)
    client.timeout = patience
    assert (await robots.manners(host.url)).forbidden_by


@pytest.mark.parametrize(("hops", "forbidden_by"), [(1, "Disallow: /"), (5, "Disallow: /"), (6, "")])
async def test_five_redirects_are_followed_and_no_more(
    host: Host, robots: Robots, hops: int, forbidden_by: str
) -> None:
    paths = ["/robots.txt", *(f"/{hop}" for hop in range(hops))]
    for path, target in itertools.pairwise(paths):
        host.says("", "302 Found", more=f"Location: {target}\r\n", path=path)
    host.says(CLOSED, path=paths[-1])
    assert (await robots.manners(host.url)).forbidden_by == forbidden_by


async def test_who_asks_says_so(host: Host, robots: Robots) -> None:
    await robots.manners(host.url)
    assert "user-agent: directorybolt/1.0 (+https://directorybolt.example/bot)\r\n" in host.heads[0].lower()


async def test_of_an_endless_file_the_first_500_kib_count(host: Host, robots: Robots) -> None:
    filler = "# so much to say\n" * 40_000
    host.says(f"User-agent: *\nDisallow: /add\n{filler}Disallow: /late")
    assert (await robots.manners(host.url)).forbidden_by == "Disallow: /add"
    assert (await robots.manners(host.url.replace("/add", "/late"))).forbidden_by == ""


async def test_a_crawl_delay_is_heard_within_reason(host: Host, robots: Robots, pool: Pool) -> None:
    for delay, seconds in (("2.5", 2.5), ("86400", 300), ("1e300", 300), ("soon", 0), ("-1", 0)):
        host.says(f"User-agent: *\nCrawl-delay: {delay}\nAllow: /")
        assert await robots.manners(host.url) == Manners("", timedelta(seconds=seconds)), delay
        await forget(pool)


async def test_a_day_long_one_copy_serves_everybody(host: Host, robots: Robots, pool: Pool) -> None:
    host.says(CLOSED)
    found = await asyncio.gather(*(robots.manners(host.url) for _ in range(8)))
    assert {manners.forbidden_by for manners in found} == {"Disallow: /"}
    await later(pool, "23 hours")
    await robots.manners(f"{host.url}/other?page=1")
    assert len(host.heads) == 1
    host.says("")
    await later(pool, "2 hours")
    assert await robots.manners(host.url) == FREE
    assert len(host.heads) == 2


async def test_an_old_copy_serves_a_week_while_there_is_no_new_one(host: Host, robots: Robots, pool: Pool) -> None:
    host.says(CLOSED)
    await robots.manners(host.url)
    host.says("", "503 Later")
    await later(pool, "2 days")
    for _ in range(3):
        assert (await robots.manners(host.url)).forbidden_by == "Disallow: /"
    assert len(host.heads) == 2, "it is not tried again with every visit"
    await later(pool, "6 days")
    with pytest.raises(ActivityFailure, match="503"):
        await robots.manners(host.url)


async def test_who_comes_while_another_fetches_waits_for_the_answer(host: Host, robots: Robots, pool: Pool) -> None:
    origin = host.url.removesuffix("/add")
    await pool.execute("insert into robots_files values ($1, '', null, null, now() + interval '30 seconds')", origin)
    waiting = asyncio.create_task(robots.manners(host.url))
    await asyncio.sleep(0.4)
    assert not waiting.done()
    await pool.execute("update robots_files set body = $1, status = 200, fetched_at = now()", CLOSED)
    assert (await waiting).forbidden_by
    assert host.heads == []


async def test_a_directory_in_a_private_network_is_not_asked_and_the_reason_says_so(pool: Pool, host: Host) -> None:
    async with robots_client("https://directorybolt.example/bot", PUBLIC) as client:
        with pytest.raises(ActivityFailure, match="not a public address") as failed:
            await Robots(pool, client).manners(host.url)
    assert failed.value.failure is FailureType.DIRECTORY_UNREACHABLE
    assert host.heads == []


@pytest.fixture
async def counter(pool: Pool) -> AsyncIterator[Counter]:
    """A job of one directory, and no browser: what is not allowed is not visited."""
    async with open_site() as site:
        job_id = await add_begun_job(pool, ["alpha"])
        await pool.execute("update directories set submission_url = $1", f"{site.url}submit")
        yield Counter(pool, BrowserPool(Path("none"), 1, ""), site, SubmissionRef(job_id=job_id, slug="alpha"))


async def test_a_directory_that_is_closed_to_robots_is_skipped_unseen(counter: Counter) -> None:
    counter.site.robots = Answer(f"\n{CLOSED}submit")
    standing = await counter.plan()
    assert (standing.status, standing.failure) == (SubmissionStatus.SKIPPED, FailureType.POLICY_FORBIDS)
    assert "(Disallow: /submit)" in (await counter.row()).outcome.reason
    assert (counter.site.visits, counter.site.queries) == (0, [])


async def test_a_plan_that_worked_before_is_no_way_around(counter: Counter, pool: Pool) -> None:
    clerk = Clerk(pool)
    await clerk.sees(made(version=MAPPER_VERSION, url=f"{counter.site.url}submit"), ACCEPTED)
    await pool.execute("update directories set submission_url = $1", f"{counter.site.url}submit")
    counter.site.robots = Answer(f"\n{CLOSED}submit")
    assert (await counter.plan()).failure is FailureType.POLICY_FORBIDS
    counter.site.robots = Answer("", 404)
    await pool.execute("update robots_files set next_fetch_at = now()")
    again = await add_begun_job(pool, ["alpha"], profile=example_profile(77))
    await pool.execute("update directories set submission_url = $1", f"{counter.site.url}submit")
    allowed = replace(counter, ref=SubmissionRef(job_id=again, slug="alpha"))
    assert (await allowed.plan()).status is SubmissionStatus.PLANNED, "the learned plan was there all along"


async def test_a_site_whose_robots_txt_is_down_is_out_of_order(counter: Counter, pool: Pool) -> None:
    counter.site.robots = Answer("", 503)
    standing = await counter.plan()
    assert (standing.status, standing.failure) == (SubmissionStatus.PENDING, FailureType.DIRECTORY_UNREACHABLE)
    assert await pool.fetchval("select failures from directories") == 1


@pytest.mark.parametrize(("interval_ms", "then_ms"), [(0, 2_000), (60_000, 60_000)])
async def test_a_crawl_delay_widens_the_directorys_interval(
    counter: Counter, pool: Pool, interval_ms: int, then_ms: int
) -> None:
    await pool.execute("update directories set interval_ms = $1", interval_ms)
    counter.site.robots = Answer("\nUser-agent: *\nCrawl-delay: 2\nDisallow: /submit")
    await counter.plan()
    assert await pool.fetchval("select interval_ms from directories") == then_ms

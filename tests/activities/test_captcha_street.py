"""The street's own captchas, each solved by whoever may: a person, or a paid solver over 2Captcha's API."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
import uvicorn

from activities.browser.pool import BrowserPool
from activities.two_captcha import TwoCaptcha
from deploy.local.sandbox.app import create_app
from deploy.local.sandbox.books import PostOutcome
from deploy.local.sandbox.visits import Challenges
from schema.contracts.submission import SubmissionRef, SubmissionStatus
from schema.store.database import Pool
from tests.activities.counter import Counter
from tests.activities.site import Site
from tests.activities.test_captcha import Guard, Person, attend
from tests.activities.two_captcha_server import KEY, open_two_captcha
from tests.factories import add_begun_job
from tests.patience import PATIENCE_S


@dataclasses.dataclass(frozen=True, slots=True)
class Streets:
    """The sandbox in this process: its address, and the answers to what it has posed, the last one last."""

    url: str
    answers: list[str]

    async def outcomes(self, slug: str) -> list[PostOutcome]:
        async with httpx.AsyncClient() as client:
            books = await client.get(f"{self.url}/_books", params={"site": slug})
        return [PostOutcome(httpx.Response(200, text=line).json()["outcome"]) for line in books.text.splitlines()]


@pytest.fixture
async def streets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Streets]:
    answers: list[str] = []
    remember = Challenges._remember

    def remembered(challenges: Challenges, answer: str) -> str:
        answers.append(answer)
        return remember(challenges, answer)

    monkeypatch.setattr(Challenges, "_remember", remembered)
    server = uvicorn.Server(uvicorn.Config(create_app(tmp_path / "books"), port=0, log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Streets(f"http://127.0.0.1:{port}", answers)
    server.should_exit = True
    await serving


async def counter_at(pool: Pool, chromium: BrowserPool, streets: Streets, slug: str) -> Counter:
    job_id = await add_begun_job(pool, [slug])
    site = Site(url=f"{streets.url}/{slug}/submit")
    await pool.execute("update directories set submission_url = $1", site.url)
    return Counter(pool, chromium, site, SubmissionRef(job_id=job_id, slug=slug))


@pytest.mark.parametrize("slug", ["picture-proof-pages", "quiz-corner-listings"])
async def test_a_person_solves_a_picture_and_a_question(
    pool: Pool, chromium: BrowserPool, streets: Streets, slug: str
) -> None:
    counter = await counter_at(pool, chromium, streets, slug)
    await attend(counter)
    person = Person(counter, Guard(counter))

    async def answer() -> None:
        await person.say((await person.shown()).number, "nonsense")
        await person.say((await person.shown(2)).number, streets.answers[-1])

    answering = asyncio.create_task(answer())
    assert (await counter.submit()).status is SubmissionStatus.PLANNED
    assert (await counter.submit()).status is SubmissionStatus.SUBMITTED
    await answering
    assert await streets.outcomes(slug) == [PostOutcome.REFUSED, PostOutcome.ACCEPTED]


async def test_the_widget_takes_a_solvers_token_and_a_bad_one_is_reported(
    pool: Pool, chromium: BrowserPool, streets: Streets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = await counter_at(pool, chromium, streets, "robot-free-finder")
    await pool.execute("update directories set solver_allowed = true")
    async with open_two_captcha(tmp_path) as service:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        counter.solver = TwoCaptcha(KEY, service.address, patience_s=PATIENCE_S, poll_every_s=0.1)
        service.not_ready = 1
        service.work = lambda _: "not-a-token"
        await counter.plan()
        assert (await counter.submit()).status is SubmissionStatus.PLANNED
        service.work = lambda asked: solved(asked, streets)
        assert (await counter.submit()).status is SubmissionStatus.SUBMITTED
        assert [said for said, _ in service.reported] == ["reportbad", "reportgood"]
    assert await streets.outcomes("robot-free-finder") == [PostOutcome.REFUSED, PostOutcome.ACCEPTED]


def solved(asked: dict[str, str], streets: Streets) -> str:
    """As the service's people do it: open the page that was named, solve its puzzle, hand over the token."""
    challenge = urljoin(asked["pageurl"], "challenge")
    with httpx.Client() as client:
        key = client.get(challenge).json()["key"]
        verified = client.get(f"{challenge}/verify", params={"key": key, "picked": streets.answers[-1]})
    return str(verified.json()["token"])

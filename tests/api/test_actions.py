"""What waits for a person, decided through the one service: of two who decide one wins, and nothing is sent twice."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from api.dependencies import Services
from api.gateway import WorkflowAway, WorkflowGateway
from api.handoff.actions import ActionsService, NobodyAnswers, NotPossible, Taken
from api.main import app
from schema.contracts.access import AuditFilter
from schema.contracts.action import Action, ActionFilter, ActionStatus
from schema.contracts.submission import ActionResolution, Evidence, Resolution, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store import actions, audit, results
from schema.store.database import Pool
from tests.api.test_health import problem
from tests.brain.openapi import undocumented
from tests.factories import add_job, bearer, row, staff
from tests.replay import stored
from tests.schema.test_action_list import LOGIN, asked
from tests.workflows.bench import Bench, working
from tests.workflows.scripted import Turn

CONFIRMED, RETRY, GIVE_UP = Resolution.CONFIRMED, Resolution.RETRY, Resolution.GIVE_UP
ANA, BEN = staff("ana"), staff("ben")


def service_of(pool: Pool, environment: WorkflowEnvironment) -> ActionsService:
    return ActionsService(pool, WorkflowGateway(environment.client), "https://artifacts.example/{}".format)


async def waiting(
    bench: Bench, pool: Pool, service: ActionsService, slugs: tuple[str, ...] = ("alpha",)
) -> list[Action]:
    """The open actions of a job that has just been run as far as it goes without a person, by slug."""
    job_id = await add_job(pool, slugs)
    await bench.start_job(job_id)
    await bench.until_asked(job_id, len(slugs))
    return sorted(await service.list(ActionFilter(job_id=job_id)), key=lambda action: action.directory.slug)


async def test_who_acted_lets_the_workflow_go_on(dev: WorkflowEnvironment, pool: Pool) -> None:
    service = service_of(pool, dev)
    scripts = {"alpha": [Turn.CAPTCHA, Turn.ACCEPT], "beta": [Turn.CONFIRM], "gamma": [Turn.SILENT]}
    async with working(dev, pool, scripts) as bench:
        alpha, beta, gamma = await waiting(bench, pool, service, ("alpha", "beta", "gamma"))
        done = await service.resolve(alpha.id, RETRY, ANA, note="The captcha has gone.")
        assert (done.status, done.resolution, done.resolved_by) == (ActionStatus.RESOLVED, Resolution.RETRY, "ana")
        assert (done.note, done.choices) == ("The captcha has gone.", ())
        history = await dev.client.get_workflow_handle(alpha.workflow_id).fetch_history()
        assert "captcha has gone" not in "\n".join(stored.words(history))
        await service.resolve(beta.id, CONFIRMED, ANA)
        await service.resolve(gamma.id, GIVE_UP, ANA)
        await bench.job(alpha.job_id).result()
        assert bench.directories.clicks == {"alpha": 1, "beta": 1, "gamma": 1}
    standings = [(await row(pool, alpha.job_id, slug)).outcome for slug in ("alpha", "beta", "gamma")]
    assert [(standing.status, standing.evidence, standing.failure) for standing in standings] == [
        (SubmissionStatus.SUBMITTED, Evidence.TEXT, None),
        (SubmissionStatus.SUBMITTED, Evidence.PERSON, None),
        (SubmissionStatus.FAILED, Evidence.NONE, FailureType.GIVEN_UP),
    ]


async def test_what_was_replayed_goes_on_in_its_own_workflow(dev: WorkflowEnvironment, pool: Pool) -> None:
    service = service_of(pool, dev)
    async with working(dev, pool, {"alpha": [Turn.REFUSE, Turn.CAPTCHA, Turn.ACCEPT]}) as bench:
        job_id = await add_job(pool, ["alpha"])
        await bench.run_job(job_id)
        await bench.replay(job_id, "alpha")
        await bench.until_asked(job_id)
        [action] = await service.list(ActionFilter(job_id=job_id))
        assert action.workflow_id == f"job-{job_id}-alpha~2"
        await service.resolve(action.id, RETRY, ANA)
        await bench.job(job_id).result()
        assert bench.directories.clicks == {"alpha": 2}
    assert (await row(pool, job_id, "alpha")).status is SubmissionStatus.SUBMITTED


async def test_of_two_who_resolve_at_once_one_wins_and_the_other_is_told_who(
    dev: WorkflowEnvironment, pool: Pool
) -> None:
    service = service_of(pool, dev)
    people = {
        "ana": GIVE_UP,
        "ben": CONFIRMED,
        "cleo": RETRY,
        "dan": GIVE_UP,
    }
    async with working(dev, pool, {"alpha": [Turn.CAPTCHA, Turn.ACCEPT]}) as bench:
        [action] = await waiting(bench, pool, service)
        said = await asyncio.gather(
            *(service.resolve(action.id, decision, staff(name)) for name, decision in people.items()),
            return_exceptions=True,
        )
        [winner] = [name for name, word in zip(people, said, strict=True) if isinstance(word, Action)]
        losers = [word for word in said if not isinstance(word, Action)]
        assert all(isinstance(word, Taken) and f"by {winner}" in str(word) for word in losers), losers
        with pytest.raises(Taken, match=f"was resolved as .* by {winner}"):
            await service.resolve(action.id, GIVE_UP, staff(winner))
        await bench.job(action.job_id).result()
        assert sum(bench.directories.clicks.values()) == (people[winner] is Resolution.RETRY)
    assert (await service.show(action.id)).resolution is people[winner]


async def test_of_one_who_presses_twice_the_second_is_told(dev: WorkflowEnvironment, pool: Pool) -> None:
    service = service_of(pool, dev)
    async with working(dev, pool, {"alpha": [Turn.CAPTCHA, Turn.CAPTCHA]}) as bench:
        [action] = await waiting(bench, pool, service)
        said = await asyncio.gather(*(service.resolve(action.id, RETRY, ANA) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(word, Action | Taken) for word in said), said
        await bench.until_asked(action.job_id)
        states = await service.list(ActionFilter(status=None, job_id=action.job_id))
        assert sorted(state.status for state in states) == [ActionStatus.OPEN, ActionStatus.RESOLVED]
        assert bench.directories.plans["alpha"] == 0 or bench.directories.clicks["alpha"] == 0


async def test_what_may_have_been_sent_is_never_sent_again(dev: WorkflowEnvironment, pool: Pool) -> None:
    service = service_of(pool, dev)
    async with working(dev, pool, {"alpha": [Turn.SILENT]}) as bench:
        [action] = await waiting(bench, pool, service)
        with pytest.raises(NotPossible, match="confirmed or give_up"):
            await service.resolve(action.id, RETRY, ANA)
        assert (await service.show(action.id)).claim is None
        await service.resolve(action.id, GIVE_UP, ANA)


async def test_what_somebody_holds_is_theirs_until_it_is_taken_over(dev: WorkflowEnvironment, pool: Pool) -> None:
    service = service_of(pool, dev)
    async with working(dev, pool, {"alpha": [Turn.CAPTCHA]}) as bench:
        [action] = await waiting(bench, pool, service)
        await service.claim(action.id, BEN)
        for refused in (
            service.resolve(action.id, GIVE_UP, ANA),
            service.check(action.id, GIVE_UP, ANA),
            service.claim(action.id, ANA),
            service.release(action.id, ANA),
        ):
            with pytest.raises(Taken, match="claimed by ben"):
                await refused
        await service.release(action.id, BEN)
        with pytest.raises(Taken, match="Nobody"):
            await service.release(action.id, BEN)
        await service.claim(action.id, BEN)
        assert (await service.resolve(action.id, GIVE_UP, ANA, take_over=True)).resolved_by == "ana"
        with pytest.raises(Taken, match="resolved as give_up by ana"):
            await service.claim(action.id, BEN)


async def test_a_claim_does_not_keep_an_action_from_its_deadline(skipping: WorkflowEnvironment, pool: Pool) -> None:
    service = service_of(pool, skipping)
    async with working(skipping, pool, {"alpha": [Turn.CAPTCHA]}) as bench:
        [action] = await waiting(bench, pool, service)
        await service.claim(action.id, ANA)
        # Only the handle of a start lets time skip.
        await bench.run_job(action.job_id)
    assert (await service.show(action.id)).status is ActionStatus.EXPIRED
    outcome = (await row(pool, action.job_id, "alpha")).outcome
    assert (outcome.status, outcome.failure) == (SubmissionStatus.FAILED, FailureType.ACTION_EXPIRED)
    with pytest.raises(Taken, match="expired at"):
        await service.resolve(action.id, RETRY, ANA)


async def test_what_outlives_its_job_is_decided_in_the_ledger(dev: WorkflowEnvironment, pool: Pool) -> None:
    service = service_of(pool, dev)
    async with working(dev, pool, {"alpha": [Turn.CAPTCHA], "beta": [Turn.SILENT]}) as bench:
        alpha, beta = await waiting(bench, pool, service, ("alpha", "beta"))
        job = bench.job(alpha.job_id)
        await job.cancel()
        with pytest.raises(WorkflowFailureError):
            await job.result()
    with pytest.raises(Taken, match="cancelled"):
        await service.resolve(alpha.id, RETRY, ANA)
    done = await service.resolve(beta.id, CONFIRMED, ANA, note="https://beta.example/4711")
    assert (done.status, done.resolved_by) == (ActionStatus.RESOLVED, "ana")
    outcome = (await row(pool, beta.job_id, "beta")).outcome
    assert (outcome.status, outcome.evidence) == (SubmissionStatus.SUBMITTED, Evidence.PERSON)
    with pytest.raises(Taken, match="resolved as confirmed by ana"):
        await service.resolve(beta.id, GIVE_UP, BEN)


class Overtaken(WorkflowGateway):
    """A workflow that has heard somebody else a moment before, and has gone on to its end since."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def resolve(self, workflow_id: str, decision: ActionResolution) -> None:
        assert decision.action_id is not None
        action = await actions.find(self._pool, decision.action_id)
        assert action is not None
        ref = SubmissionRef(job_id=action.job_id, slug=action.directory.slug)
        await results.resolve(self._pool, ref, ActionResolution(resolution=CONFIRMED, by="ben"))
        raise WorkflowAway


async def test_who_is_too_late_by_a_moment_is_told_who_was_first(pool: Pool) -> None:
    service = ActionsService(pool, Overtaken(pool), str)
    for slug, decision in (("alpha", RETRY), ("beta", GIVE_UP)):
        late = await asked(pool, slug, LOGIN, business=len(slug))
        with pytest.raises(Taken, match="resolved as confirmed by ben"):
            await service.resolve(late, decision, ANA)


async def test_nothing_is_sent_on_where_nobody_would_send_it(dev: WorkflowEnvironment, pool: Pool) -> None:
    service = service_of(pool, dev)
    async with working(dev, pool, {"alpha": [Turn.CAPTCHA]}) as bench:
        [action] = await waiting(bench, pool, service)
    await dev.client.get_workflow_handle(action.workflow_id).terminate()
    with pytest.raises(NotPossible, match="has ended"):
        await service.resolve(action.id, RETRY, ANA)
    assert (await row(pool, action.job_id, "alpha")).status is SubmissionStatus.AWAITING_ACTION
    await service.resolve(action.id, GIVE_UP, ANA)
    assert (await row(pool, action.job_id, "alpha")).outcome.failure is FailureType.GIVEN_UP


async def test_without_a_worker_it_is_said_that_nothing_is_known_yet(
    dev: WorkflowEnvironment, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = service_of(pool, dev)
    async with working(dev, pool, {"alpha": [Turn.CAPTCHA]}) as bench:
        [action] = await waiting(bench, pool, service)
    with monkeypatch.context() as patched:
        patched.setattr("api.gateway._PATIENCE_S", 0.5)
        with pytest.raises(NobodyAnswers, match="No worker"):
            await service.resolve(action.id, RETRY, ANA)
    assert (await service.show(action.id)).status is ActionStatus.OPEN
    async with working(dev, pool, task_queue=bench.task_queue) as again:
        # The server may have kept the request for the worker, or not: either way it is decided once, by ana.
        with contextlib.suppress(Taken):
            await service.resolve(action.id, RETRY, ANA)
        await again.job(action.job_id).result()
        assert again.directories.clicks == {"alpha": 1}
    assert (await service.show(action.id)).resolved_by == "ana"


@pytest.fixture
async def api(pool: Pool, dev: WorkflowEnvironment) -> AsyncIterator[httpx.AsyncClient]:
    """The application over this test's database, asked by Ana, who is on the staff."""
    state = dict(app.state._state)
    app.state.services = Services(
        pool=pool, gateway=WorkflowGateway(dev.client), link="https://artifacts.example/{}".format
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = await bearer(pool, "ana")
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test", headers=headers) as client:
        yield client
    app.state._state = state


async def test_staff_list_claim_and_resolve_over_http(
    api: httpx.AsyncClient, dev: WorkflowEnvironment, pool: Pool
) -> None:
    async with working(dev, pool, {"alpha": [Turn.CAPTCHA], "beta": [Turn.SILENT]}) as bench:
        alpha, beta = await waiting(bench, pool, service_of(pool, dev), ("alpha", "beta"))
        listed = (await api.get("/api/actions", params={"kind": "captcha", "job_id": str(alpha.job_id)})).json()
        assert [action["id"] for action in listed] == [str(alpha.id)]
        address = f"/api/actions/{alpha.id}"
        answer = await api.get(address)
        assert undocumented((await api.get("/openapi.json")).json(), "GET", "/api/actions/{action_id}", answer) == []
        shown = answer.json()
        assert (shown["directory"]["slug"], shown["status"], shown["claim"]) == ("alpha", "open", None)
        assert shown["steps"]
        ben = await bearer(pool, "ben")
        assert (await api.post(f"{address}/claim", json={})).json()["claim"]["by"] == "ana"
        taken = problem(await api.post(f"{address}/resolve", json={"resolution": "give_up"}, headers=ben), 409)
        assert "claimed by ana" in taken["detail"]
        assert (await api.post(f"{address}/release")).json()["claim"] is None
        done = await api.post(f"{address}/resolve", json={"resolution": "give_up", "note": "Closed."}, headers=ben)
        assert (done.status_code, done.json()["status"], done.json()["note"]) == (200, "resolved", "Closed.")
        again = problem(await api.post(f"{address}/resolve", json={"resolution": "give_up"}), 409)
        assert "by ben" in again["detail"]
        wrong = await api.post(f"/api/actions/{beta.id}/resolve", json={"resolution": "retry"})
        assert problem(wrong, 422)["errors"][0]["field"] == "body.resolution"
        did = reversed(await audit.listed(pool, AuditFilter(what="action")))
        assert [(entry.who, entry.what, entry.target) for entry in did] == [
            ("ana", "action.claim", str(alpha.id)),
            ("ana", "action.release", str(alpha.id)),
            ("ben", "action.resolve", str(alpha.id)),
        ]


@pytest.mark.parametrize(
    ("method", "address", "body", "status"),
    [
        ("GET", f"/api/actions/{UUID(int=7)}", None, 404),
        ("POST", f"/api/actions/{UUID(int=7)}/resolve", {"resolution": "retry"}, 404),
        ("GET", "/api/actions/7", None, 422),
        ("GET", "/api/actions?status=done", None, 422),
        ("POST", f"/api/actions/{UUID(int=7)}/claim", {"by": "ben"}, 422),
        ("POST", f"/api/actions/{UUID(int=7)}/resolve", {"resolution": "send"}, 422),
    ],
)
async def test_what_is_not_there_or_not_understood_is_a_problem(
    api: httpx.AsyncClient, method: str, address: str, body: Any, status: int
) -> None:
    problem(await api.request(method, address, json=body), status)

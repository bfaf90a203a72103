"""Attended captchas through the one service: who is there, what they are shown, and which answer goes where."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from temporalio.testing import WorkflowEnvironment

from api.dependencies import Services
from api.gateway import WorkflowGateway
from api.handoff.actions import NoSuchAction, NotPossible, Taken
from api.handoff.captchas import CaptchaService
from api.main import app
from schema.contracts.action import Action, ActionStatus
from schema.contracts.form import CaptchaKind
from schema.contracts.submission import SubmissionStatus
from schema.failures import FailureType
from schema.store import challenges
from schema.store.database import Pool
from tests.api.test_actions import ANA, BEN, CONFIRMED, service_of, waiting
from tests.factories import bearer
from tests.schema.test_action_list import LOGIN, asked
from tests.workflows.bench import Bench, working
from tests.workflows.scripted import Turn

_THREE_MINUTES = timedelta(minutes=3)


@contextlib.asynccontextmanager
async def stopped(dev: WorkflowEnvironment, pool: Pool) -> AsyncIterator[tuple[Bench, CaptchaService, Action]]:
    """A directory that waits with a captcha; once attended, its page stays open until it is told to go on."""
    actions = service_of(pool, dev)
    async with working(dev, pool, {"alpha": [Turn.CAPTCHA, Turn.SLOW]}) as bench:
        [action] = await waiting(bench, pool, actions)
        yield bench, CaptchaService(pool, actions, "https://artifacts.example/{}".format), action


async def result_of(pool: Pool, action: Action) -> UUID:
    return await challenges.result_of(pool, action.id)


async def test_a_person_attends_is_shown_the_challenge_and_answers_it_once(
    dev: WorkflowEnvironment, pool: Pool
) -> None:
    async with stopped(dev, pool) as (bench, service, action):
        assert not (await service.look(action.id)).attended
        here = await service.attend(action.id, ANA)
        assert (here.attended, here.status, here.challenge) == (True, SubmissionStatus.PLANNED, None)
        await bench.directories.begun("alpha")
        result = await result_of(pool, action)
        assert await challenges.attended(pool, result)
        number = await challenges.ask(pool, result, CaptchaKind.IMAGE, "Code:", "a/b.png", _THREE_MINUTES)
        shown = (await service.look(action.id)).challenge
        assert shown is not None
        assert (shown.number, shown.picture, shown.waits) == (1, "https://artifacts.example/a/b.png", True)
        after = (await service.answer(action.id, number, "K7QX4", ANA)).challenge
        assert after is not None
        assert (after.answered_by, after.waits, after.taken) == ("ana", False, False)
        with pytest.raises(Taken, match="answered already, by ana"):
            await service.answer(action.id, number, "other", ANA)
        assert await challenges.take(pool, result, number) == "K7QX4"
        bench.directories.go_on()
        await bench.job(action.job_id).result()
        ended = await service.look(action.id)
        assert (ended.attended, ended.status) == (False, SubmissionStatus.SUBMITTED)


async def test_who_comes_back_goes_on_and_nobody_else_answers_in_between(dev: WorkflowEnvironment, pool: Pool) -> None:
    async with stopped(dev, pool) as (bench, service, action):
        await service.attend(action.id, ANA)
        assert (await service.attend(action.id, ANA)).attended
        number = await challenges.ask(
            pool, await result_of(pool, action), CaptchaKind.QUESTION, "1 + 1?", "", _THREE_MINUTES
        )
        for other in (service.attend(action.id, BEN), service.answer(action.id, number, "2", BEN)):
            with pytest.raises(Taken, match="claimed by ana"):
                await other
        assert (await service.attend(action.id, BEN, take_over=True)).attended
        await service.answer(action.id, number, "2", BEN)
        bench.directories.go_on()
        await bench.job(action.job_id).result()


async def test_an_answer_to_a_page_that_is_gone_is_refused_with_the_way_out(
    dev: WorkflowEnvironment, pool: Pool
) -> None:
    async with stopped(dev, pool) as (bench, service, action):
        await service.attend(action.id, ANA)
        result = await result_of(pool, action)
        with pytest.raises(Taken, match="no captcha 1 here"):
            await service.answer(action.id, 1, "x", ANA)
        for _ in range(2):
            await challenges.ask(pool, result, CaptchaKind.QUESTION, "1 + 1?", "", _THREE_MINUTES)
        with pytest.raises(Taken, match="the one shown now is 2; answer that"):
            await service.answer(action.id, 1, "2", ANA)
        await challenges.withdraw(pool, result, 2)
        with pytest.raises(Taken, match="Captcha 2 has expired"):
            await service.answer(action.id, 2, "2", ANA)
        bench.directories.go_on()
        await bench.job(action.job_id).result()


async def test_what_cannot_be_answered_from_afar_is_not_attended(dev: WorkflowEnvironment, pool: Pool) -> None:
    actions = service_of(pool, dev)
    service = CaptchaService(pool, actions, str)
    widget = await asked(pool, "alpha", LOGIN.model_copy(update={"failure": FailureType.CAPTCHA_ON_PAGE}))
    with pytest.raises(NotPossible, match=r"open https://alpha\.example/submit by hand.* resolve as confirmed"):
        await service.attend(widget, ANA)
    login = await asked(pool, "beta", LOGIN, business=2)
    with pytest.raises(NotPossible, match="is about login_required"):
        await service.attend(login, ANA)
    assert [choice.resolution.value for choice in (await actions.show(widget)).choices] == [
        "confirmed",
        "retry",
        "give_up",
    ]
    with pytest.raises(NoSuchAction):
        await service.look(UUID(int=7))


async def test_staff_attend_and_answer_over_http(
    dev: WorkflowEnvironment, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stopped(dev, pool) as (bench, _, action):
        services = Services(pool, WorkflowGateway(dev.client))
        monkeypatch.setattr(app.state, "services", services, raising=False)
        transport, headers = httpx.ASGITransport(app), await bearer(pool)
        async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers) as client:
            path = f"/api/actions/{action.id}"
            here = await client.post(f"{path}/attend", json={})
            assert (here.status_code, here.json()["attended"]) == (200, True)
            await challenges.ask(
                pool, await result_of(pool, action), CaptchaKind.QUESTION, "1 + 1?", "", _THREE_MINUTES
            )
            shown = (await client.get(f"{path}/challenge")).json()["challenge"]
            assert (shown["number"], shown["question"]) == (1, "1 + 1?")
            wrong = await client.post(f"{path}/answer", json={"number": 1, "answer": "2\n3"})
            assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "body.answer")
            late = await client.post(f"{path}/answer", json={"number": 2, "answer": "2"})
            assert (late.status_code, late.json()["detail"]) == (409, "There is no captcha 2 here.")
            done = await client.post(f"{path}/answer", json={"number": 1, "answer": "2"})
            assert (done.status_code, done.json()["challenge"]["answered_by"]) == (200, "ana")
        bench.directories.go_on()
        await bench.job(action.job_id).result()


async def test_who_attends_may_still_decide_otherwise_once_it_waits_again(dev: WorkflowEnvironment, pool: Pool) -> None:
    actions = service_of(pool, dev)
    async with working(dev, pool, {"alpha": [Turn.CAPTCHA]}) as bench:
        [action] = await waiting(bench, pool, actions)
        service = CaptchaService(pool, actions, str)
        await service.attend(action.id, ANA)
        await bench.until(action.job_id, "alpha", SubmissionStatus.AWAITING_ACTION)
        again = await actions.show(action.id)
        assert (again.status, again.deadline_at) == (ActionStatus.OPEN, action.deadline_at)
        await actions.resolve(action.id, CONFIRMED, ANA)
        await bench.job(action.job_id).result()

"""`directorybolt actions solve`, with a worker's part played by the test: what is said, asked, and left behind."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from schema.contracts.form import CaptchaKind
from schema.contracts.submission import ActionResolution, Evidence, Outcome, Resolution, SubmissionStatus
from schema.failures import FailureType
from schema.store import challenges, pending_artifacts, results, submissions
from schema.store.database import Pool
from schema.store.submissions import Submission
from tests.cli.conftest import Command, Ran
from tests.factories import row
from tests.patience import eventually
from tests.schema.test_action_list import LOGIN, asked, found

_CAPTCHA = Outcome(status=SubmissionStatus.AWAITING_ACTION, failure=FailureType.CAPTCHA, reason="There is a captcha.")
_TAKEN = Outcome(
    status=SubmissionStatus.SUBMITTED, evidence=Evidence.TEXT, reason="Thank \x1b[2J[bold]you", may_be_sent=True
)

Worker = Callable[[Submission], Awaitable[None]]


async def attended(pool: Pool) -> tuple[UUID, Submission]:
    """An action whose form is being opened for somebody who is there."""
    action_id = await asked(pool, "alpha", _CAPTCHA)
    ref = (await row(pool, (await found(pool, action_id)).job_id, "alpha")).ref
    await results.resolve(pool, ref, ActionResolution(resolution=Resolution.ATTEND, by="ana"))
    return action_id, await submissions.find(pool, ref)


async def solving(command: Command, pool: Pool, worker: Worker, *arguments: str) -> Ran:
    action_id, submission = await attended(pool)
    ran, _ = await asyncio.gather(
        asyncio.to_thread(command, "actions", "solve", str(action_id)[:8], "--by", "ana", *arguments),
        worker(submission),
    )
    return ran


async def answer_to(pool: Pool, submission: Submission, question: str) -> str:
    """What is answered to a question, for as long as it takes."""
    number = await challenges.ask(pool, submission.id, CaptchaKind.QUESTION, question, "", timedelta(minutes=3))
    while (answer := await challenges.take(pool, submission.id, number)) is None:
        await asyncio.sleep(0.05)
    return answer


async def test_an_answer_goes_to_the_page_and_the_end_is_told(command: Command, pool: Pool) -> None:
    said: list[str] = []

    async def worker(submission: Submission) -> None:
        said.append(await answer_to(pool, submission, "What is [red]1 + 1?\x1b[2J"))
        attempt = await results.claim_intent(pool, submission)
        await results.record(pool, submission, _TAKEN, attempt)

    ran = await solving(command, pool, worker, "--answer", " 2 ", "--json")
    assert ran.code == 0, ran.err
    assert said == ["2"]
    assert (ran.json["status"], ran.json["attended"], ran.json["challenge"]["answered_by"]) == (
        "submitted",
        False,
        "ana",
    )
    assert "Captcha 1 of alpha" in ran.err
    assert "What is [red]1 + 1?" in ran.err
    assert "alpha: submitted. Thank" in ran.err
    assert "\x1b" not in ran.err


async def test_a_picture_is_saved_where_it_is_wanted(command: Command, pool: Pool) -> None:
    async def worker(submission: Submission) -> None:
        await pending_artifacts.keep(pool, "a/b.png", b"\x89PNG picture")
        number = await challenges.ask(pool, submission.id, CaptchaKind.IMAGE, "", "a/b.png", timedelta(minutes=3))
        while await challenges.take(pool, submission.id, number) is None:
            await asyncio.sleep(0.05)
        await results.record(pool, submission, _CAPTCHA, submission.attempt)

    ran = await solving(command, pool, worker, "--answer", "K7QX4", "--save", "pictures")
    assert "pictures/captcha-alpha-1.png" in ran.err
    assert (command.folder / "pictures/captcha-alpha-1.png").read_bytes() == b"\x89PNG picture"


async def test_a_captcha_that_waits_again_is_no_success(command: Command, pool: Pool) -> None:
    async def told() -> bool:
        return "the answer was wrong" in (command.streams / "err").read_text()

    async def worker(submission: Submission) -> None:
        await answer_to(pool, submission, "What is 1 + 1?")
        await challenges.judge(pool, submission.id, 1, right=False)
        await eventually(told)
        await results.record(pool, submission, _CAPTCHA, submission.attempt)

    ran = await solving(command, pool, worker, "--answer", "3")
    assert ran.code == 1
    assert "waits for a person again" in ran.err


async def test_without_a_terminal_and_without_an_answer_nobody_is_there(command: Command, pool: Pool) -> None:
    async def worker(submission: Submission) -> None:
        await challenges.ask(pool, submission.id, CaptchaKind.QUESTION, "1 + 1?", "", timedelta(minutes=3))

    ran = await solving(command, pool, worker)
    assert ran.code == 1
    assert "give --answer" in ran.err
    assert "Traceback" not in ran.err


async def test_what_is_no_captcha_is_not_attended(command: Command, pool: Pool) -> None:
    login = str(await asked(pool))
    assert command("actions", "solve", login, "--by", "ana").failed(2, "alpha", "login_required")
    widget = str(
        await asked(pool, "beta", LOGIN.model_copy(update={"failure": FailureType.CAPTCHA_ON_PAGE}), business=2)
    )
    assert command("actions", "solve", widget, "--by", "ana").failed(2, "https://beta.example/submit", "by hand")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("7", "--by", "ana"), ("actions list",)),
        (("00000000",), ("--by",)),
        (("00000000", "--by", "ana"), ("No action's id",)),
        (("00000000", "--by", "ana", "--answer", "a\nb"), ("--answer", "one line")),
        (("00000000", "--by", "ana", "--answer", "a" * 101), ("--answer",)),
    ],
)
def test_what_is_wrong_is_named(command: Command, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    assert command("actions", "solve", *arguments).failed(2, *words)

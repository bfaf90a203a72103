"""2Captcha's own SDK against a local server that speaks its API: what is asked, and every way to get no answer."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

import activities.two_captcha
from activities.solving import Solution, Unanswered
from activities.two_captcha import TwoCaptcha
from deploy.runtime.logs import configure_logs
from schema.contracts.captcha import Challenge
from schema.contracts.form import CaptchaKind
from tests.activities.two_captcha_server import KEY, TwoCaptchaServer, open_two_captcha
from tests.patience import PATIENCE_S

_PAGE = "https://directory.example/add"
PICTURE = Challenge(kind=CaptchaKind.IMAGE, page_url=_PAGE, question="Enter the code", picture=b"\x89PNG" + b"." * 80)


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TwoCaptchaServer]:
    async with open_two_captcha(tmp_path) as opened:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        monkeypatch.setattr(activities.two_captcha, "_JUDGED_WITHIN_S", PATIENCE_S)
        yield opened


@pytest.fixture
def worker_logs(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    """Logs as a worker writes them, and all of them."""
    root, of_activities = logging.getLogger(), logging.getLogger("temporalio.activity")
    handlers, level, configured = root.handlers, root.level, structlog.get_config()
    filters = list(of_activities.filters)
    configure_logs("DEBUG")
    yield capsys
    root.handlers, of_activities.filters = handlers, filters
    root.setLevel(level)
    structlog.configure(**configured)


def solver(server: TwoCaptchaServer, key: str = KEY, patience_s: float = PATIENCE_S) -> TwoCaptcha:
    return TwoCaptcha(key, server.address, patience_s=patience_s, poll_every_s=0.05)


@pytest.mark.parametrize(
    ("challenge", "sent"),
    [
        (PICTURE, {"method": "base64", "textinstructions": "Enter the code"}),
        (
            Challenge(kind=CaptchaKind.QUESTION, page_url=_PAGE, question="What is 3 + 4?"),
            {"method": "post", "textcaptcha": "What is 3 + 4?"},
        ),
        (
            Challenge(kind=CaptchaKind.RECAPTCHA, page_url=_PAGE, site_key="s1"),
            {"method": "userrecaptcha", "googlekey": "s1", "pageurl": _PAGE},
        ),
        (
            Challenge(kind=CaptchaKind.HCAPTCHA, page_url=_PAGE, site_key="s2"),
            {"method": "hcaptcha", "sitekey": "s2", "pageurl": _PAGE},
        ),
        (
            Challenge(kind=CaptchaKind.TURNSTILE, page_url=_PAGE, site_key="s3"),
            {"method": "turnstile", "sitekey": "s3", "pageurl": _PAGE},
        ),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Challenge) else "",
)
async def test_every_kind_is_sent_as_the_service_wants_it(
    server: TwoCaptchaServer, challenge: Challenge, sent: dict[str, str]
) -> None:
    assert await solver(server).solve(challenge) == Solution("K7QX4", "4711")
    [arrived] = server.sent
    assert sent.items() <= arrived.items()
    if challenge.picture:
        assert server.picture() == challenge.picture


async def test_what_is_not_ready_is_waited_for(server: TwoCaptchaServer) -> None:
    server.not_ready = 4
    assert (await solver(server).solve(PICTURE)).text == "K7QX4"
    assert server.polls == 5


async def test_a_poll_that_is_lost_on_the_way_does_not_lose_what_was_paid_for(server: TwoCaptchaServer) -> None:
    server.lost_polls = 2
    assert (await solver(server).solve(PICTURE)).text == "K7QX4"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("ERROR_CAPTCHA_UNSOLVABLE", "2Captcha's people could not solve it."),
        ("ERROR_BAD_DUPLICATES", "2Captcha refuses (ERROR_BAD_DUPLICATES)."),
    ],
)
async def test_what_nobody_could_solve(server: TwoCaptchaServer, error: str, sentence: str) -> None:
    server.work = lambda _: error
    with pytest.raises(Unanswered) as said:
        await solver(server).solve(PICTURE)
    assert str(said.value) == sentence


@pytest.mark.parametrize(
    ("accepts", "sentence"),
    [
        ("ERROR_ZERO_BALANCE", "2Captcha's account is empty."),
        ("ERROR_NO_SLOT_AVAILABLE", "2Captcha refuses (ERROR_NO_SLOT_AVAILABLE)."),
        ("<html>Maintenance</html>", "2Captcha answered with something else than its API."),
    ],
)
async def test_what_it_does_not_take(server: TwoCaptchaServer, accepts: str, sentence: str) -> None:
    server.accepts = accepts
    with pytest.raises(Unanswered) as said:
        await solver(server).solve(PICTURE)
    assert str(said.value) == sentence
    assert server.polls == 0


async def test_a_wrong_key_is_named_by_its_setting_and_stays_out_of_sight(
    server: TwoCaptchaServer, worker_logs: pytest.CaptureFixture[str]
) -> None:
    secret = "s3cret" * 5
    with pytest.raises(Unanswered, match="correct TWOCAPTCHA_API_KEY") as said:
        await solver(server, secret).solve(PICTURE)
    await solver(server, secret).judge(Solution("x", "1"), right=False)
    logged = worker_logs.readouterr().err
    assert "not reported" in logged
    assert secret not in f"{said.value!r} {said.value.__cause__!r} {logged}"


async def test_one_that_is_slow_is_given_up_in_time(server: TwoCaptchaServer) -> None:
    server.not_ready = 1_000_000
    with pytest.raises(Unanswered, match="within 1 seconds"):
        async with asyncio.timeout(PATIENCE_S):
            await solver(server, patience_s=0.6).solve(PICTURE)


async def test_one_that_says_nothing_is_given_up_in_time(server: TwoCaptchaServer) -> None:
    server.silent = True
    with pytest.raises(Unanswered, match="no answer within"):
        async with asyncio.timeout(PATIENCE_S):
            await solver(server, patience_s=0.6).solve(PICTURE)


async def test_one_that_is_down_is_said_to_be(server: TwoCaptchaServer) -> None:
    server.down = True
    with pytest.raises(Unanswered, match="cannot be reached"):
        await solver(server).solve(PICTURE)
    nobody = TwoCaptcha(KEY, "127.0.0.1:1", patience_s=5, poll_every_s=0.05)
    with pytest.raises(Unanswered, match="cannot be reached"):
        await nobody.solve(PICTURE)
    await nobody.judge(Solution("x", "1"), right=True)


async def test_what_the_directory_said_of_an_answer_is_reported(server: TwoCaptchaServer) -> None:
    solving = solver(server)
    solution = await solving.solve(PICTURE)
    await solving.judge(solution, right=False)
    await solving.judge(solution, right=True)
    assert server.reported == [("reportbad", "4711"), ("reportgood", "4711")]

"""2Captcha, by its own SDK: people who are paid to answer captchas. Only for directories that permit it.

They are shown the challenge alone, never the form: nothing of the customer goes there.
"""

import asyncio
import base64
import re
from typing import Any

import structlog
import twocaptcha
from twocaptcha.exceptions import api

from activities.solving import Solution, Unanswered
from schema.contracts.captcha import Challenge
from schema.contracts.form import CaptchaKind

_HINT = 140
"""Characters that the service takes beside a picture, or as a question."""

_JUDGED_WITHIN_S = 5.0
_CODE = re.compile(r"ERROR_\w+")
_IN_WORDS = {
    "ERROR_ZERO_BALANCE": "2Captcha's account is empty.",
    "ERROR_WRONG_USER_KEY": "2Captcha does not know the key: correct TWOCAPTCHA_API_KEY.",
    "ERROR_KEY_DOES_NOT_EXIST": "2Captcha does not know the key: correct TWOCAPTCHA_API_KEY.",
    "ERROR_CAPTCHA_UNSOLVABLE": "2Captcha's people could not solve it.",
}
_AWAY = (twocaptcha.NetworkException, api.NetworkException)
_REFUSED = (twocaptcha.SolverExceptions, api.ApiException)

_log = structlog.get_logger(__name__)


class _Client(twocaptcha.AsyncTwoCaptcha):  # type: ignore[misc]
    """The SDK's client, but a poll that fails on the way is as one that comes too early: the answer is paid for."""

    async def wait_result(self, id_: str, timeout: float, polling_interval: int) -> str:  # noqa: ASYNC109
        """The caller bounds the time."""
        while True:
            try:
                return str(await self.get_result(id_))
            except _AWAY:
                await asyncio.sleep(self.polling_interval)


class TwoCaptcha:
    """Asks 2Captcha, or a server that speaks its API, and waits `patience_s` seconds at most."""

    kinds = frozenset(CaptchaKind) - {CaptchaKind.NONE}

    def __init__(
        self, api_key: str, server: str = "2captcha.com", *, patience_s: float = 120.0, poll_every_s: float = 5.0
    ) -> None:
        self._client = _Client(api_key, softId=None, pollingInterval=poll_every_s, server=server)
        self._patience_s = patience_s

    async def solve(self, challenge: Challenge) -> Solution:
        """Raises Unanswered."""
        try:
            async with asyncio.timeout(self._patience_s):
                result = await self._ask(challenge)
        except TimeoutError:
            raise Unanswered(f"2Captcha had no answer within {self._patience_s:.0f} seconds.") from None
        except _AWAY:
            raise Unanswered("2Captcha cannot be reached.") from None
        except _REFUSED as error:
            raise Unanswered(_in_words(error)) from None
        return Solution(text=result["code"], ticket=result["captchaId"])

    async def judge(self, solution: Solution, *, right: bool) -> None:
        """Report the answer: what was wrong is refunded, and whoever answers wrongly is found out."""
        try:
            async with asyncio.timeout(_JUDGED_WITHIN_S):
                await self._client.report(solution.ticket, right)
        except (TimeoutError, *_AWAY, *_REFUSED) as error:
            _log.warning("captcha answer not reported", right=right, error=type(error).__name__)

    async def _ask(self, challenge: Challenge) -> dict[str, str]:
        site: dict[str, Any] = {"sitekey": challenge.site_key, "url": challenge.page_url}
        match challenge.kind:
            case CaptchaKind.RECAPTCHA:
                answer = await self._client.recaptcha(**site)
            case CaptchaKind.HCAPTCHA:
                answer = await self._client.hcaptcha(**site)
            case CaptchaKind.TURNSTILE:
                answer = await self._client.turnstile(**site)
            case _ if challenge.picture:
                picture = base64.b64encode(challenge.picture).decode()
                answer = await self._client.normal(picture, hintText=challenge.question[:_HINT])
            case _:
                answer = await self._client.text(challenge.question[:_HINT])
        return dict(answer)


def _in_words(error: Exception) -> str:
    """Of a server's error, its code alone: the rest of the text may hold anything."""
    code = _CODE.search(str(error))
    if code is None:
        return "2Captcha answered with something else than its API."
    return _IN_WORDS.get(code[0], f"2Captcha refuses ({code[0]}).")

"""The click, and watching what leaves and what comes back. It is called once per claimed intent and never retries."""

import asyncio
import contextlib
import dataclasses
import time

import playwright.async_api
from playwright.async_api import ElementHandle, Request

from activities.boundary import ActivityFailure
from activities.browser.chromium import BrowserFailed
from activities.browser.observe import Observation, observe
from activities.browser.pool import Visit
from brain.answer import judge
from schema.contracts.answer import Answer, AnswerKind
from schema.contracts.form import FormSnapshot
from schema.contracts.submission import Evidence
from schema.failures import FailureType

_PRESSED_WITHIN_MS = 5_000
_POST_LEAVES_WITHIN_S = 6.0
_ANSWER_WITHIN_S = 25.0
_PAGE_SPEAKS_WITHIN_S = 5.0
_PAUSE_S = 0.15
_ANSWER_HERE = """(button) => {
    const form = button.form, base = document.querySelector("base[target]")?.target;
    const target = button.getAttribute("formtarget") || form?.getAttribute("target") || base || "_self";
    const here = ["_self", "_parent", "_top"].includes(target.toLowerCase());
    if (!form || here || document.querySelector(`iframe[name="${CSS.escape(target)}"]`)) return;
    button.removeAttribute("formtarget");
    form.setAttribute("target", "_self");
}"""


class NeverArrived(ActivityFailure):
    """The directory could not be reached at all when the form was to be sent."""

    def __init__(self) -> None:
        super().__init__(FailureType.DIRECTORY_UNREACHABLE, "The directory took no connection: nothing has arrived.")


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """What the click led to. `left` is False when provably nothing that changes anything was sent."""

    left: bool
    answer: Answer
    response_status: int | None
    after: FormSnapshot


async def send(visit: Visit, observation: Observation, button: str) -> Sent:
    """Press the button, wait for the request to leave and be answered, then read the page.

    The caller has opened the gate, and bounds the time. Raises NeverArrived, and BrowserFailed; `gate.sent` tells the
    caller whether something had left by then.
    """
    before = observation.snapshot
    try:
        await _press(await observation.element(button))
    except playwright.async_api.Error as error:
        if not visit.gate.sent:
            raise BrowserFailed("The button could not be pressed.") from error
    await visit.gate.wait_for_post(_POST_LEAVES_WITHIN_S)
    answer, status, after = await _listen(visit, before)
    if visit.gate.late and not visit.gate.sent:
        raise BrowserFailed("The time to send the form was over before it left.")
    visit.gate.close()
    if visit.gate.refused:
        raise NeverArrived
    return Sent(left=bool(visit.gate.sent), answer=answer, response_status=status, after=after)


async def _press(element: ElementHandle) -> None:
    """One click: by the mouse, or by script where a banner covers the button.

    Whether the mouse reaches it is tried without clicking: after a click that timed out nobody could tell. A form that
    is to be answered in a window of its own is answered in this one: the browser opens no other.
    """
    await element.evaluate(_ANSWER_HERE)
    try:
        await element.click(trial=True, timeout=_PRESSED_WITHIN_MS)
    except playwright.async_api.TimeoutError:
        await element.evaluate("(button) => button.click()")
    else:
        # Without waiting for the next page: how long the directory takes to answer is another limit's business.
        await element.click(timeout=_PRESSED_WITHIN_MS, no_wait_after=True)


async def _status(request: Request | None) -> int | None:
    """The HTTP status of the post's own answer; None when the connection broke or nothing came in time."""
    if request is None:
        return None
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            response = await request.response()
    except (TimeoutError, playwright.async_api.Error):
        return None
    return response.status if response else None


async def _listen(visit: Visit, before: FormSnapshot) -> tuple[Answer, int | None, FormSnapshot]:
    """Read the page until it says something, and a little longer when only its silence speaks for it."""
    answer, status, after = Answer(kind=AnswerKind.UNCLEAR), None, before
    heard = 0
    deadline = time.monotonic() + _PAGE_SPEAKS_WITHIN_S
    while True:
        if len(visit.gate.sent) > heard:
            # A page may ask its server first and send the form then: what counts is the answer to the form.
            heard = len(visit.gate.sent)
            status = await _status(visit.gate.submission)
            deadline = time.monotonic() + _PAGE_SPEAKS_WITHIN_S
        try:
            # A page that breaks off in the middle is never loaded: what has come of it is read.
            with contextlib.suppress(playwright.async_api.TimeoutError):
                await visit.page.wait_for_load_state("domcontentloaded", timeout=_ANSWER_WITHIN_S * 1000)
            after = (await observe(visit.page, patience_s=0)).snapshot
            answer = judge(before, after, status)
        except playwright.async_api.Error as error:
            if visit.page.is_closed():
                raise BrowserFailed("The page ended before it had answered.") from error
            # The page is being replaced by the answer: look again.
        if len(visit.gate.sent) > heard:
            continue
        spoke = answer.kind is not AnswerKind.UNCLEAR and answer.evidence is not Evidence.RESPONSE
        if spoke or time.monotonic() > deadline:
            return answer, status, after
        if answer.kind is AnswerKind.ACCEPTED:
            deadline = min(deadline, time.monotonic() + 1.0)
        await asyncio.sleep(_PAUSE_S)

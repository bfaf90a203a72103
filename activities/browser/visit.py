"""Going to a directory's page: what its HTTP answer means before anybody looks at the form."""

import contextlib
import re
from datetime import timedelta
from email.utils import parsedate_to_datetime

import playwright.async_api
from playwright.async_api import Page, Response

from activities.boundary import ActivityFailure
from schema.failures import FailureType

_LOADS_WITHIN_MS = 10_000
_LONGEST_WAIT = timedelta(hours=1)
_GONE = frozenset({404, 410})
_REFUSES_US = 403
_BUSY = frozenset({429, 503})
_NETWORK = re.compile(r"net::ERR_(\w+)")
_IN_WORDS = {
    # By our way out, for whatever reason: no such name, nobody there, or an address that is not a public one.
    "SOCKS_CONNECTION_FAILED": "No connection to the directory comes about.",
    "SOCKS_CONNECTION_HOST_UNREACHABLE": "No connection to the directory comes about.",
    "TIMED_OUT": "The directory does not answer in time.",
    "EMPTY_RESPONSE": "The directory hung up without an answer.",
    "CERT_DATE_INVALID": "The directory's certificate is out of date.",
    "CERT_AUTHORITY_INVALID": "The directory's certificate is signed by nobody that is known.",
    "CERT_COMMON_NAME_INVALID": "The directory's certificate is for another name.",
}


class DirectoryGone(Exception):
    """The directory says that its form is not there any more; the text is for people."""


async def go_to(page: Page, url: str) -> int | None:
    """Load the page, style sheets included: without them a trap for robots looks like any other field.

    Returns its HTTP status, None where it came without a request.
    Raises DirectoryGone, or ActivityFailure with the time a busy directory asked for.
    """
    try:
        response = await page.goto(url, wait_until="domcontentloaded")
    except playwright.async_api.Error as error:
        if page.context.browser is None or not page.context.browser.is_connected():
            raise ActivityFailure(FailureType.BROWSER_FAILED, "The browser ended.") from error
        raise ActivityFailure(FailureType.DIRECTORY_UNREACHABLE, _said(error)) from error
    if response is None:
        return None
    status = response.status
    if status in _GONE:
        raise DirectoryGone(f"The submission page answers HTTP {status}.")
    if status in _BUSY:
        raise ActivityFailure(
            FailureType.DIRECTORY_BUSY,
            f"The directory answers HTTP {status}.",
            retry_after=await _retry_after(response),
        )
    if status >= 500 or status == _REFUSES_US:
        raise ActivityFailure(FailureType.DIRECTORY_UNREACHABLE, f"The directory answers HTTP {status}.")
    with contextlib.suppress(playwright.async_api.TimeoutError):
        # Some pages wait for a tracker for ever: what a person would see by now has to do.
        await page.wait_for_load_state("load", timeout=_LOADS_WITHIN_MS)
    return status


async def _retry_after(response: Response) -> timedelta | None:
    """RFC 9110 §10.2.3: seconds or a date; None when absent or not understood."""
    value = (await response.header_value("retry-after") or "").strip()
    if not value:
        return None
    if value.isdecimal():
        return min(timedelta(seconds=int(value)), _LONGEST_WAIT)
    served = await response.header_value("date")
    try:
        # The difference of the directory's own two clocks readings, so that ours does not matter.
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(served or "")
    except (TypeError, ValueError):
        return None
    return min(max(wait, timedelta()), _LONGEST_WAIT)


def _said(error: playwright.async_api.Error) -> str:
    """Why a page did not come, in words where the browser's code is a common one."""
    if isinstance(error, playwright.async_api.TimeoutError):
        return "The directory does not answer in time."
    code = _NETWORK.search(error.message)
    if code is None:
        return error.message.partition("\n")[0]
    return _IN_WORDS.get(code[1], f"The directory cannot be reached ({code[1]}).")

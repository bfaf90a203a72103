"""The smallest things a person does to a page: press, tick, type, blur. Nothing here knows what for."""

import contextlib
from collections.abc import AsyncIterator

from playwright.async_api import ElementHandle
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

ACTION_TIMEOUT_MS = 5_000
_COVERED_AFTER_MS = 1_500

_SHIELD = """(e) => {
  const view = e.ownerDocument.defaultView, sends = 'button:not([type=button]),input[type=submit],input[type=image]';
  const stop = (event) => {
    if (event.type === 'click' && !event.composedPath().some((n) => n.matches?.(sends))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  for (const type of ['submit', 'click']) view.addEventListener(type, stop, true);
  return () => { for (const type of ['submit', 'click']) view.removeEventListener(type, stop, true); };
}"""
_TICKED = "(e) => e.checked || ['aria-checked', 'aria-pressed'].some((a) => e.getAttribute(a) === 'true')"
_WRITES = "(e) => e.matches('input,textarea') ? !e.readOnly && !e.disabled : e.isContentEditable"


async def press(element: ElementHandle) -> None:
    """Click as a person would, once; what is hidden by its style or lies under a banner is clicked by script.

    Whether the mouse reaches it is tried without clicking: after a click that timed out nobody could tell.
    """
    if await _within_reach(element):
        await element.click(timeout=ACTION_TIMEOUT_MS)
    else:
        await element.evaluate("(e) => e.click()")


async def _within_reach(element: ElementHandle) -> bool:
    if not await element.is_visible():
        return False
    try:
        await element.scroll_into_view_if_needed(timeout=ACTION_TIMEOUT_MS)
        await element.click(trial=True, timeout=_COVERED_AFTER_MS)
    except PlaywrightTimeoutError:
        return False
    return True


async def tick(element: ElementHandle) -> None:
    """Tick a box or a radio button. One that a style hides is clicked itself, not its label, which may hold links."""
    if not await element.evaluate(_TICKED):
        await press(element)


async def write(element: ElementHandle, text: str) -> None:
    """Replace what a box holds. Line breaks are kept; no Enter is pressed."""
    await element.scroll_into_view_if_needed(timeout=ACTION_TIMEOUT_MS)
    await element.fill(text, timeout=ACTION_TIMEOUT_MS)


async def write_by_keys(element: ElementHandle, text: str) -> None:
    """Key by key, for masks that only listen to those. The text is put on one line first, so that no Enter is in it."""
    await element.fill("", timeout=ACTION_TIMEOUT_MS)
    await element.click(timeout=ACTION_TIMEOUT_MS)
    await element.type(" ".join(text.split()), timeout=ACTION_TIMEOUT_MS)


async def leave(element: ElementHandle) -> None:
    await element.evaluate("(e) => e.blur()")


async def shown(element: ElementHandle) -> str:
    """What a box holds now."""
    text: str = await element.evaluate("(e) => 'value' in e ? String(e.value) : e.innerText")
    return text


async def writable(element: ElementHandle) -> bool:
    """True where keys would leave text in it."""
    found: bool = await element.evaluate(_WRITES)
    return found


@contextlib.asynccontextmanager
async def shielded(element: ElementHandle) -> AsyncIterator[None]:
    """Meanwhile Enter ends an entry and never sends the form, which a browser would do of its own accord."""
    release = await element.evaluate_handle(_SHIELD)
    try:
        yield
    finally:
        await release.evaluate("(off) => off()")

"""Boxes that take one entry at a time and make a chip of each: tags, keywords, whatever ends with a comma or Enter."""

from playwright.async_api import ElementHandle

from activities.browser.touch import ACTION_TIMEOUT_MS, leave, shielded

_FEW_MS = 30
# Chips inside a box that is edited are no text of its own.
_OWN_TEXT = """(e) => 'value' in e ? e.value
  : [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join('')"""


async def enter(element: ElementHandle, items: list[str], *, comma: bool) -> list[str]:
    """Type each item and end it, by a comma where the box knows that, else by Enter. Returns what it took.

    An item that stays in the box was not taken: the box is full, or it is no such box; it is emptied then.
    """
    taken: list[str] = []
    async with shielded(element):
        for item in items:
            if not await _entered(element, item, comma=comma):
                break
            taken.append(item)
    await leave(element)
    return taken


async def _entered(element: ElementHandle, item: str, *, comma: bool) -> bool:
    await element.focus()
    await element.type(item, timeout=ACTION_TIMEOUT_MS)
    if comma:
        await element.press(",")
        if await _left(element):
            return True
        await element.press("Backspace")
    await element.press("Enter")
    if await _left(element):
        return True
    for _ in range(len(item)):
        await element.press("Backspace")
    return False


async def _left(element: ElementHandle) -> bool:
    """The text has left the box, at once or after a moment."""
    for _ in range(4):
        own = await element.evaluate(_OWN_TEXT)
        if not str(own).strip(" ,\u200b\u00a0\n"):
            return True
        await element.evaluate("(_, ms) => new Promise((done) => setTimeout(done, ms))", _FEW_MS)
    return False

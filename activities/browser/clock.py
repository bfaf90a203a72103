"""Boxes that nobody can type into and that open a little clock: hours and minutes are set there, as a person would."""

from playwright.async_api import ElementHandle, Frame

from activities.browser.touch import leave, press, shown, write
from brain.values.hours import minutes

_PARTS = """() => {
  const seen = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const said = (e) => `${e.getAttribute('aria-label') || ''} ${e.className} ${e.title || ''}`;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
  const find = (selector, words) => all(selector).filter((e) => words.test(said(e)));
  const boxes = 'input:not([readonly])';
  return [
    find(boxes, /hour|stunde|heure|hora\\b|\\bora\\b|uur|godzin/i)[0] || null,
    find(boxes, /minut/i)[0] || null,
    find('span,button,div,a', /am-?pm|meridi/i).filter((e) => /^\\s*[ap]\\.?m\\.?\\s*$/i.test(e.innerText))[0] || null,
  ];
}"""


async def set_clock(element: ElementHandle, time: str) -> bool:
    """Open the clock and set it to this time of day; True if the box shows it then."""
    wanted, frame = minutes(time), await element.owner_frame()
    if wanted is None or frame is None:
        return False
    await press(element)
    hour, minute, half = await _parts(frame)
    if hour is None or minute is None:
        return False
    full = wanted // 60
    await write(hour, str(full % 12 or 12) if half else f"{full:02d}")
    await leave(hour)
    await write(minute, f"{wanted % 60:02d}")
    await leave(minute)
    if half is not None and (await half.inner_text()).strip().lower().startswith("p") != (full >= 12):
        await press(half)
    await leave(element)
    return minutes(await shown(element)) == wanted


async def _parts(frame: Frame) -> list[ElementHandle | None]:
    found = await frame.evaluate_handle(_PARTS)
    return [(await found.get_property(str(at))).as_element() for at in range(3)]

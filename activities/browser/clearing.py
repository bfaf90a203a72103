"""Makes a page's form stand open before anybody reads it, as a person would: a consent banner is declined, sections
that are folded are unfolded, a form that waits behind "Add your listing" is called up. Nothing is filled here.
"""

import asyncio
from pathlib import Path

from playwright.async_api import ElementHandle, Page

from activities.browser.patience import within
from activities.browser.touch import press
from brain import phrases
from brain.reader.buttons import is_listing
from brain.words import fold

_PHRASES = phrases.load(Path(__file__).with_name("consent.toml"))
_UNFOLDS_WITHIN_S = 0.4
_CONTROLS = "input:not([type=hidden]):not([type=submit]):not([type=button]),select,textarea"
_BANNER_BUTTONS = """() => {
  const fixed = (e) => { for (let up = e; up; up = up.parentElement) {
    const style = getComputedStyle(up);
    if (/fixed|sticky/.test(style.position) || up.matches('dialog,[role=dialog]')) return up;
  } return null; };
  return [...document.querySelectorAll('button,[role=button],a,input[type=button],input[type=submit]')].filter((e) => {
    if (e.closest('form')?.querySelector('textarea,input[type=email]') || !e.checkVisibility()) return false;
    const box = fixed(e);
    const said = box && box.innerText + ' ' + box.id + ' ' + box.className;
    return box && /cookie|consent|datenschutz|rgpd|gdpr|privacy/i.test(said);
  });
}"""
_UNFOLD = """(controls) => {
  let opened = 0;
  for (const folded of document.querySelectorAll('form details:not([open])')) {
    const summary = folded.querySelector(':scope > summary');
    if (summary && !summary.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    if (folded.querySelector(controls) && folded.checkVisibility()) { folded.open = true; opened++; }
  }
  const openers = '[aria-expanded=false][aria-controls],[data-bs-toggle=collapse],[data-toggle=collapse]';
  const others = 'input,select,[role=combobox],[role=tab],[aria-haspopup]';
  for (const opener of document.querySelectorAll(`form :is(${openers})`)) {
    const { bsTarget, target } = opener.dataset;
    const named = opener.getAttribute('aria-controls') || bsTarget || target || opener.hash;
    const pane = named && document.getElementById(named.replace(/^#/, ''));
    if (!pane || pane.dataset.bsParent || opener.matches(others)) continue;
    if (!opener.checkVisibility() || pane.checkVisibility() || !pane.querySelector(controls)) continue;
    opener.click();
    opened++;
  }
  return opened;
}"""
_SEEN = "(controls) => [...document.querySelectorAll(controls)].filter((e) => e.checkVisibility()).length"
_CALLERS = """() => [...document.querySelectorAll('button,[role=button],a')].filter((e) => {
  const stays = e.tagName !== 'A' || !e.getAttribute('href') || /^(#|javascript:)/i.test(e.getAttribute('href'));
  return stays && e.checkVisibility() && !e.closest('form');
})"""
_CLEARED_WITHIN_S = 15.0
_FEW = 2


async def clear_the_way(page: Page) -> None:
    """Raises PlaywrightError when the page is gone, or does not answer."""
    async with within(_CLEARED_WITHIN_S):
        await _decline(page)
        if await page.evaluate(_SEEN, _CONTROLS) < _FEW:
            await _call_up(page)
        if await page.evaluate(_UNFOLD, _CONTROLS):
            await asyncio.sleep(_UNFOLDS_WITHIN_S)


async def _decline(page: Page) -> None:
    """Consent is refused where that can be said in one press; where it cannot, the banner stays."""
    for button in await _elements(page, _BANNER_BUTTONS):
        if _PHRASES["decline"].search(fold(await _text(button))):
            await press(button)
            return


async def _call_up(page: Page) -> None:
    """A form in a dialog is not there until it is asked for."""
    for caller in await _elements(page, _CALLERS):
        if is_listing(await _text(caller)):
            await press(caller)
            await asyncio.sleep(_UNFOLDS_WITHIN_S)
            return


async def _elements(page: Page, script: str) -> list[ElementHandle]:
    found = await page.evaluate_handle(script)
    items = (await found.get_properties()).values()
    return [element for item in items if (element := item.as_element()) is not None]


async def _text(element: ElementHandle) -> str:
    text: str = await element.evaluate("(e) => e.innerText || e.value || e.getAttribute('aria-label') || ''")
    return text[:200]

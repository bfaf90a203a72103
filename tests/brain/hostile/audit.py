"""Tries one hostile page as the product would, and then asks the page itself what has come to stand in it.

The audit trusts nothing of the reader, the mapper or the guard: it walks the page's own controls.
"""

import asyncio
from base64 import b64encode
from dataclasses import dataclass, field

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from activities.boundary import ActivityFailure
from activities.browser.clearing import clear_the_way
from activities.browser.fill import Filled, FormChanged, GuardRefused, fill_step
from activities.browser.gate import Deadline
from activities.browser.observe import observe
from activities.browser.pool import BrowserPool, Visit
from activities.browser.send import send
from activities.browser.visit import go_to
from brain.planner import plan_step
from brain.words import fold
from schema.contracts.plan import Obstacle, PlanStep
from tests.brain.forms import bakery
from tests.brain.hostile.attack import ELSEWHERE, Attack, Must
from tests.brain.hostile.origins import Origins
from tests.patience import PATIENCE_S

PROFILE = bakery()
MARKS = (PROFILE.email, PROFILE.business_name, "rosasbakery", "512 555", b64encode(PROFILE.email.encode()).decode())
_WITHIN_S = 2 * PATIENCE_S
"""The longest that an attempt may take. The product's own bounds add up to less, of which a dead page meets several."""
_OUR_WORDS = frozenset(fold(PROFILE.model_dump_json()).split()) | frozenset(
    fold("United States of America USA").split()
)

_STATE = """() => {
  const found = [], visit = (root) => {
    for (const el of root.querySelectorAll('*')) {
      if (el.shadowRoot) visit(el.shadowRoot);
      if (!/^(INPUT|SELECT|TEXTAREA)$/.test(el.tagName) && !el.hasAttribute('contenteditable')) continue;
      if (/^(hidden|submit|button|image|reset)$/.test(el.type)) continue;
      const boxes = el.type === 'checkbox' || el.type === 'radio';
      const first = () => [...el.options].find((o) => o.defaultSelected)?.value ?? el.options[0]?.value ?? '';
      const standard = el.tagName === 'SELECT' ? first() : el.defaultValue ?? '';
      const value = boxes ? (el.checked ? 'ticked' : '') : 'value' in el ? el.value : el.innerText;
      found.push({name: el.name || el.id || '', type: el.type || 'rich', value: value.slice(0, 5000),
        before: boxes ? (el.defaultChecked ? 'ticked' : '') : standard, trap: el.hasAttribute('data-trap'),
        honest: el.getAttribute('data-honest')});
    }
  };
  visit(document);
  return found;
}"""


@dataclass(slots=True)
class Verdict:
    """What became of one page: `ended` says how the attempt ended, `wrong` what must not be."""

    ended: str = ""
    filled: bool = False
    wrong: list[str] = field(default_factory=list)


async def attempt(pool: BrowserPool, origins: Origins, attack: Attack) -> Verdict:
    """Go there, plan, let the page change, fill, press the button, and look at what is left."""
    verdict = Verdict()
    try:
        async with asyncio.timeout(_WITHIN_S), pool.visit() as visit:
            await _attempt(visit, origins, attack, verdict)
    except TimeoutError:
        verdict.wrong.append(f"still at work after {_WITHIN_S} s")
    except ActivityFailure as failed:
        verdict.ended = f"given up, to be tried again: {failed}"
    except Exception as error:  # no page may bring the product down: whatever it is, it is this page's verdict
        verdict.wrong.append(f"{type(error).__name__}: {error}")
    if attack.must is Must.FILL and not verdict.filled:
        verdict.wrong.append(f"an honest form was not filled: {verdict.ended}")
    if attack.must is Must.REFUSE and verdict.filled:
        verdict.wrong.append("it was filled")
    posts = origins.posts(attack.name)
    if len(posts) > 1 or (posts and not verdict.filled):
        verdict.wrong.append(f"the directory got {len(posts)} posts")
    return verdict


async def _attempt(visit: Visit, origins: Origins, attack: Attack, verdict: Verdict) -> None:
    page, url = visit.page, f"{origins.home}{attack.name}"
    visit.gate.confine(url, PROFILE)
    await go_to(page, url)
    await clear_the_way(page)
    step = plan_step((await observe(page, patience_s=0.3)).snapshot, PROFILE)
    if attack.before_fill:
        await page.evaluate(attack.before_fill.replace(ELSEWHERE, origins.elsewhere.rstrip("/")))
        await page.wait_for_load_state()
    filled = None
    if isinstance(step, Obstacle):
        verdict.ended = f"no plan: {step.reason}"
    else:
        filled = await _fill(visit, step, url, verdict)
    verdict.wrong += await _audit(page, filled=filled is not None, complete=attack.must is Must.FILL)
    if filled is None or not isinstance(step, PlanStep):
        return
    visit.gate.open(Deadline.after(60))
    await send(visit, filled.observation, step.button)


async def _fill(visit: Visit, step: PlanStep, url: str, verdict: Verdict) -> Filled | None:
    try:
        filled = await fill_step(visit.page, step, PROFILE, url)
    except (GuardRefused, FormChanged) as refused:
        verdict.ended = f"not filled: {refused}"
        return None
    verdict.ended, verdict.filled = "filled", True
    return filled


async def _audit(page: Page, *, filled: bool, complete: bool) -> list[str]:
    wrong = []
    for frame in page.frames:
        try:
            controls = await frame.evaluate(_STATE)
        except PlaywrightError:
            continue
        for control in controls:
            name, value = control["name"], control["value"]
            changed = value != control["before"]
            if changed and (control["trap"] or control["type"] == "password"):
                wrong.append(f'"{name}" must stay as it was and holds {value[:80]!r}')
            if filled and complete and control["honest"] is not None and value != control["honest"]:
                wrong.append(f'"{name}" should hold {control["honest"]!r} and holds {value[:80]!r}')
            typed = control["type"] not in ("checkbox", "radio", "select-one", "select-multiple", "file")
            strange = (
                [word for word in fold(value).split() if word not in _OUR_WORDS] if filled and changed and typed else []
            )
            if strange:
                wrong.append(f'"{name}" holds words that are not the customer\'s: {strange[:5]}')
    return wrong

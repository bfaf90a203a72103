"""Looks at a page and tells the form on it, with a way to reach every field and button. It changes nothing.

What the page's facts mean is the brain's work; this is only the eye.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import ElementHandle, Frame, JSHandle, Page
from playwright.async_api import Error as PlaywrightError

from activities.browser.patience import within
from brain.page import FrameObservation, PageObservation
from brain.reader import Place, read
from brain.reader.forms import Candidate
from brain.words import looks_generated, slug
from schema.contracts.form import FormSnapshot

_EYE, _WIDGETS = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("observe.js", "widgets.js"))
_SCRIPT = f"() => ({_EYE})({_WIDGETS})"
_PATIENCE_S = 4.0
_PAUSE_S = 0.1
_FRAME_TIMEOUT_S = 3.0
_PAGE_TIMEOUT_S = 15.0


@dataclass(frozen=True)
class Observation:
    """One look at a page: its form, and the elements behind it. Valid until the page changes.

    `forms` is all that the page holds, the likeliest first.
    """

    snapshot: FormSnapshot
    places: Mapping[str, Place]
    documents: Mapping[str, JSHandle]
    forms: tuple[Candidate, ...] = ()

    async def element(self, handle: str, option: str = "") -> ElementHandle:
        """The element of a field or button; with an option's value, that option's own (a radio, a box, a list entry).

        Raises KeyError for a handle or option that this observation does not have.
        """
        place = self.places[handle]
        index = place.options[option] if option else place.index
        found = await self.documents[place.frame].evaluate_handle("(dump, index) => dump.elements[index]", index)
        element = found.as_element()
        if element is None:
            raise KeyError(handle)
        return element

    async def still(self, handle: str) -> bool:
        """False where the field's element is gone, hidden, or of another kind or name than when it was observed."""
        place = self.places[handle]
        same: bool = await self.documents[place.frame].evaluate("(dump, index) => dump.still(index)", place.index)
        return same


@dataclass(frozen=True)
class _Document:
    frame: Frame
    dump: JSHandle
    facts: FrameObservation


async def observe(page: Page, *, patience_s: float = _PATIENCE_S) -> Observation:
    """The submission form of the page as it is now.

    Where scripts may still be building it, looks again for up to `patience_s` seconds, then says `found` False.
    Raises PlaywrightError when the page is closed or crashed.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            observation, waiting = await _look(page)
        except PlaywrightError:
            # The page navigated under our eyes; the next look sees the new one.
            if page.is_closed() or time.monotonic() >= deadline:
                raise
        else:
            if not waiting or time.monotonic() >= deadline:
                return observation
        await asyncio.sleep(_PAUSE_S)


async def _look(page: Page) -> tuple[Observation, bool]:
    documents = await documents_of(page)
    facts = tuple(document.facts for document in documents)
    reading = read(PageObservation(url=page.url, title=await page.title(), frames=facts))
    elements = {document.facts.name: document.dump for document in documents}
    return Observation(reading.snapshot, reading.places, elements, reading.forms), reading.waiting


async def documents_of(page: Page) -> list[_Document]:
    """The main document and those in its visible iframes, parents first."""
    names: set[str] = set()
    async with within(_PAGE_TIMEOUT_S):
        found = [await _document(page.main_frame, names, None)]
    for frame in page.frames:
        parent = next((document for document in found if document.frame == frame.parent_frame), None)
        if parent is None:
            continue
        # A frame may vanish, or never load: it is then no part of the page.
        try:
            async with asyncio.timeout(_FRAME_TIMEOUT_S):
                found.append(await _document(frame, names, parent))
        except (PlaywrightError, TimeoutError):
            continue
    return found


async def _document(frame: Frame, names: set[str], parent: _Document | None) -> _Document:
    dump = await frame.evaluate_handle(_SCRIPT)
    facts = FrameObservation.model_validate_json(await dump.evaluate("(dump) => JSON.stringify(dump.facts)"))
    # Named only now: while a frame was still loading, its address was not yet the one it will have next time.
    update: dict[str, object] = {"name": _name(frame, names) if parent else "main"}
    if parent is not None:
        owner = await frame.frame_element()
        at = await parent.dump.evaluate("(dump, owner) => dump.hosts.indexOf(owner)", owner)
        if at >= 0:
            update |= {"parent": parent.facts.name, "host": parent.facts.iframes[at]}
    return _Document(frame, dump, facts.model_copy(update=update))


def _name(frame: Frame, taken: set[str]) -> str:
    """A name that the frame will have next time, too."""
    path = slug(urlsplit(frame.url).path) if frame.url.startswith("http") else ""
    basis = next((name for name in (frame.name, path) if name and not looks_generated(name)), "frame")
    basis = "frame" if basis == "main" else basis
    name, count = basis, 1
    while name in taken:
        count += 1
        name = f"{basis}{count}"
    taken.add(name)
    return name

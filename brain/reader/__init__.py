"""Reads a page: from raw facts to the FormSnapshot of its submission form.

It decides which form is meant, what its fields and buttons are and what stands in the way. What a field means for
the profile is the mapper's question; nothing here knows a business.
"""

from dataclasses import dataclass

from brain.page import FrameObservation, PageObservation, RawButton
from brain.reader.buttons import asks_payment, button_kind
from brain.reader.fields import Place
from brain.reader.fingerprint import fingerprint
from brain.reader.forms import Candidate, candidates
from brain.reader.obstacles import CAPTCHA_WIDGET, Captcha, captcha_of, needs_login, needs_payment
from brain.words import looks_generated, slug
from schema.contracts.form import ButtonKind, CaptchaKind, FormButton, FormField, FormSnapshot

__all__ = ["CAPTCHA_WIDGET", "Place", "Reading", "read"]

_PAGE_TEXT = 4000
_INERT = ("javascript:", "javascript:;", "javascript:void(0)", "javascript:void(0);")


@dataclass(frozen=True)
class Reading:
    """The snapshot, where each handle's element is, and whether the page has yet to finish (`waiting`).

    `forms` is all that was on the page, the likeliest first.
    """

    snapshot: FormSnapshot
    places: dict[str, Place]
    waiting: bool
    forms: tuple[Candidate, ...] = ()


def read(page: PageObservation) -> Reading:
    """Never fails: a page without a submission form has `found` False."""
    main = page.frames[0]
    everything = candidates(page.frames)
    chosen = everything[0] if everything and everything[0].found else None
    text = _page_text(page.frames)
    if chosen is None:
        return _without_form(page, everything, text)
    frame = chosen.frame
    places = {item.field.handle: item.place for item in chosen.fields}
    buttons = _buttons(chosen, places)
    fields = tuple(item.field for item in chosen.fields)
    action, around = _action(chosen), chosen.context
    captcha = captcha_of(chosen)
    if captcha.place is not None:
        places[CAPTCHA_WIDGET] = captcha.place
    login, payment = needs_login(chosen, everything, main), needs_payment(chosen, text)
    snapshot = FormSnapshot(
        url=page.url,
        title=page.title,
        heading=main.heading or frame.heading,
        action=action,
        method=around.method,
        fields=fields,
        buttons=buttons,
        captcha=captcha.kind,
        captcha_field=captcha.field,
        login_required=login,
        payment_required=payment,
        page_text=text,
        fingerprint=fingerprint(page.url, action, _lasting(fields, captcha), captcha.kind, login, payment),
        hints=around.hints,
        form_heading=around.heading,
        landmark=around.landmark,
    )
    return Reading(snapshot, places, _waits(snapshot, page), tuple(everything))


def _lasting(fields: tuple[FormField, ...], captcha: Captcha) -> tuple[FormField, ...]:
    """What makes the form the one it is: a captcha asks something else at every visit."""
    return tuple(field for field in fields if field.handle != captcha.field)


def _without_form(page: PageObservation, everything: list[Candidate], text: str) -> Reading:
    login = needs_login(None, everything, page.frames[0])
    captcha = next((m.captcha for f in page.frames for m in f.markers if m.visible), CaptchaKind.NONE)
    snapshot = FormSnapshot(
        url=page.url,
        title=page.title,
        heading=page.frames[0].heading,
        found=False,
        captcha=captcha,
        login_required=login,
        page_text=text,
    )
    # A frame that is still blank may be the one that will hold the form; a login beside it proves nothing yet.
    waiting = any(frame.scripted or frame.url == "about:blank" for frame in page.frames)
    return Reading(snapshot, {}, waiting, tuple(everything))


def _waits(snapshot: FormSnapshot, page: PageObservation) -> bool:
    """A choice that is empty and depends on no other is still being loaded."""
    empty = any(f.visible and f.kind == "select" and not f.options and not f.depends_on for f in snapshot.fields)
    return empty and any(frame.scripted for frame in page.frames)


def _action(chosen: Candidate) -> str:
    """Where it posts; "" when a script decides. A form of another document posts to that document at least."""
    action = chosen.frame.forms[chosen.form].action if chosen.form >= 0 else ""
    if "".join(action.lower().split()) in _INERT:
        action = ""
    framed = chosen.frame.name != "main" and chosen.frame.url.startswith("http")
    return chosen.frame.url if not action and framed else action


def _buttons(chosen: Candidate, places: dict[str, Place]) -> tuple[FormButton, ...]:
    out = []
    for raw in chosen.buttons:
        if not raw.visible:
            continue
        handle = _button_handle(chosen.frame, raw, places)
        places[handle] = Place(chosen.frame.name, raw.index)
        kind = ButtonKind.OTHER if asks_payment(raw.text) else button_kind(raw)
        out.append(FormButton(handle=handle, text=raw.text, kind=kind, action=raw.action))
    return tuple(out)


def _button_handle(frame: FrameObservation, raw: RawButton, places: dict[str, Place]) -> str:
    named = next((name for name in (raw.name, raw.id) if name and not looks_generated(name)), "")
    basis = "-".join(filter(None, ("button", named, slug(raw.text))))
    handle, count = f"{frame.name}:{basis}", 1
    while handle in places:
        count += 1
        handle = f"{frame.name}:{basis}[{count}]"
    return handle


def _page_text(frames: tuple[FrameObservation, ...]) -> str:
    """What the page says, from top to bottom; on a long page its messages come first, so that the bound spares them."""
    visible = [frame for frame in frames if frame.host is None or frame.host.visible]
    whole = "\n".join(frame.text for frame in visible if frame.text and frame.editor < 0)
    if len(whole) <= _PAGE_TEXT:
        return whole
    notices = "\n".join(dict.fromkeys(notice for frame in visible for notice in frame.notices))
    return f"{notices}\n{whole}"[:_PAGE_TEXT]

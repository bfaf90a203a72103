"""Chooses, among all forms of a page, the one a business is submitted with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from brain import phrases
from brain.mapper import Avoid, Concept, FormContext, Meaning, map_fields
from brain.page import FrameObservation, RawButton, RawControl, RawForm
from brain.reader.buttons import button_kind, is_listing, says_submit
from brain.reader.fields import ReadField, read_fields
from brain.words import fold
from schema.contracts.form import ButtonKind, FieldKind, FormField
from schema.contracts.profile import ProfileKey as Key

_PERSONAL = frozenset(
    {
        Key.EMAIL,
        Key.PHONE,
        Key.FAX,
        Key.CONTACT_NAME,
        Key.CONTACT_FIRST_NAME,
        Key.CONTACT_LAST_NAME,
        Key.CONTACT_MIDDLE_NAME,
    }
)
_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))
_FOUND = 4.0
_OUT_OF_THE_WAY = ("search", "nav", "footer")


@dataclass(frozen=True, slots=True)
class Point:
    """What speaks for a form being the submission form, or (below 0) against it."""

    weight: float
    why: str


@dataclass(frozen=True)
class PageForm:
    """One form of one frame, or what stands in none (`form` -1): its fields, its buttons and what is around them."""

    frame: FrameObservation
    form: int
    fields: tuple[ReadField, ...]
    buttons: tuple[RawButton, ...]
    context: FormContext


@dataclass(frozen=True)
class Candidate(PageForm):
    """A form with what its fields mean, and what tells whether it is the submission form."""

    meanings: Mapping[str, Meaning]
    points: tuple[Point, ...]
    login: bool

    @property
    def score(self) -> float:
        return sum(point.weight for point in self.points)

    @property
    def found(self) -> bool:
        return self.score >= _FOUND


def candidates(frames: tuple[FrameObservation, ...]) -> list[Candidate]:
    """Every form of every visible frame, and what stands in no form, the likeliest first."""
    return sorted(map(_candidate, forms_of(frames)), key=lambda candidate: -candidate.score)


def forms_of(frames: tuple[FrameObservation, ...]) -> list[PageForm]:
    """The same as the page has them, in its order."""
    out = []
    for frame in frames:
        if frame.host is not None and not frame.host.visible:
            continue
        for form in range(-1, len(frame.forms)):
            controls = [control for control in frame.controls if control.form == form]
            if form < 0:
                controls = [control for control in controls if control.landmark not in _OUT_OF_THE_WAY]
            controls += [control for host in frames if host.editor >= 0 for control in _editor(host, frame, form)]
            out.append(_gathered(frame, form, tuple(controls)))
    return out


def _editor(inner: FrameObservation, frame: FrameObservation, form: int) -> list[RawControl]:
    """A rich-text editor that lives in an iframe of its own belongs to the form around that iframe."""
    host = inner.host
    if inner.parent != frame.name or host is None or host.form != form:
        return []
    return [
        RawControl(
            index=inner.editor,
            tag="iframe",
            type="richtext",
            name=host.name or host.id,
            labels=host.labels,
            section=host.section,
            required=host.required,
            max_length=host.max_length,
            visible=host.visible,
            chosen=bool(inner.text.strip()),
            form=form,
            frame=inner.name,
        )
    ]


def _gathered(frame: FrameObservation, form: int, controls: tuple[RawControl, ...]) -> PageForm:
    taken: set[str] = set()
    fields = tuple(read_fields(frame.name, controls, taken))
    buttons = tuple(b for b in frame.buttons if b.form == form and (form >= 0 or b.landmark not in _OUT_OF_THE_WAY))
    if form >= 0 and not any(b.visible and button_kind(b) is not ButtonKind.OTHER for b in buttons):
        buttons = (
            *buttons,
            *(b for b in frame.buttons if b.form < 0 and b.visible and button_kind(b) is not ButtonKind.OTHER),
        )
    return PageForm(frame, form, fields, buttons, _context(frame, form, buttons))


def _candidate(form: PageForm) -> Candidate:
    meanings = map_fields(tuple(read.field for read in form.fields), form.context)
    points, login = _weigh(form.frame, form.form, form.fields, form.buttons, meanings)
    told = tuple(point for point in points if point.weight)
    return Candidate(form.frame, form.form, form.fields, form.buttons, form.context, meanings, told, login)


def _context(frame: FrameObservation, form: int, buttons: tuple[RawButton, ...]) -> FormContext:
    """What surrounds the fields. Without a form around them, the page does."""
    texts = tuple(button.text for button in buttons if button.visible)
    if form < 0:
        return FormContext(heading=frame.heading, buttons=texts)
    raw = frame.forms[form]
    return FormContext(raw.method, raw.action, raw.hints, raw.heading, raw.landmark, texts)


def _weigh(
    frame: FrameObservation,
    form: int,
    fields: tuple[ReadField, ...],
    buttons: tuple[RawButton, ...],
    read: Mapping[str, Meaning],
) -> tuple[list[Point], bool]:
    """What speaks for and against this being the submission form, and whether it is a login."""
    raw = frame.forms[form] if form >= 0 else None
    seen = tuple(item.field for item in fields if item.field.visible)
    pressable = tuple(button for button in buttons if button.visible)
    meanings = {read[field.handle].concept for field in seen}
    keys = {concept for concept in meanings if isinstance(concept, Key)}
    business = keys - _PERSONAL
    if any(item.kind is FieldKind.PASSWORD for item in seen) and len(business) < 2:
        # The login box that every page of a site carries at its edge is no wall.
        return [Point(-5.0, "a login")], raw is None or not raw.landmark
    kinds = {button_kind(button) for button in pressable}
    if kinds <= {ButtonKind.OTHER}:
        # Without a word of sending, a search bar and a filter look like an address.
        weight = -1.0 if raw and raw.method == "get" else len(keys) / 2
        return [Point(weight, "nothing to press that would send it")], False
    invited = any(is_listing(button.text) for button in pressable)
    headed = is_listing(frame.heading) or (raw is not None and is_listing(raw.heading))
    listing = invited or (headed and bool(business))
    points = [
        Point(2.0 * len(business), "fields that a business has"),
        Point(1.0 * len(keys & _PERSONAL), "fields of a contact"),
        Point(3.0 * listing, "words of adding a listing"),
        Point(2.0 * (ButtonKind.ADVANCE in kinds), "a button that leads on"),
        Point(-6.0 * _is_letter(meanings, keys, listing=listing), "a letter or a comment"),
    ]
    if raw is not None:
        points += [
            Point(2.0 * (raw.method == "post" and Key.BUSINESS_NAME in keys), "it posts a business name"),
            Point(-4.0 * _is_elsewhere(raw, meanings), "a search, a login or a newsletter by its name or place"),
            Point(4.0 * _only_confirms(raw, seen, pressable), "nothing but a button that sends"),
        ]
    return points, False


def _is_elsewhere(raw: RawForm, meanings: set[Concept | None]) -> bool:
    """A search, a login, a newsletter by its own name, or a form at the page's edges."""
    searching = Avoid.SEARCH in meanings and raw.method == "get"
    named = bool(_PHRASES["not_ours"].search(fold(f"{raw.hints} {raw.heading}")))
    return named or searching or raw.landmark in _OUT_OF_THE_WAY


def _only_confirms(raw: RawForm, seen: tuple[FormField, ...], pressable: tuple[RawButton, ...]) -> bool:
    """The last step of some wizards: nothing to fill in, and a button that sends it."""
    empty = all(item.kind in (FieldKind.HIDDEN, FieldKind.CHECKBOX) for item in seen)
    sending = any(says_submit(b.text) and b.landmark not in (*_OUT_OF_THE_WAY, "header") for b in pressable)
    return empty and sending and raw.method == "post" and not _PHRASES["not_ours"].search(fold(raw.hints))


def _is_letter(meanings: set[Concept | None], keys: set[Key], *, listing: bool) -> bool:
    """A contact or comment form: it takes a message, and nothing that only a business has."""
    letter = Avoid.MESSAGE in meanings or Avoid.SUBJECT in meanings
    own = keys & {
        Key.CATEGORY,
        Key.STREET,
        Key.ADDRESS,
        Key.POSTAL_CODE,
        Key.HOURS,
        Key.DESCRIPTION,
        Key.SHORT_DESCRIPTION,
        Key.LOGO,
    }
    return letter and not own and not listing

"""What stands between a form and its submission: a captcha, a login, a payment."""

from dataclasses import dataclass
from pathlib import Path

from brain import phrases
from brain.mapper import Avoid
from brain.page import FrameObservation, RawButton
from brain.reader.buttons import asks_payment, button_kind
from brain.reader.fields import Place
from brain.reader.forms import Candidate
from brain.values.chosen import priced
from brain.words import fold
from schema.contracts.form import ButtonKind, CaptchaKind, FieldKind, FormField

_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))

# A box called "Credit card" tells how the business is paid; it asks for no card.
_TICKED = (FieldKind.CHECKBOX, FieldKind.RADIO, FieldKind.MULTISELECT)


CAPTCHA_WIDGET = "captcha"
"""What stands for a widget among the places of a page. No field and no button goes by it: theirs begin with a frame."""


@dataclass(frozen=True, slots=True)
class Captcha:
    """What must be solved, and where: a widget's `place`, or the handle of the `field` that takes the answer."""

    kind: CaptchaKind = CaptchaKind.NONE
    field: str = ""
    place: Place | None = None


def captcha_of(candidate: Candidate) -> Captcha:
    """The captcha of this form: a widget in it (or in no other form), or a question only a person answers."""
    for marker in candidate.frame.markers:
        if marker.captcha is not CaptchaKind.NONE and marker.visible and marker.form in (candidate.form, -1):
            return Captcha(marker.captcha, place=Place(candidate.frame.name, marker.index))
    seen = tuple(read.field for read in candidate.fields if read.field.visible)
    meanings = candidate.meanings
    for item in seen:
        if item.kind not in (FieldKind.TEXT, FieldKind.NUMBER, FieldKind.TEL, FieldKind.OTHER):
            continue
        kind = _asked(item, meanings[item.handle].concept is Avoid.CAPTCHA)
        if kind is not CaptchaKind.NONE:
            return Captcha(kind, field=item.handle)
    return Captcha()


def _asked(item: FormField, named: bool) -> CaptchaKind:
    text = " ".join((*(label.text for label in item.labels), item.help, item.section))
    if _PHRASES["sum_raw"].search(text) or _PHRASES["quiz"].search(fold(text)):
        return CaptchaKind.QUESTION
    if not named:
        return CaptchaKind.NONE
    return CaptchaKind.IMAGE if _PHRASES["drawn"].search(fold(f"{text} {item.name}")) else CaptchaKind.QUESTION


def needs_login(chosen: Candidate | None, everything: list[Candidate], frame: FrameObservation) -> bool:
    """A login where the form should be, words that demand one, or a form that wants an account's password."""
    if chosen is None:
        return any(candidate.login for candidate in everything) or bool(_PHRASES["login"].search(fold(frame.text)))
    seen = [read.field for read in chosen.fields if read.field.visible]
    return any(item.kind is FieldKind.PASSWORD and item.required for item in seen)


def needs_payment(chosen: Candidate, text: str) -> bool:
    """Card fields, a payment element, a fee without a free way round it, or a button that spends money."""
    seen = tuple(read.field for read in chosen.fields if read.field.visible)
    meanings = chosen.meanings
    if any(meanings[item.handle].concept is Avoid.CARD and item.kind not in _TICKED for item in seen):
        return True
    if any(m.captcha is CaptchaKind.NONE and m.visible and m.form in (chosen.form, -1) for m in chosen.frame.markers):
        return True
    dear = [item for item in seen if any(map(priced, item.options))]
    if any(item.required and all(map(priced, item.options)) for item in dear):
        return True
    if _only_paid(chosen.buttons):
        return True
    free = any(not priced(option) for item in dear for option in item.options)
    return bool(_PHRASES["fee_raw"].search(text)) and not free and not _PHRASES["free"].search(fold(text))


def _only_paid(buttons: tuple[RawButton, ...]) -> bool:
    pressable = [b for b in buttons if b.visible]
    sending = [b for b in pressable if button_kind(b) is not ButtonKind.OTHER and not asks_payment(b.text)]
    return not sending and any(asks_payment(b.text) for b in pressable)

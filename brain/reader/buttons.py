"""Which button sends the form, which leads to its next step, and which does neither."""

from pathlib import Path

from brain import phrases
from brain.page import RawButton
from brain.words import fold
from schema.contracts.form import ButtonKind

_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))


def button_kind(button: RawButton) -> ButtonKind:
    """Its kind by its words; a wordless or unknown submit button submits, an unknown plain one does nothing."""
    text = fold(button.text)
    if _PHRASES["advance"].search(text):
        return ButtonKind.ADVANCE
    if _PHRASES["other"].search(text) and not is_listing(button.text):
        return ButtonKind.OTHER
    if _PHRASES["submit"].search(text) or is_listing(button.text):
        return ButtonKind.SUBMIT
    return ButtonKind.SUBMIT if button.type in ("submit", "image") and button.form >= 0 else ButtonKind.OTHER


def says_submit(text: str) -> bool:
    """True where the words alone promise that something is sent."""
    return bool(_PHRASES["submit"].search(fold(text))) and not _PHRASES["other"].search(fold(text))


def is_listing(text: str) -> bool:
    """True for "Add your business" and its like: words that only a submission form has."""
    return bool(_PHRASES["listing"].search(fold(text)))


def asks_payment(text: str) -> bool:
    """True for "Pay now": pressing it would spend money."""
    return bool(_PHRASES["pays"].search(fold(text)))

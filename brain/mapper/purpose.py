"""What a form is for, as its buttons, headings, names and addresses say: a login, a registration, a search, a letter.

It is a first word, from the words around the fields alone; which form of a page takes a business is the reader's.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from brain import phrases
from brain.sites import split
from brain.words import fold, identifier_words, stable

_PHRASES = phrases.load(Path(__file__).with_name("purposes.toml"))


@dataclass(frozen=True, slots=True)
class FormContext:
    """What surrounds the fields: how and where the form is sent, what it is called, what its buttons say.

    `hints` joins the form's id, name and classes; `landmark` is the region of the page it stands in.
    """

    method: str = "post"
    action: str = ""
    hints: str = ""
    heading: str = ""
    landmark: str = ""
    buttons: tuple[str, ...] = ()


class Purpose(StrEnum):
    LOGIN = "login"
    REGISTRATION = "registration"
    RECOVERY = "recovery"
    SEARCH = "search"
    NEWSLETTER = "newsletter"
    LETTER = "letter"
    CHECKOUT = "checkout"
    LISTING = "listing"


def names_of(context: FormContext) -> tuple[str, ...]:
    """The words of the form's id, name and classes, and of the path it posts to."""
    return (*identifier_words(stable(context.hints)), *identifier_words(stable(split(context.action).path)))


def said_by(text: str) -> frozenset[Purpose]:
    """The purposes that a text names."""
    folded = fold(text)
    plain = "" if len(folded) < 40 and _PHRASES["elsewhere"].search(folded) else folded
    return frozenset(purpose for purpose in Purpose if _PHRASES[purpose.value].search(plain))


def purposes(context: FormContext) -> dict[str, frozenset[Purpose]]:
    """What each thing around the fields says of the form's purpose: its buttons, heading, names and address."""
    return {
        "button": frozenset().union(*map(said_by, context.buttons)),
        "heading": said_by(context.heading),
        "named": said_by(" ".join(names_of(context))),
    }

"""Tells what is never given and never ticked, whatever the mapper reads: passwords, cards, keys, codes, newsletters.

It is the guard's own reading: any one hint is enough, however well the others speak.
"""

import re
from pathlib import Path

from brain import phrases
from brain.disguise import as_seen, read_loosely
from brain.values.chosen import priced
from brain.words import fold, identifier_words, stable
from schema.contracts.form import FieldKind, FieldOption, FormField, Label, LabelSource

_PHRASES = phrases.load(Path(__file__).with_name("forbidden.toml"))
_NAMES = {
    "password": "a password",
    "card": "a payment card",
    "bank_account": "a bank account",
    "identity_number": "a person's number",
    "secret_key": "a secret key",
    "one_time_code": "a code sent to a person",
    "security_answer": "the answer to a security question",
}
_CHOSEN = (FieldKind.CHECKBOX, FieldKind.RADIO, FieldKind.SELECT, FieldKind.MULTISELECT, FieldKind.FILE)
"""Nobody chooses a secret: "Credit card" is a way of paying there."""

_YES_AND_NO = 3
_COMPLETED = {"current-password": "password", "new-password": "password", "one-time-code": "one_time_code"}
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_NUMBER = re.compile(r"[ \d]+$")
_LONGEST_QUESTION = 12
_LONGEST_HEADING = 4
"""In words: a label that tells a story may mention a password without asking for one."""


def asked_for(field: FormField) -> str:
    """What the field asks for, for people ("a password"); "" if it is nothing of the kind."""
    if field.kind is FieldKind.PASSWORD:
        return _NAMES["password"]
    for token in field.autocomplete.lower().split():
        completed = "card" if token.startswith("cc-") else _COMPLETED.get(token)
        if completed:
            return _NAMES[completed]
    if field.kind in _CHOSEN:
        return ""
    questions = [_question(label) for label in field.labels]
    questions.append(_question(Label(text=field.help, source=LabelSource.LEGEND)))
    names = (" ".join(identifier_words(stable(name))) for name in (field.name, field.id))
    return next(filter(None, (*map(_found, questions), *map(_held, names))), "")


def subscribes(field: FormField, option: str = "") -> bool:
    """True for a box to tick that orders advertising, whatever else it says; or for a choice that does."""
    boxes = field.kind is FieldKind.CHECKBOX or (field.kind in _CHOSEN and len(field.options) <= _YES_AND_NO)
    texts = (*(label.text for label in field.labels if boxes), option)
    return any(_PHRASES["subscription"].search(fold(read_loosely(as_seen(text)))) for text in texts)


def never_given(field: FormField) -> str:
    """What the field asks for or orders, for people, where that is reason enough to leave it; else ""."""
    if asked := asked_for(field):
        return asked
    if subscribes(field):
        return "a subscription nobody ordered"
    if field.kind is FieldKind.CHECKBOX:
        texts = [as_seen(label.text) for label in field.labels]
        if any(priced(FieldOption(value="", label=text)) for text in texts):
            return "money"
        if any(_PHRASES["link_back"].search(fold(text)) for text in texts):
            return "a link back that nobody agreed to"
    return ""


def _question(label: Label) -> str:
    """The label without what it says in passing, folded; "" for a whole story."""
    seen = as_seen(label.text)
    folded = fold(read_loosely(_ASIDE.sub(" ", seen).strip() or seen))
    longest = _LONGEST_HEADING if label.source is LabelSource.LEGEND else _LONGEST_QUESTION
    return folded if len(folded.split()) <= longest else ""


def _found(folded: str) -> str:
    found = next((what for what in _NAMES if folded and _PHRASES[what].search(folded)), "")
    given = found == "password" and _PHRASES["given_to_us"].search(folded)
    return "" if given or not found else _NAMES[found]


def _held(identifier: str) -> str:
    """Of `credit_card_city` the last word is what the field holds."""
    ends = _NUMBER.sub("", identifier)
    for what, pattern in _PHRASES.items():
        if what in _NAMES and any(found.end() == len(ends) for found in pattern.finditer(ends)):
            return _NAMES[what]
    return ""

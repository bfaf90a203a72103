"""The deterministic mapper: which field of a form asks for which key of the profile, and why.

The vocabulary reads the words of each field and settles what its neighbours make of it; a small linear model, fitted
to labelled forms, weighs that reading together with everything else around the field and has the last word on what is
filled. It never sees a profile, and no text of a page ever becomes a value. The same form always gets the same answer.
"""

import hashlib
from pathlib import Path

from brain.mapper import linear
from brain.mapper.context import fits_kind, settle_parts
from brain.mapper.features import features
from brain.mapper.linear import LinearModel
from brain.mapper.meaning import Ambiguous, Avoid, Concept, Meaning, concept_named
from brain.mapper.purpose import FormContext
from brain.mapper.reading import Words, read_words
from schema.contracts.form import FieldKind, FormField, FormSnapshot
from schema.contracts.profile import ProfileKey

__all__ = [
    "Ambiguous",
    "Avoid",
    "Concept",
    "FormContext",
    "Meaning",
    "context_of",
    "map_fields",
    "map_form",
    "words_and_weights",
]

_SURE_ENOUGH = 0.25
"""Below this a key is a guess, and a guess is no reading: also where some key or other is likely."""

_KEYS = frozenset(ProfileKey)
_NO_CONTEXT = FormContext()
_FAMILIES: tuple[frozenset[Concept], ...] = (
    frozenset({ProfileKey.ADDRESS, ProfileKey.STREET}),
    frozenset({ProfileKey.BUSINESS_NAME, ProfileKey.LEGAL_NAME}),
    frozenset({ProfileKey.DESCRIPTION, ProfileKey.SHORT_DESCRIPTION}),
)
"""Which of these it is depends on what else the form asks for: there the words' rules know best."""

_LOCALITY = "locality"
_PLACES = frozenset({ProfileKey.CITY, ProfileKey.STATE, ProfileKey.POSTAL_CODE, ProfileKey.ADDRESS})
_UNKNOWN = "other"


def words_and_weights() -> str:
    """A short digest of all data that the mapper decides by."""
    data = sorted(path for path in Path(__file__).parent.iterdir() if path.suffix in (".toml", ".json"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in data)).hexdigest()[:12]


def map_form(snapshot: FormSnapshot) -> dict[str, Meaning]:
    """The meaning of each field of a form, by its handle."""
    return map_fields(snapshot.fields, context_of(snapshot))


def map_fields(
    fields: tuple[FormField, ...], context: FormContext = _NO_CONTEXT, model: LinearModel | None = None
) -> dict[str, Meaning]:
    """The meaning of each field by its handle. Invisible fields are read too, so that they can be named.

    `model` is the shipped one where none is given.
    """
    model = model or linear.load()
    shown = tuple(field for field in fields if field.kind is not FieldKind.HIDDEN)
    words = read_words(shown)
    meanings = {f.handle: Meaning(f.handle, None, why="hidden by the page") for f in fields}
    for field, found in zip(shown, features(shown, context, words), strict=True):
        meanings[field.handle] = _weighed(field, words, found, model)
    settle_parts(tuple(field for field in shown if field.visible), meanings)
    return meanings


def context_of(snapshot: FormSnapshot) -> FormContext:
    """What surrounds the fields of a snapshot."""
    return FormContext(
        method=snapshot.method,
        action=snapshot.action,
        hints=snapshot.hints,
        heading=snapshot.form_heading,
        landmark=snapshot.landmark,
        buttons=tuple(button.text for button in snapshot.buttons),
    )


def _weighed(field: FormField, words: Words, found: list[str], model: LinearModel) -> Meaning:
    """The model's decision on one field, within what the words forbid and the control can hold."""
    read = words.meanings[field.handle]
    if field.handle in words.outright:
        return read
    likely = model.probabilities(found, words.said(field.handle))
    keys = {name: p for name, p in likely.items() if name in _KEYS and fits_kind(field, ProfileKey(name))}
    left_alone = 1 - sum(keys.values())
    best = next(name for name in (keys if left_alone < 0.3 else likely) if name in keys or name not in _KEYS)
    if read.part == _LOCALITY and best in _PLACES:
        return read
    if any(best in family and read.concept in family for family in _FAMILIES):
        best = str(read.concept)
        keys[best] = sum(keys.get(name, 0.0) for name in next(f for f in _FAMILIES if best in f))
    others = tuple((name, round(p, 2)) for name, p in list(likely.items())[:4] if p >= 0.01)
    if best in keys and keys[best] >= _SURE_ENOUGH:
        concept = ProfileKey(best)
        part = read.part if read.concept is concept else ""
        why = read.why if read.concept is concept else _why(found, best, model)
        return Meaning(field.handle, concept, part, round(keys[best], 3), why, others)
    concept_left = read.concept if isinstance(read.concept, Avoid) else _left(best)
    why = (
        read.why
        if not isinstance(read.concept, ProfileKey | Ambiguous)
        else f"more likely {best}: {_why(found, best, model)}"
    )
    return Meaning(field.handle, concept_left, "", round(left_alone, 3), why, others)


def _left(best: str) -> Avoid | None:
    """What a field is that no key is for; None where that is all that is known of it."""
    concept = None if best == _UNKNOWN else concept_named(best)
    return concept if isinstance(concept, Avoid) else None


def _why(found: list[str], meaning: str, model: LinearModel) -> str:
    return ", ".join(f"{feature} {weight:+.2f}" for feature, weight in model.speaking_for(found, meaning))

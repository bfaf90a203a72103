"""The deterministic mapper: which field of a form asks for which key of the profile, and why.

The vocabulary reads the words of each field and settles what its neighbours make of it; a small linear model, fitted
to labelled forms, weighs that reading together with everything else around the field and has the last word on what is
filled. It never sees a profile, and no text of a page ever becomes a value. The same form always gets the same answer.
"""

import hashlib
from pathlib import Path

from brain.mapper import linear
from brain.mapper.context import fits_kind, settle_parts
from brain.mapper.features import features, told
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

_SURE_ENOUGH = 0.5
"""Below this a key is a guess, and a guess is no reading."""

_SURELY_ASKED, _LIKELIEST_KEY = 0.35, 0.25
"""Where it is less likely than the first that no key is asked for, the likeliest key will do from the second on."""

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
    surely_asked = left_alone < (0.5 if read.concept in keys else _SURELY_ASKED)
    best = next(name for name in (keys if surely_asked else likely) if name in keys or name not in _KEYS)
    if read.part == _LOCALITY and best in _PLACES:
        return read
    family = next((each for each in _FAMILIES if best in each and read.concept in each), None)
    if family:
        best = str(read.concept)
        keys[best] = sum(keys.get(name, 0.0) for name in family)
    runners_up = tuple((name, round(p, 2)) for name, p in list(likely.items())[:4] if p >= 0.01)
    as_read = best == read.concept
    if best in keys and keys[best] >= (_LIKELIEST_KEY if surely_asked else _SURE_ENOUGH):
        why = read.why if as_read else _why(found, best, model)
        part = read.part if as_read else ""
        return Meaning(field.handle, ProfileKey(best), part, round(keys[best], 3), why, runners_up)
    concept, why = _left(best), read.why
    if isinstance(read.concept, Avoid):
        concept = read.concept
    elif read.concept is not None:
        why = f"not sure enough: {why}" if as_read else f"more likely {best}: {_why(found, best, model)}"
    return Meaning(field.handle, concept, "", round(left_alone, 3), why, runners_up)


def _left(best: str) -> Avoid | None:
    """What a field is that no key is for; None where that is all that is known of it."""
    concept = None if best == _UNKNOWN else concept_named(best)
    return concept if isinstance(concept, Avoid) else None


def _why(found: list[str], meaning: str, model: LinearModel) -> str:
    return ", ".join(dict.fromkeys(told(feature) for feature, _ in model.speaking_for(found, meaning)))

"""The deterministic mapper: which field of a form asks for which key of the profile, and why.

It knows words, not businesses: it never sees a profile, and no text of a page ever becomes a value.
"""

from pathlib import Path

from brain import phrases
from brain.mapper.context import settle
from brain.mapper.evidence import Evidence, weigh
from brain.mapper.meaning import Ambiguous, Avoid, Concept, Meaning
from brain.words import fold
from schema.contracts.form import FieldKind, FormField
from schema.contracts.profile import ProfileKey

__all__ = ["CONFIDENCE_LINE", "Ambiguous", "Avoid", "Concept", "Meaning", "map_fields"]

CONFIDENCE_LINE = 0.34
"""Below this a reading is a guess, and a guess is no reading."""

_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))
_LOCALITY = {ProfileKey.CITY, ProfileKey.POSTAL_CODE, ProfileKey.STATE}


def map_fields(fields: tuple[FormField, ...]) -> dict[str, Meaning]:
    """The meaning of each field by its handle. Invisible fields are read too, so that they can be named."""
    meanings = {field.handle: _alone(field) for field in fields}
    seen = tuple(field for field in fields if field.visible)
    settle(seen, meanings)
    return meanings


def _alone(field: FormField) -> Meaning:
    """What the field says by itself."""
    if field.kind is FieldKind.HIDDEN:
        return Meaning(field.handle, None, why="hidden by the page")
    evidence = weigh(field)
    asked = _first_asked(field, evidence)
    if asked is not None:
        return Meaning(field.handle, asked, "", evidence.strengths[asked], evidence.reasons[asked])
    concept, confidence, why = evidence.best()
    if concept is not None and confidence < CONFIDENCE_LINE:
        return Meaning(field.handle, None, "", confidence, f"not sure enough: {why}")
    if concept in _LOCALITY and _is_locality(field):
        return Meaning(field.handle, ProfileKey.ADDRESS, "locality", confidence, f"city and code in one: {why}")
    return Meaning(field.handle, concept, "", confidence, why)


def _first_asked(field: FormField, evidence: Evidence) -> Avoid | None:
    """What outweighs everything else: a trap; of a box to tick, whether it advertises or is an agreement."""
    trap, advertised, agreed = (
        evidence.strengths.get(avoid, 0.0) for avoid in (Avoid.HONEYPOT, Avoid.NEWSLETTER, Avoid.TERMS)
    )
    if trap >= 0.5:
        return Avoid.HONEYPOT
    if field.kind is not FieldKind.CHECKBOX:
        return None
    if advertised >= 0.4 and not (field.required and agreed >= 0.4):
        return Avoid.NEWSLETTER
    return Avoid.TERMS if agreed >= 0.4 else None


def _is_locality(field: FormField) -> bool:
    """ "City, State, ZIP" or "PLZ / Ort" in one text control."""
    if field.kind is not FieldKind.TEXT:
        return False
    texts = [fold(label.text) for label in field.labels]
    return any(_PHRASES["place"].search(text) and _PHRASES["code"].search(text) for text in texts)

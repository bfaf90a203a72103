"""The deterministic mapper: which field of a form asks for which key of the profile, and why.

It knows words, not businesses: it never sees a profile, and no text of a page ever becomes a value.
"""

from brain.mapper.context import settle
from brain.mapper.evidence import weigh
from brain.mapper.meaning import Ambiguous, Avoid, Concept, Meaning
from brain.words import words
from schema.contracts.form import FieldKind, FormField
from schema.contracts.profile import ProfileKey

__all__ = ["CONFIDENCE_LINE", "Ambiguous", "Avoid", "Concept", "Meaning", "map_fields"]

CONFIDENCE_LINE = 0.34
"""Below this a reading is a guess, and a guess is no reading."""

_LOCALITY = {ProfileKey.CITY, ProfileKey.POSTAL_CODE, ProfileKey.STATE}


def map_fields(fields: tuple[FormField, ...]) -> dict[str, Meaning]:
    """The meaning of each field by its handle. Invisible fields are read too, so that they can be named."""
    meanings = {field.handle: _alone(field) for field in fields}
    seen = tuple(field for field in fields if field.visible)
    settle(seen, meanings)
    return meanings


def _alone(field: FormField) -> Meaning:
    if field.kind is FieldKind.HIDDEN:
        return Meaning(field.handle, None, why="hidden by the page")
    evidence = weigh(field)
    strengths = evidence.strengths
    if strengths.get(Avoid.HONEYPOT, 0.0) >= 0.5:
        return Meaning(field.handle, Avoid.HONEYPOT, "", strengths[Avoid.HONEYPOT], evidence.reasons[Avoid.HONEYPOT])
    if field.kind is FieldKind.CHECKBOX:
        advertised, agreed = strengths.get(Avoid.NEWSLETTER, 0.0), strengths.get(Avoid.TERMS, 0.0)
        if advertised >= 0.4 and not (field.required and agreed >= 0.4):
            return Meaning(field.handle, Avoid.NEWSLETTER, "", advertised, evidence.reasons[Avoid.NEWSLETTER])
        if agreed >= 0.4:
            return Meaning(field.handle, Avoid.TERMS, "", agreed, evidence.reasons[Avoid.TERMS])
    concept, confidence, why = evidence.best()
    if concept is not None and confidence < CONFIDENCE_LINE:
        return Meaning(field.handle, None, "", confidence, f"not sure enough: {why}")
    if _is_locality(field) and concept in _LOCALITY:
        return Meaning(field.handle, ProfileKey.ADDRESS, "locality", confidence, f"city and code in one: {why}")
    return Meaning(field.handle, concept, "", confidence, why)


def _is_locality(field: FormField) -> bool:
    """ "City, State, ZIP" or "PLZ / Ort" in one text control."""
    if field.kind is not FieldKind.TEXT:
        return False
    for label in field.labels:
        text = set(words(label.text))
        code = text & {"zip", "postcode", "postal", "plz", "postleitzahl", "cp", "cap", "cep"}
        place = text & {
            "city",
            "town",
            "ort",
            "stadt",
            "ciudad",
            "poblacion",
            "localidad",
            "ville",
            "citta",
            "plaats",
            "cidade",
        }
        if place and code:
            return True
    return False

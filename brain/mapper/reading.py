"""The first reading of a form, by the vocabulary alone: what each field says, and what its neighbours make of it.

The linear model takes it as evidence and may decide otherwise (see `brain/mapper/linear.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from brain import phrases
from brain.mapper.context import settle
from brain.mapper.evidence import Evidence, weigh
from brain.mapper.meaning import Avoid, Meaning
from brain.words import fold
from schema.contracts.form import FieldKind, FormField
from schema.contracts.profile import ProfileKey

CONFIDENCE_LINE = 0.34
"""Below this a reading is a guess, and a guess is no reading."""

_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))
_LOCALITY = {ProfileKey.CITY, ProfileKey.POSTAL_CODE, ProfileKey.STATE}


@dataclass(frozen=True, slots=True)
class Words:
    """By handle: what each field says by itself, and what it means among the others, as the words have it."""

    evidence: Mapping[str, Evidence]
    meanings: Mapping[str, Meaning]

    def said(self, handle: str) -> dict[str, float]:
        """How far the words alone speak for each meaning of a field, by its name, 0..1."""
        found = {concept.value: strength / 2 for concept, strength in self.evidence[handle].strengths.items()}
        settled = self.meanings[handle]
        if settled.concept is not None:
            found[settled.concept.value] = max(settled.confidence, found.get(settled.concept.value, 0.0))
        return found


def read_words(fields: tuple[FormField, ...]) -> Words:
    """Reads all fields of one form. What cannot be seen is settled apart: it is no neighbour of what can."""
    evidence = {field.handle: weigh(field) for field in fields}
    meanings = {field.handle: _alone(field, evidence[field.handle]) for field in fields}
    for visible in (True, False):
        settle(tuple(field for field in fields if field.visible is visible), meanings)
    return Words(evidence, meanings)


def _alone(field: FormField, evidence: Evidence) -> Meaning:
    """What the field says by itself."""
    if field.kind is FieldKind.HIDDEN:
        return Meaning(field.handle, None, why="hidden by the page")
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

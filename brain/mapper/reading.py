"""The first reading of a form, by the vocabulary alone: what each field says, and what its neighbours make of it.

The linear model takes it as evidence and may decide otherwise (see `brain/mapper/linear.py`).
"""

import re
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
_OF_A_CARD = re.compile(r"cc-(?:number|exp.*|csc|type)")
_LOCALITY = {ProfileKey.CITY, ProfileKey.POSTAL_CODE, ProfileKey.STATE}


@dataclass(frozen=True, slots=True)
class Words:
    """By handle: what each field says by itself, and what it means among the others, as the words have it."""

    evidence: Mapping[str, Evidence]
    meanings: Mapping[str, Meaning]
    outright: frozenset[str]
    """Handles of fields whose words forbid that anything is filled in, whatever else speaks for it."""

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
    asked = {field.handle: _first_asked(field, evidence[field.handle]) for field in fields}
    meanings = {field.handle: _alone(field, evidence[field.handle], asked[field.handle]) for field in fields}
    for visible in (True, False):
        settle(tuple(field for field in fields if field.visible is visible), meanings)
    return Words(evidence, meanings, frozenset(handle for handle, avoid in asked.items() if avoid))


def _alone(field: FormField, evidence: Evidence, asked: Avoid | None) -> Meaning:
    """What the field says by itself."""
    if field.kind is FieldKind.HIDDEN:
        return Meaning(field.handle, None, why="hidden by the page")
    if asked is not None:
        return Meaning(
            field.handle, asked, "", evidence.strengths.get(asked, 1.0), evidence.reasons.get(asked, "its own word")
        )
    concept, confidence, why = evidence.best()
    if concept is not None and confidence < CONFIDENCE_LINE:
        return Meaning(field.handle, None, "", confidence, f"not sure enough: {why}")
    if concept in _LOCALITY and _is_locality(field):
        return Meaning(field.handle, ProfileKey.ADDRESS, "locality", confidence, f"city and code in one: {why}")
    return Meaning(field.handle, concept, "", confidence, why)


def _first_asked(field: FormField, evidence: Evidence) -> Avoid | None:
    """What outweighs everything else: a trap, a secret; of a box to tick, whether it advertises or is an agreement."""
    said = evidence.strengths
    card = any(_OF_A_CARD.fullmatch(token) for token in field.autocomplete.lower().split())
    box = field.kind is FieldKind.CHECKBOX
    agreed = box and said.get(Avoid.TERMS, 0.0) >= 0.4
    advertised = box and said.get(Avoid.NEWSLETTER, 0.0) >= 0.4 and not (field.required and agreed)
    labelled = max((strength for concept, strength in said.items() if isinstance(concept, ProfileKey)), default=0.0)
    asked = {
        Avoid.HONEYPOT: said.get(Avoid.HONEYPOT, 0.0) >= 0.5,
        Avoid.PASSWORD: field.kind is FieldKind.PASSWORD,
        Avoid.CARD: card,
        Avoid.CAPTCHA: said.get(Avoid.CAPTCHA, 0.0) >= 0.75 and labelled < 0.9,
        Avoid.NEWSLETTER: advertised,
        Avoid.TERMS: agreed,
    }
    return next((avoid for avoid, is_asked in asked.items() if is_asked), None)


def _is_locality(field: FormField) -> bool:
    """ "City, State, ZIP" or "PLZ / Ort" in one text control."""
    if field.kind is not FieldKind.TEXT:
        return False
    texts = [fold(label.text) for label in field.labels]
    return any(_PHRASES["place"].search(text) and _PHRASES["code"].search(text) for text in texts)

"""Weighs what one field says about itself: labels by their source, names, autocomplete, type, example values.

It looks at one field at a time; what its neighbours change is `brain/mapper/context.py`.
"""

import re
from collections import defaultdict
from dataclasses import dataclass

from brain.mapper import vocabulary
from brain.mapper.meaning import Ambiguous, Avoid, Concept
from brain.mapper.vocabulary import Hit
from brain.values.places import looks_like_countries, looks_like_states
from brain.words import identifier_words, stable, words
from schema.contracts.form import FieldKind, FormField, LabelSource
from schema.contracts.profile import ProfileKey as Key

_SOURCE_WEIGHT = {
    LabelSource.LABEL_FOR: 0.95,
    LabelSource.LABEL_WRAPPING: 0.95,
    LabelSource.ARIA_LABELLEDBY: 0.95,
    LabelSource.ARIA_LABEL: 0.92,
    LabelSource.TABLE_HEADER: 0.85,
    LabelSource.PLACEHOLDER: 0.7,
    LabelSource.NEARBY: 0.7,
    LabelSource.TITLE: 0.6,
    LabelSource.LEGEND: 0.25,
}
_GROUPED = (FieldKind.RADIO, FieldKind.MULTISELECT, FieldKind.CHECKBOX)
_AUTOCOMPLETE: dict[str, Concept] = {
    "organization": Key.BUSINESS_NAME,
    "name": Key.CONTACT_NAME,
    "given-name": Key.CONTACT_FIRST_NAME,
    "additional-name": Key.CONTACT_MIDDLE_NAME,
    "family-name": Key.CONTACT_LAST_NAME,
    "email": Key.EMAIL,
    "tel": Key.PHONE,
    "tel-national": Key.PHONE,
    "tel-area-code": Key.PHONE,
    "tel-country-code": Key.PHONE,
    "tel-local": Key.PHONE,
    "tel-local-prefix": Key.PHONE,
    "tel-local-suffix": Key.PHONE,
    "tel-extension": Avoid.EXTENSION,
    "url": Key.WEBSITE,
    "street-address": Key.STREET,
    "address-line1": Key.STREET,
    "address-line2": Key.STREET2,
    "address-line3": Key.STREET2,
    "address-level1": Key.STATE,
    "address-level2": Key.CITY,
    "postal-code": Key.POSTAL_CODE,
    "country": Key.COUNTRY,
    "country-name": Key.COUNTRY,
    "username": Avoid.USERNAME,
    "current-password": Avoid.PASSWORD,
    "new-password": Avoid.PASSWORD,
    "one-time-code": Avoid.CAPTCHA,
    "organization-title": Avoid.JOB_TITLE,
    "honorific-prefix": Avoid.SALUTATION,
    "honorific-suffix": Avoid.SALUTATION,
    "bday": Avoid.BIRTH,
    "sex": Avoid.GENDER,
}
_TYPE: dict[FieldKind, tuple[Concept, float]] = {
    FieldKind.EMAIL: (Key.EMAIL, 0.6),
    FieldKind.TEL: (Key.PHONE, 0.5),
    FieldKind.URL: (Key.WEBSITE, 0.38),
    FieldKind.PASSWORD: (Avoid.PASSWORD, 0.99),
}
_SOCIAL: dict[str, Concept] = {
    "facebook.com": Key.FACEBOOK,
    "instagram.com": Key.INSTAGRAM,
    "linkedin.com": Key.LINKEDIN,
    "twitter.com": Key.X,
    "x.com": Key.X,
    "youtube.com": Key.YOUTUBE,
    "tiktok.com": Key.TIKTOK,
    "pinterest.com": Key.PINTEREST,
}
_EXAMPLES: tuple[tuple[re.Pattern[str], Concept], ...] = (
    (re.compile(r"\b[\w.+-]+@[\w-]+\.\w{2,}"), Key.EMAIL),
    (re.compile(r"https?://|\bwww\.", re.IGNORECASE), Key.WEBSITE),
    (re.compile(r"^(?:e\.?g\.?:?\s*)?\+?[\d(][\d\s().-]{7,}$"), Key.PHONE),
)
_QUALIFIERS = frozenset(
    {Key.BUSINESS_NAME, Key.CONTACT_NAME, Key.ADDRESS, Ambiguous.NAME, Ambiguous.TITLE, Key.DESCRIPTION}
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Strength per concept, 0..1, the words that gave each, and every clue by itself, the strongest first."""

    strengths: dict[Concept, float]
    reasons: dict[Concept, str]
    clues: tuple[tuple[Concept, float, str], ...] = ()

    def best(self) -> tuple[Concept | None, float, str]:
        """The strongest concept, how far it stands above the rest, and why."""
        if not self.strengths:
            return None, 0.0, "nothing says what it is for"
        ranked = sorted(self.strengths.items(), key=lambda item: -item[1])
        concept, strength = ranked[0]
        second = ranked[1][1] if len(ranked) > 1 else 0.0
        return concept, round(strength * (1 - 0.3 * min(second, strength)), 3), self.reasons[concept]


class _Scale:
    """Adds up evidence as independent hints: one minus the product of the doubts."""

    def __init__(self) -> None:
        self._doubt: dict[Concept, float] = defaultdict(lambda: 1.0)
        self._reasons: dict[Concept, list[tuple[float, str]]] = defaultdict(list)

    def add(self, concept: Concept, strength: float, reason: str) -> None:
        self._doubt[concept] *= 1 - min(strength, 0.99)
        self._reasons[concept].append((strength, reason))

    def weigh(self) -> Evidence:
        strengths = {concept: 1 - doubt for concept, doubt in self._doubt.items()}
        for vague in (Ambiguous.NAME, Ambiguous.TITLE):
            if vague in strengths and any(s >= 0.4 for c, s in strengths.items() if c is not vague):
                strengths[vague] *= 0.6
        clues = ((concept, *clue) for concept, found in self._reasons.items() for clue in found)
        reasons = {c: max(r)[1] for c, r in self._reasons.items()}
        return Evidence(strengths, reasons, tuple(sorted(clues, key=lambda clue: -clue[1])))


def weigh(field: FormField) -> Evidence:
    """All that the field itself says."""
    scale = _Scale()
    sentences, identifiers = vocabulary.load()
    grouped = field.kind in _GROUPED
    for label in field.labels:
        weight = _SOURCE_WEIGHT[label.source]
        if label.source is LabelSource.LEGEND and grouped:
            weight = 0.9
        text = words(label.text)
        for concept, strength, phrase in _label_strengths(sentences.find(text), len(text)):
            scale.add(concept, weight * strength, f'{label.source.value.replace("_", " ")} "{phrase}"')
    for attribute, weight in (("name", 0.78), ("id", 0.5)):
        text = identifier_words(stable(getattr(field, attribute)))
        for concept, strength, phrase in _identifier_strengths(identifiers.find(text), len(text)):
            scale.add(concept, weight * strength, f'{attribute} "{phrase}"')
    _add_hints(scale, field)
    return scale.weigh()


def _label_strengths(hits: tuple[Hit, ...], size: int) -> list[tuple[Concept, float, str]]:
    """A phrase that fills its label says more than one in a long sentence; the first one leads."""
    outright = [hit for hit in hits if not hit.weak and hit.concept not in (Ambiguous.NAME, Ambiguous.TITLE)]
    kept = outright or list(hits)
    if any(hit.concept not in _QUALIFIERS for hit in kept):
        kept = [hit for hit in kept if hit.concept not in _QUALIFIERS or hit.length > 1]
    lead = min((hit.start for hit in kept), default=0)
    out = []
    for hit in kept:
        coverage = hit.length / size
        long_sentence = 0.75 if size > 14 else 1.0
        strength = hit.weight * (0.6 + 0.4 * coverage) * long_sentence * (1.0 if hit.start == lead else 0.8)
        out.append((hit.concept, strength, hit.phrase))
    return out


def _identifier_strengths(hits: tuple[Hit, ...], size: int) -> list[tuple[Concept, float, str]]:
    """In `company_contact_email` the last word is what the field holds; the others say whose."""
    kept = list(hits)
    if any(hit.concept not in _QUALIFIERS for hit in kept):
        kept = [hit for hit in kept if hit.concept not in _QUALIFIERS or hit.length > 1]
    last = max((hit.start for hit in kept), default=0)
    return [
        (hit.concept, hit.weight * (0.75 + 0.25 * hit.length / size) * (1.0 if hit.start == last else 0.6), hit.phrase)
        for hit in kept
    ]


def _add_hints(scale: _Scale, field: FormField) -> None:
    for token in field.autocomplete.lower().split():
        concept = Avoid.CARD if token.startswith("cc-") else _AUTOCOMPLETE.get(token)
        if concept:
            scale.add(concept, 0.93, f"autocomplete {token}")
    if field.kind in _TYPE:
        concept, strength = _TYPE[field.kind]
        scale.add(concept, strength, f"a field of type {field.kind.value}")
    example = field.placeholder
    for host, concept in _SOCIAL.items():
        if re.search(rf"\b{re.escape(host)}", example):
            scale.add(concept, 0.85, f'example value "{host}"')
            return
    for pattern, concept in _EXAMPLES:
        if pattern.search(example):
            scale.add(concept, 0.55, "the form of its example value")
            break
    if field.options and looks_like_countries(field.options):
        scale.add(Key.COUNTRY, 0.6, "its options are countries")
    elif sum(bool(re.match(r"[$€£]{1,5}(?:\s|$)", option.label)) for option in field.options) >= 2:
        scale.add(Key.PRICE_RANGE, 0.8, "its options are a scale of prices")
    elif field.options and looks_like_states(field.options):
        scale.add(Key.STATE, 0.5, "its options are states")

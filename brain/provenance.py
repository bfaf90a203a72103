"""Tells whether words come from a profile: what is typed into a form must, to the last word.

Our own formats add a few, and phones are written in many ways; nothing else is let through.
"""

import re
from dataclasses import dataclass

from brain.values.hours import own_words, twelve_hours
from brain.values.phones import international
from brain.values.places import country_codes, country_names, state_names
from brain.words import fold
from schema.contracts.profile import BusinessProfile

_OWN_WORDS = own_words() | frozenset(["am", "pm", "http", "https", "www"])
"""Words our own formats add: the days and sides of opening hours, the scheme of an address."""


@dataclass(frozen=True)
class ProfileWords:
    """All words of a profile, folded, and all its runs of digits one after the other."""

    vocabulary: frozenset[str]
    digits: str

    def strangers(self, text: str) -> list[str]:
        """The words of the text that are not the profile's."""
        return [word for word in fold(text).split() if not self._know(word)]

    def _know(self, word: str) -> bool:
        return word in self.vocabulary or word in _OWN_WORDS or (word.isdigit() and word in self.digits)


def words_of(profile: BusinessProfile) -> ProfileWords:
    """Made once for a check: it takes a while."""
    plain = profile.model_copy(update={"logo": "", "images": ()})
    texts = [plain.model_dump_json(), *country_names(profile.country), *country_codes(profile.country)]
    texts += state_names(profile.state, profile.country)
    texts += [url for url in (profile.logo, *profile.images) if url.startswith("http")]
    texts += [twelve_hours(time) for day in profile.hours.values() for time in (day.opens, day.closes)]
    decoded = [str(value) for value in plain.model_dump(mode="json").values()]
    vocabulary = frozenset(word for text in (*texts, *decoded) for word in fold(text).split())
    numbers = [raw for raw in (profile.phone, profile.fax) if raw]
    phones = [re.sub(r"\D", "", text) for raw in numbers for text in (raw, international(raw, profile.country))]
    coordinates = [f"{value:.6f}" for value in (profile.latitude, profile.longitude) if value is not None]
    digits = " ".join(
        [*phones, *(f"0{phone}" for phone in phones), *(f"00{phone}" for phone in phones), *coordinates, *vocabulary]
    )
    return ProfileWords(vocabulary, digits)

"""What a field can mean: a key of the profile, something to leave alone, or a word the form around it must settle."""

from dataclasses import dataclass
from enum import StrEnum

from schema.contracts.profile import ProfileKey


class Avoid(StrEnum):
    """Meanings that no value of the profile may be filled into; terms and plan have a policy of their own."""

    PASSWORD = "password"  # noqa: S105
    CARD = "card"
    SEARCH = "search"
    CAPTCHA = "captcha"
    NEWSLETTER = "newsletter"
    TERMS = "terms"
    PLAN = "plan"
    USERNAME = "username"
    MESSAGE = "message"
    SUBJECT = "subject"
    COUPON = "coupon"
    BIRTH = "birth"
    GENDER = "gender"
    SALUTATION = "salutation"
    JOB_TITLE = "job_title"
    RECIPROCAL = "reciprocal"
    TAX_ID = "tax_id"
    EXTENSION = "extension"
    HONEYPOT = "honeypot"
    OTHER = "other"


class Ambiguous(StrEnum):
    """Words that mean one thing in one form and another in the next."""

    NAME = "name"
    TITLE = "title"


Concept = ProfileKey | Avoid | Ambiguous


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one field asks for. `part` is as in FieldDecision; `confidence` is 0..1; `concept` None: unknown.

    `likely` are the likeliest meanings by name, each with its probability.
    """

    handle: str
    concept: Concept | None
    part: str = ""
    confidence: float = 0.0
    why: str = ""
    likely: tuple[tuple[str, float], ...] = ()


def concept_named(name: str) -> Concept:
    """The concept of a vocabulary heading. Raises ValueError for an unknown one."""
    for family in (ProfileKey, Avoid, Ambiguous):
        if name in family._value2member_map_:
            return family(name)
    raise ValueError(f"no meaning is called {name!r}")

"""What is remembered of a directory's form: its face, as far as people need it to read what has changed.

Nothing of a customer is in here, and `speaks_of` is how that is kept: a page may greet people by what they typed.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from schema.contracts.base import Contract
from schema.contracts.directory import Slug
from schema.contracts.plan import Plan
from schema.contracts.profile import BusinessProfile

# fmt: off
_PRIVATE = (
    "business_name", "legal_name", "contact_name", "contact_first_name", "contact_middle_name", "contact_last_name",
    "email", "street", "street2", "postal_code", "tagline", "short_description", "description", "website", "video",
    "facebook", "instagram", "linkedin", "x", "youtube", "tiktok", "pinterest",
)
# fmt: on
"""What tells who the customer is. A city, a category or an opening hour is a directory's own word as well."""

_SHORTEST = 3
_TELLING = 40
"""Characters of a longer text that give it away: pages, and what is remembered of them, cut long ones."""

_NUMBER = re.compile(r"\d[\d\s()./+-]{5,}\d")


class SeenField(Contract):
    """One visible field as it was found. `takes` is the profile's key, with its part, that it seems to ask for.

    `kind` is a word, not the enumeration: an older build may read what a newer one wrote. `options` are the first
    choices only; `options_digest` is over all of them, in no order.
    """

    handle: str
    labels: tuple[str, ...]
    kind: str
    section: str = ""
    autocomplete: str = ""
    required: bool = False
    takes: str = ""
    options: tuple[str, ...] = ()
    options_count: int = 0
    options_digest: str = ""


class SeenStep(Contract):
    """One step of a form as it was found. `target` is the path it posts to, with the host where that is another."""

    fingerprint: str
    found: bool = True
    target: str = ""
    captcha: str = "none"
    login_required: bool = False
    payment_required: bool = False
    fields: tuple[SeenField, ...] = ()


class FormChange(Contract):
    """A form that is no longer as it is remembered, in sentences. `taken`: it has taken a submission since."""

    directory: Slug
    changes: tuple[str, ...]
    first_met_at: datetime
    last_met_at: datetime
    taken: bool


def form_fingerprint(fingerprints: tuple[str, ...]) -> str:
    """One fingerprint for all steps of a form, so that a change in the last one makes another form of it."""
    if len(fingerprints) == 1:
        return fingerprints[0]
    return hashlib.sha256("\n".join(fingerprints).encode()).hexdigest()


def choices_digest(plan: Plan) -> str:
    """sha256 (hex) of what the plan does: two plans that fill the same fields the same way share it."""
    steps = [
        (
            step.fingerprint,
            step.button,
            [(d.handle, d.action, d.key, d.part, d.variant, d.option) for d in step.decisions],
        )
        for step in plan.steps
    ]
    return hashlib.sha256(json.dumps(steps, ensure_ascii=False).encode()).hexdigest()


def for_everyone(plan: Plan) -> Plan:
    """The plan without what it holds for one customer alone: excerpts of their texts, and what it cost to make."""
    steps = tuple(
        step.model_copy(update={"decisions": tuple(d.model_copy(update={"excerpt": None}) for d in step.decisions)})
        for step in plan.steps
    )
    return plan.model_copy(update={"steps": steps, "usage": (), "learned": False})


def speaks_of(profile: BusinessProfile, *remembered: Contract) -> bool:
    """True if any text in it names this customer: then it is theirs, and not to be kept for others.

    Rather too strict than too lax: what is not remembered costs a visit, no more.
    """
    texts = [text.casefold() for contract in remembered for text in _texts(contract.model_dump(mode="json"))]
    everything = "\n".join(texts)
    values = [str(getattr(profile, name)) for name in _PRIVATE]
    values.append((urlsplit(profile.website).hostname or "").removeprefix("www."))
    if any(_says(everything, value) for value in values if len(value) >= _SHORTEST):
        return True
    numbers = {re.sub(r"\D", "", found) for text in texts for found in _NUMBER.findall(text)}
    own = [re.sub(r"\D", "", number)[-7:] for number in (profile.phone, profile.fax) if number]
    return any(ending in number for ending in own for number in numbers)


def _says(text: str, value: str) -> bool:
    words = " ".join(value.casefold().split())
    # The beginning of an address is everybody's: https://www.facebook.com/
    start = words if "://" in words else words[:_TELLING]
    if start not in text:
        return False
    return re.search(rf"(?<!\w){re.escape(start)}" + (r"(?!\w)" if start == words else ""), text) is not None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)

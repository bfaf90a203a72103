"""Workflow IDs and idempotency keys: pure functions, so that every process derives the same ones."""

import hashlib
import json
import re
import unicodedata
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from schema.contracts.profile import BusinessProfile


def job_workflow_id(job_id: UUID) -> str:
    return f"job-{job_id}"


def directory_workflow_id(job_id: UUID, slug: str, replays: int = 0) -> str:
    """A directory that was reopened has a workflow of its own each time: `…~2` is the second. No slug holds a `~`."""
    return f"job-{job_id}-{slug}~{replays + 1}" if replays else f"job-{job_id}-{slug}"


def bridge_workflow_id(number: int) -> str:
    return f"sqs-bridge-{number}"


def report_workflow_id(job_id: UUID, digest: str) -> str:
    return f"report-{job_id}-{digest}"


RELAY_WORKFLOW_ID = "outbox-relay"

UPKEEP_WORKFLOW_ID = "upkeep"
HOURLY_UPKEEP_WORKFLOW_ID = "upkeep-hourly"
DAILY_UPKEEP_WORKFLOW_ID = "upkeep-daily"
"""Of the schedules too; each of their runs has its time behind it."""


def customer_id(email: str) -> UUID:
    """A customer is known by their e-mail address."""
    return uuid5(NAMESPACE_URL, f"mailto:{email.lower()}")


def canonical_json(profile: BusinessProfile) -> str:
    """The business data with sorted keys and no insignificant white space."""
    return json.dumps(profile.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def idempotency_key(job_id: UUID, directory: str, profile: BusinessProfile) -> str:
    """sha256 (hex) of job, directory and pinned business data: at most one click per key."""
    return hashlib.sha256(f"{job_id}\n{directory}\n{canonical_json(profile)}".encode()).hexdigest()


def business_key(profile: BusinessProfile) -> str:
    """sha256 (hex) of what makes two orders the same business: its name and where it is.

    A directory lists it once over the years, whatever job paid. Without a street, the website's host (or the
    phone's digits) tells two businesses of one name and city apart.
    """
    place = profile.street or urlsplit(profile.website).hostname or re.sub(r"\D", "", profile.phone)
    parts = (profile.business_name, place, profile.city, profile.postal_code, profile.country)
    return hashlib.sha256("\n".join(map(normalised, parts)).encode()).hexdigest()


def normalised(text: str) -> str:
    """The text's words alone: no case, no accents, no punctuation. Keys are made of it, so it stays as it is."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(re.findall(r"\w+", "".join(char for char in folded if not unicodedata.combining(char))))

"""A directory: one web form that somebody else wrote, and what we may do there."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, HttpUrl, StringConstraints, TypeAdapter

from schema.contracts.base import Contract, matching, one_line
from schema.contracts.lookup import LookupColumn

Slug = Annotated[
    str,
    matching(
        r"[a-z0-9][a-z0-9-]{0,99}", "must be at most 100 small letters, digits and hyphens, for example best-of-austin"
    ),
]

_HTTP_URL = TypeAdapter(HttpUrl)


def _http_url(value: str) -> str:
    _HTTP_URL.validate_python(value)
    if not value.isprintable():
        raise ValueError("must be one line of visible characters")
    return value


SubmissionUrl = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_http_url)]
"""The http(s) address of a directory's form."""


class Automation(StrEnum):
    """What the directory's terms say of automated submissions; `forbidden` is never submitted to by us."""

    ALLOWED = "allowed"
    SILENT = "silent"
    FORBIDDEN = "forbidden"


class DirectoryEntry(Contract):
    """One row of an import file.

    `interval_ms` is the least time between two turns at the directory, over all jobs; `daily_cap` the most submissions
    a day (UTC), None for no limit. `lookup` is how the directory can be asked what became of a submission.
    `solver_allowed`: a paid solver may be asked for its captchas; by default a person is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: Slug
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), one_line]
    submission_url: SubmissionUrl
    domain_authority: int = Field(default=0, ge=0, le=100)
    priority_tier: int = Field(default=1, ge=1, le=5)
    category: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), one_line] = ""
    active: bool = True
    automation: Automation = Automation.SILENT
    accept_terms: bool = True
    interval_ms: int = Field(default=60_000, ge=0, le=86_400_000)
    daily_cap: int | None = Field(default=None, ge=1, le=100_000)
    lookup: LookupColumn = None
    solver_allowed: bool = False


class Directory(DirectoryEntry):
    """A directory as stored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID

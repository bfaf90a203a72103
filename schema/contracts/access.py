"""Who asks, and what they may do."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from schema.contracts.base import Contract, one_line

TokenName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), one_line]
"""Whose token it is: what they do is written down under this name."""


class Scope(StrEnum):
    """What a token is for. `admin` includes `act`, which includes `read`; `enqueue` is for other front ends."""

    READ = "read"
    ACT = "act"
    ADMIN = "admin"
    ENQUEUE = "enqueue"

    @property
    def included_in(self) -> frozenset["Scope"]:
        """The scopes of which each is enough."""
        return _ENOUGH[self]


_ENOUGH = {
    Scope.READ: frozenset({Scope.READ, Scope.ACT, Scope.ADMIN}),
    Scope.ACT: frozenset({Scope.ACT, Scope.ADMIN}),
    Scope.ADMIN: frozenset({Scope.ADMIN}),
    Scope.ENQUEUE: frozenset({Scope.ENQUEUE}),
}

STAFF_SCOPES = frozenset({Scope.READ, Scope.ACT, Scope.ADMIN})
"""Those of people. What a service may do besides is nothing that a browser is signed in for."""


class Principal(Contract):
    """Somebody who has shown who they are: the name goes into the audit.

    `via` says how they came, for the record: by a token, signed in in a browser, by command. `request_id` is that of
    the request in which they ask, if it is one.
    """

    name: str
    scopes: frozenset[Scope]
    via: str = ""
    request_id: str = ""

    def may(self, scope: Scope) -> bool:
        """Whether one of their scopes is enough."""
        return bool(self.scopes & scope.included_in)


class Token(Contract):
    """One row of `tokens`, without its secret, of which there is only the hash."""

    id: UUID
    name: str
    scopes: tuple[Scope, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None
    in_force: bool


class NewToken(Token):
    """What making one answers: the only time that its secret is shown."""

    secret: str


class AuditEntry(Contract):
    """One thing that somebody of the staff did. `what` is a thing and a verb, `target` the id of that thing."""

    id: UUID
    at: datetime
    who: str
    what: str
    target: str
    request_id: str
    detail: dict[str, Any]


class AuditFilter(Contract):
    """Which entries to list: what is None does not matter."""

    who: str | None = None
    what: str | None = None
    target: str | None = None
    since: datetime | None = None
    limit: int = Field(default=100, ge=1, le=10_000)

"""Who asks, and what they may do."""

from enum import StrEnum

from schema.contracts.base import Contract


class Scope(StrEnum):
    """What a token is for. `admin` includes `act`, which includes `read`; `enqueue` is for other front ends."""

    READ = "read"
    ACT = "act"
    ADMIN = "admin"
    ENQUEUE = "enqueue"


class Principal(Contract):
    """Somebody who has shown who they are: the name goes into the audit."""

    name: str
    scopes: frozenset[Scope]

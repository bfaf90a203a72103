"""`audit`: what staff did, by name, append-only. No secret is ever in it, and nothing that a customer wrote.

Write the entry in the transaction of what is done; where that happens elsewhere (Temporal, Stripe), before it is asked
for: an entry too many can be explained, one too few cannot.
"""

from typing import Any

from schema.contracts.access import AuditEntry, AuditFilter, Principal
from schema.store.database import Executor


async def write(db: Executor, principal: Principal, what: str, target: object = "", **detail: Any) -> None:
    """Write one entry: who did what ("action.resolve") to which thing, and what a colleague would want to know."""
    if principal.via:
        detail["via"] = principal.via
    await db.execute(
        "insert into audit (who, what, target, request_id, detail) values ($1, $2, $3, $4, $5)",
        principal.name,
        what,
        str(target),
        principal.request_id,
        detail,
    )


async def listed(db: Executor, wanted: AuditFilter) -> tuple[AuditEntry, ...]:
    """The entries asked for, the newest first. `what` also takes the thing alone: "action"."""
    rows = await db.fetch(
        """
        select id, at, who, what, target, request_id, detail from audit
        where ($1::text is null or who = $1) and ($2::text is null or what = $2 or split_part(what, '.', 1) = $2)
            and ($3::text is null or target = $3) and ($4::timestamptz is null or at >= $4)
        order by at desc, id limit $5
        """,
        wanted.who,
        wanted.what,
        wanted.target,
        wanted.since,
        wanted.limit,
    )
    return tuple(AuditEntry.model_validate(dict(row)) for row in rows)

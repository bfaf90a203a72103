"""The street's own books: one row for every post that arrives, written before its answer leaves.

They are kept apart from the product, so that "once, and once only" can be audited by the other side.
"""

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from deploy.local.sqlite import open_book
from schema.contracts.base import Contract


class PostOutcome(StrEnum):
    """What became of a post. Only `accepted` is a listing."""

    ACCEPTED = "accepted"
    PENDING_CONFIRMATION = "pending_confirmation"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    SPAM = "spam"
    ERROR = "error"


class BookRow(Contract):
    """One post. `time` is ISO 8601 in UTC; `attempt` counts the posts of this business to this site from 1."""

    id: int
    time: str
    site: str
    business: str
    attempt: int
    method: str
    path: str
    fields: dict[str, list[str]]
    outcome: PostOutcome
    status_code: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written down about a post."""

    site: str
    business: str
    method: str
    path: str
    fields: dict[str, list[str]]
    outcome: PostOutcome
    status_code: int


_SCHEMA = """
CREATE TABLE IF NOT EXISTS posts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time TEXT NOT NULL,
    site TEXT NOT NULL,
    business TEXT NOT NULL,
    business_key TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    fields TEXT NOT NULL,
    outcome TEXT NOT NULL,
    status_code INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS posts_by_business ON posts (site, business_key);
"""
_COLUMNS = "id, time, site, business, attempt, method, path, fields, outcome, status_code"
_INSERT = f"""
INSERT INTO posts (time, site, business, business_key, attempt, method, path, fields, outcome, status_code)
SELECT ?, ?, ?, ?, count(*) + 1, ?, ?, ?, ?, ? FROM posts WHERE site = ? AND business_key = ?
RETURNING {_COLUMNS}
"""  # noqa: S608
_LISTED = (PostOutcome.ACCEPTED, PostOutcome.PENDING_CONFIRMATION)


class Books:
    """One SQLite file. Calls are synchronous and short: a row is a fraction of a millisecond, and atomic."""

    def __init__(self, folder: Path) -> None:
        self._db = open_book(folder / "books.sqlite3", _SCHEMA)

    def close(self) -> None:
        self._db.close()

    def write(self, entry: Entry) -> BookRow:
        """Commits a row and returns it."""
        key = business_key(entry.business)
        written = self._db.execute(
            _INSERT,
            (
                datetime.now(UTC).isoformat(),
                entry.site,
                entry.business,
                key,
                entry.method,
                entry.path,
                json.dumps(entry.fields, ensure_ascii=False),
                entry.outcome,
                entry.status_code,
                entry.site,
                key,
            ),
        ).fetchall()
        return _row(written[0])

    def rows(self, site: str | None = None, business: str | None = None) -> list[BookRow]:
        """The rows in the order they were written, of one site or one business if asked."""
        found = self._db.execute(
            f"SELECT {_COLUMNS} FROM posts WHERE (?1 IS NULL OR site = ?1) AND (?2 IS NULL OR business_key = ?2) "  # noqa: S608
            "ORDER BY id",
            (site, None if business is None else business_key(business)),
        )
        return [_row(row) for row in found]

    def listing_of(self, site: str, business: str) -> BookRow | None:
        """The earliest row that made this business known to the site: listed, or waiting for its confirmation."""
        return next((row for row in self.rows(site, business) if row.outcome in _LISTED), None)

    def row(self, site: str, row_id: int) -> BookRow | None:
        found = self._db.execute(
            f"SELECT {_COLUMNS} FROM posts WHERE site = ? AND id = ?",  # noqa: S608
            (site, row_id),
        ).fetchone()
        return _row(found) if found else None

    def counts(self) -> dict[str, Counter[PostOutcome]]:
        """How many posts of each outcome every site has had."""
        counts: dict[str, Counter[PostOutcome]] = {}
        for row in self._db.execute("SELECT site, outcome, count(*) AS posts FROM posts GROUP BY site, outcome"):
            counts.setdefault(row["site"], Counter())[PostOutcome(row["outcome"])] = row["posts"]
        return counts


def business_key(business: str) -> str:
    """What makes two names the same business: capitals and white space do not."""
    return " ".join(business.casefold().split())


def _row(row: sqlite3.Row) -> BookRow:
    return BookRow.model_validate({**dict(row), "fields": json.loads(row["fields"])})

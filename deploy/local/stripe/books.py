"""The local Stripe's memory: every object, what idempotent requests were answered, and which events were delivered.

One SQLite file, so that a server that was killed knows what was paid, and still delivers what nobody has taken.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.local.sqlite import open_book
from deploy.local.stripe.wire import Document

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, seq);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    asked TEXT NOT NULL,
    status INTEGER NOT NULL,
    document TEXT NOT NULL,
    time REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    event TEXT PRIMARY KEY,
    tries INTEGER NOT NULL DEFAULT 0,
    due REAL,
    answered INTEGER,
    delivered INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS deliveries_by_due ON deliveries (due) WHERE due IS NOT NULL;
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an idempotent request was answered. `asked` is its parameters, spelled one way."""

    path: str
    asked: str
    status: int
    document: Document


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far one event is. `due` is when it is tried next, in seconds since the epoch; None: not any more.

    `answered` is the endpoint's last status code, 0 where it could not be reached.
    """

    event: str
    tries: int
    due: float | None
    answered: int | None
    delivered: bool


class Books:
    """Calls are synchronous and short; whoever does several things at once wraps them in `transaction`."""

    def __init__(self, folder: Path) -> None:
        self._db = open_book(folder / "stripe.sqlite3", _SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def put(self, document: Document) -> None:
        """Write a new object, or what has become of a known one."""
        self._db.execute(
            "INSERT INTO objects (id, kind, document) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET document = excluded.document",
            (document["id"], document["object"], json.dumps(document)),
        )

    def find(self, kind: str | None, object_id: str) -> Document | None:
        """Of any kind, where `kind` is None."""
        row = self._db.execute(
            "SELECT document FROM objects WHERE id = ? AND kind = coalesce(?, kind)", (object_id, kind)
        ).fetchone()
        return json.loads(row["document"]) if row else None

    def newest(self, kind: str) -> list[Document]:
        """All of a kind, the newest first."""
        rows = self._db.execute("SELECT document FROM objects WHERE kind = ? ORDER BY seq DESC", (kind,))
        return [json.loads(row["document"]) for row in rows]

    def answer(self, key: str) -> Answer | None:
        row = self._db.execute("SELECT path, asked, status, document FROM answers WHERE key = ?", (key,)).fetchone()
        return Answer(row["path"], row["asked"], row["status"], json.loads(row["document"])) if row else None

    def keep_answer(self, key: str, answer: Answer, now: float, forget_before: float) -> None:
        self._db.execute("DELETE FROM answers WHERE time < ?", (forget_before,))
        self._db.execute(
            "INSERT INTO answers (key, path, asked, status, document, time) VALUES (?, ?, ?, ?, ?, ?)",
            (key, answer.path, answer.asked, answer.status, json.dumps(answer.document), now),
        )

    def promise(self, event: str, due: float | None) -> None:
        """The event is to be delivered; not before somebody says so, where `due` is None."""
        self._db.execute("INSERT INTO deliveries (event, due) VALUES (?, ?)", (event, due))

    def tried(self, event: str, answered: int, *, delivered: bool, due: float | None) -> None:
        self._db.execute(
            "UPDATE deliveries SET tries = tries + 1, answered = ?, delivered = max(delivered, ?), due = ?"
            " WHERE event = ?",
            (answered, delivered, due, event),
        )

    def make_due(self, event: str, due: float | None) -> None:
        self._db.execute("UPDATE deliveries SET due = ? WHERE event = ?", (due, event))

    def due(self) -> list[Delivery]:
        """What is still to be tried, the most urgent first."""
        return self._deliveries("WHERE due IS NOT NULL ORDER BY due, rowid")

    def undelivered(self) -> list[Delivery]:
        """What nobody has taken, the oldest first."""
        return self._deliveries("WHERE NOT delivered ORDER BY rowid")

    def deliveries(self) -> dict[str, Delivery]:
        return {one.event: one for one in self._deliveries("")}

    def _deliveries(self, where: str) -> list[Delivery]:
        rows = self._db.execute(f"SELECT event, tries, due, answered, delivered FROM deliveries {where}")  # noqa: S608
        return [
            Delivery(row["event"], row["tries"], row["due"], row["answered"], bool(row["delivered"])) for row in rows
        ]

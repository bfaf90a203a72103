"""How the servers of the local street keep their books: one SQLite file each."""

import sqlite3
from pathlib import Path


def open_book(file: Path, schema: str) -> sqlite3.Connection:
    """Opens the file, or makes it with its folder. Every statement is a transaction, unless one is begun."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # FastAPI may call from its event loop's thread only; creation may happen in another one.
    book = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    book.row_factory = sqlite3.Row
    book.execute("PRAGMA journal_mode=WAL")
    book.execute("PRAGMA synchronous=NORMAL")
    book.executescript(schema)
    return book

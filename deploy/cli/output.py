"""How commands speak: JSON to standard output for programs, tables for people, remarks to standard error."""

import sys
from collections.abc import Sequence

from pydantic import BaseModel
from pydantic_core import to_json
from rich.console import Console
from rich.markup import escape

from schema import spelling
from schema.contracts.submission import SubmissionStatus

_WIDTH_OF_A_FILE = 160
"""Columns when nobody's terminal says how wide it is: a log keeps whole sentences."""

console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
remarks = Console(stderr=True, width=None if sys.stderr.isatty() else _WIDTH_OF_A_FILE)

STATUS_STYLE = {
    SubmissionStatus.SUBMITTED: "green",
    SubmissionStatus.APPROVED: "green",
    SubmissionStatus.AWAITING_ACTION: "yellow",
    SubmissionStatus.UNCERTAIN: "yellow",
    SubmissionStatus.SKIPPED: "cyan",
    SubmissionStatus.FAILED: "red",
    SubmissionStatus.REJECTED: "red",
}


def plain(text: str, longest: int = 80) -> str:
    """A stranger's words as one line of a table: neither the terminal nor the markup may read anything into them."""
    return escape(spelling.one_line(text, longest))


def counted(number: int) -> str:
    """That many directories, in words."""
    return spelling.counted(number, "directory", "directories")


def print_json(value: BaseModel | Sequence[BaseModel]) -> None:
    """One JSON document, never wrapped or coloured: it is for a program."""
    sys.stdout.write(to_json(value, indent=2).decode() + "\n")

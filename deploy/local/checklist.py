"""What a person sees while the stack starts: one row per part, alive on a terminal, plain lines anywhere else."""

import time
from dataclasses import dataclass
from enum import Enum

from rich.console import Console, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text


class _State(Enum):
    WAITING = "waiting"
    STARTING = "starting"
    OK = "ok"
    FAILED = "failed"


@dataclass(slots=True)
class _Row:
    state: _State = _State.WAITING
    note: str = ""
    since: float = 0.0
    seconds: float = 0.0


class Checklist:
    """Rows for `names`, in that order. Use as a context manager around the start."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rows: dict[str, _Row] = {}
        self._spinner = Spinner("dots")
        self._live: Live | None = None

    def open(self, names: list[str]) -> None:
        """Show the rows, all waiting."""
        self._rows = {name: _Row() for name in names}
        if self._console.is_interactive:
            self._live = Live(self, console=self._console, refresh_per_second=10)
            self._live.start()

    def starting(self, name: str) -> None:
        row = self._rows[name]
        row.state, row.since = _State.STARTING, time.monotonic()

    def ok(self, name: str, note: str) -> None:
        """`note` is the part's address, or what a step did."""
        self._settle(name, _State.OK, note)

    def failed(self, name: str, why: str) -> None:
        """Shows the first line of `why`; the rest is for whoever catches the failure."""
        self._settle(name, _State.FAILED, why.partition("\n")[0])

    def close(self) -> None:
        """Leave the rows as they are on the screen."""
        if self._live:
            self._live.stop()
            self._live = None

    def _settle(self, name: str, state: _State, note: str) -> None:
        row = self._rows[name]
        row.state, row.note, row.seconds = state, note, time.monotonic() - row.since
        if not self._live:
            colour = "green" if state is _State.OK else "red"
            self._console.print(
                f"[{colour}]{state.value:>6}[/]  {name:<12} {row.seconds:5.1f} s  {escape(note)}",
                highlight=False,
                soft_wrap=True,
            )

    def __rich__(self) -> Table:
        cells: tuple[RenderableType, ...]
        table = Table.grid(padding=(0, 2))
        for name, row in self._rows.items():
            match row.state:
                case _State.WAITING:
                    cells = (Text("·", "dim"), Text(name, "dim"), Text(""), Text(""))
                case _State.STARTING:
                    elapsed = time.monotonic() - row.since
                    cells = (self._spinner, Text(name), Text(f"{elapsed:.1f} s", "dim"), Text("starting", "dim"))
                case _State.OK:
                    cells = (Text("✓", "green"), Text(name), Text(f"{row.seconds:.1f} s", "dim"), Text(row.note))
                case _State.FAILED:
                    cells = (Text("✗", "red"), Text(name), Text(f"{row.seconds:.1f} s", "dim"), Text(row.note, "red"))
            table.add_row(*cells)
        return table

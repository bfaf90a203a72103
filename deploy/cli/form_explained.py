"""What `form map --explain` shows people: for each field what was weighed, and which form of the page it is.

As blocks of a few short lines instead of a table: the reasons would not fit into columns.
"""

from collections.abc import Sequence

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from brain.explain import FieldAccount, FormSeen
from deploy.cli.form_map import ExplainedForm, show_obstacle
from deploy.cli.output import console, plain

_INDENT = 4
_MOST_MEANINGS = 4
_WIDTH_OF_NAMES = 22


def show_explained(form: ExplainedForm, title: str) -> None:
    """The forms of the page, then the fields of the one that takes a business, then the guard's word."""
    _show_forms(form.forms)
    if form.fields:
        _head(f"{plain(title)}: what goes where (* required)")
        for number, row in enumerate(form.fields, start=1):
            _show_field(number, row)
        _head("The guard finds" if form.findings else "The guard finds nothing wrong")
        _rows([(finding.rule, plain(finding.reason, 300)) for finding in form.findings])
    show_obstacle(form.obstacle)


def _show_forms(forms: Sequence[FormSeen]) -> None:
    _head("Forms on the page" if forms else "There is no form on the page")
    for form in forms:
        name = f"[bold green]{plain(form.name)}[/] [green](this one)[/]" if form.chosen else plain(form.name)
        fields = "1 field" if form.fields == 1 else f"{form.fields} fields"
        points = ", ".join(f"{point.weight:+g} {point.what}" for point in form.points)
        console.print(f"{name}: {fields}, {form.score:g} points", highlight=False)
        if points:
            console.print(Padding(points, (0, 0, 0, _INDENT)), highlight=False)
    console.print()


def _show_field(number: int, row: FieldAccount) -> None:
    takes = f"[green]{row.takes}[/]" if row.takes else "[yellow]left alone[/]"
    console.print(
        f"{number:>2}. [bold]{plain(row.field)}[/]{' *' if row.required else ''} → {takes}, sure {row.confidence:.2f}",
        highlight=False,
    )
    rows = [("value", plain(row.value, 160))] if row.value else []
    rows.append(("why", plain(row.why, 200)))
    for meaning in row.meanings[:_MOST_MEANINGS]:
        words, model = (
            ", ".join(f"{plain(clue.what)} {clue.weight:.2f}" for clue in clues if clue.meaning == meaning.meaning)
            for clues in (row.words, row.model)
        )
        lines = [*filter(None, (words, f"[dim]model: {model}[/]" if model else ""))]
        rows.append((f"{escape(meaning.meaning)} {meaning.confidence:.2f}", "\n".join(lines)))
    _rows(rows)


def _head(text: str) -> None:
    console.print(f"[bold]{text}[/]", highlight=False)


def _rows(rows: Sequence[tuple[str, str]]) -> None:
    """Names and their texts below a heading; what does not fit goes on under the text."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(width=_WIDTH_OF_NAMES, style="dim")
    grid.add_column(overflow="fold")
    for name, text in rows:
        grid.add_row(name, text)
    console.print(Padding(grid, (0, 0, 1, _INDENT)), highlight=False)

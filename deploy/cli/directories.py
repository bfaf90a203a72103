"""`directorybolt directories`: import a list of them from CSV or JSON, show what is there, and which have changed."""

import asyncio
import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from pydantic import ValidationError
from rich.table import Table

from brain.sites import same_site
from deploy.cli.failures import CommandFailed, database, first_problem, read_file
from deploy.cli.options import AsJson
from deploy.cli.output import console, counted, plain, print_json, remarks
from deploy.cli.principal import cli_principal
from deploy.runtime.settings import load_settings
from schema.contracts.directory import Directory, DirectoryEntry
from schema.contracts.mapping import FormChange
from schema.store import audit, directories, mappings

app = typer.Typer(no_args_is_help=True)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A .csv with a header line, or a .json list of objects.")],
    as_json: AsJson = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file and change nothing.")] = False,
) -> None:
    """Add directories, or change those whose slug is known. A bad row stops the import before anything is written.

    Columns: slug, name, submission_url; and if wanted domain_authority (0-100), priority_tier (1-5), category,
    active, automation (allowed, silent, forbidden), accept_terms, interval_ms, daily_cap, solver_allowed, and lookup:
    how the directory can be asked whether it holds a business, as JSON (docs/directories.md).
    """
    entries = parse_entries(file)
    if not dry_run:
        asyncio.run(_import(entries))
    if as_json:
        print_json(entries)
    else:
        verb = "would be imported" if dry_run else "imported"
        remarks.print(f"{counted(len(entries))} {verb}.")


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """Every directory, best first."""
    found = asyncio.run(_all())
    if as_json:
        print_json(found)
        return
    if not found:
        remarks.print("There is no directory yet: add some with `directorybolt directories import`.")
        return
    table = Table("directory", "name", "DA", "tier", "category", "automation", "active", "submission URL")
    for entry in found:
        table.add_row(
            entry.slug,
            plain(entry.name),
            str(entry.domain_authority),
            str(entry.priority_tier),
            plain(entry.category),
            entry.automation,
            "yes" if entry.active else "no",
            plain(entry.submission_url, 120),
        )
    console.print(table)
    remarks.print(f"{counted(len(found))}.")


@app.command("drift")
def list_changes(as_json: AsJson = False) -> None:
    """Directories whose form was met otherwise than it is remembered: what has changed, the latest first."""
    found = asyncio.run(_changes())
    if as_json:
        print_json(found)
        return
    if not found:
        remarks.print("Every form that was met is as it is remembered.")
        return
    table = Table("directory", "first met", "last met", "taken since", "what has changed", show_lines=True)
    for change in found:
        table.add_row(
            change.directory,
            f"{change.first_met_at:%Y-%m-%d %H:%M}",
            f"{change.last_met_at:%Y-%m-%d %H:%M}",
            "yes" if change.taken else "no",
            "\n".join(plain(sentence, 200) for sentence in change.changes),
        )
    console.print(table)
    remarks.print(f"{counted(len({change.directory for change in found}))}. Times are UTC.")


def parse_entries(file: Path) -> tuple[DirectoryEntry, ...]:
    """The file's rows. Raises CommandFailed, which names the row and the field, for the first bad one."""
    text = read_file(file, "The directory list")
    read_rows = _READERS.get(file.suffix.lower())
    if read_rows is None:
        raise CommandFailed(f"{file.name} must be a .csv or a .json file.")
    entries: dict[str, DirectoryEntry] = {}
    for place, row in read_rows(text, file.name):
        try:
            entry = DirectoryEntry.model_validate(row)
        except ValidationError as error:
            raise first_problem(error, f"{file.name}, {place}") from None
        _check_lookup(entry, f"{file.name}, {place}")
        if entry.slug in entries:
            raise CommandFailed(f"{file.name}, {place}: slug {entry.slug!r} occurs twice.")
        entries[entry.slug] = entry
    if not entries:
        raise CommandFailed(f"{file.name} holds no directory.")
    return tuple(entries.values())


def _check_lookup(entry: DirectoryEntry, place: str) -> None:
    """What the customer's name is told to must be the directory itself."""
    for address in entry.lookup.addresses if entry.lookup else ():
        if not same_site(address, entry.submission_url):
            host = urlsplit(address).hostname
            raise CommandFailed(f"{place}: lookup: {host} must belong to the site of submission_url.")


_Rows = list[tuple[str, dict[str, Any]]]


def _csv_rows(text: str, name: str) -> _Rows:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows = []
    try:
        _check_header(reader.fieldnames, name)
        for row in reader:
            place = f"line {reader.line_num}"
            if None in row:
                raise CommandFailed(f"{name}, {place}: there are more cells than columns.")
            # An empty cell means "not given": the field's default holds.
            rows.append((place, {column: cell for column, cell in row.items() if cell}))
    except csv.Error as error:
        raise CommandFailed(f"{name}, line {reader.line_num}: this is not CSV ({error}).") from None
    return rows


def _check_header(columns: Sequence[str] | None, name: str) -> None:
    if columns is None:
        raise CommandFailed(f"{name} is empty: the first line must name the columns.")
    known = list(DirectoryEntry.model_fields)
    for number, column in enumerate(columns):
        if column not in known:
            raise CommandFailed(f"{name}, line 1: {column!r} is not a known column; known are {', '.join(known)}.")
        if column in columns[:number]:
            raise CommandFailed(f"{name}, line 1: column {column!r} occurs twice.")


def _json_rows(text: str, name: str) -> _Rows:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandFailed(f"{name} is not JSON: {error.msg} in line {error.lineno}.") from None
    if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
        raise CommandFailed(f"{name} must be a list of objects.")
    return [(f"entry {number}", row) for number, row in enumerate(document, start=1)]


_READERS: dict[str, Callable[[str, str], _Rows]] = {".csv": _csv_rows, ".json": _json_rows}


async def _import(entries: tuple[DirectoryEntry, ...]) -> None:
    async with database(load_settings()) as pool:
        await audit.write(pool, cli_principal(), "directory.import", entries=len(entries))
        await directories.import_entries(pool, entries)


async def _all() -> tuple[Directory, ...]:
    async with database(load_settings()) as pool:
        return await directories.all_directories(pool)


async def _changes() -> tuple[FormChange, ...]:
    async with database(load_settings()) as pool:
        return await mappings.changes(pool)

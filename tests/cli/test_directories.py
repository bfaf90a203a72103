"""`directorybolt directories`: what a spreadsheet or a program writes goes in, and comes out as it was."""

import json
from typing import Any

import pytest

from schema.store import directories, mappings
from schema.store.database import Pool
from tests.cli.conftest import Command
from tests.factories import add_directories, entry

CSV = (
    "slug,name,submission_url,domain_authority,priority_tier,category,active,automation,accept_terms,interval_ms\n"
    'sued,"Café „Süd“, Köln",https://sued.example/eintragen?art=caf%C3%A9,88,2,"food, drink",yes,allowed,no,1500\n'
    "plain,Plain,https://plain.example/add,,,,,,,\n"
)
EXPECTED = [
    entry(
        "sued",
        name="Café „Süd“, Köln",
        submission_url="https://sued.example/eintragen?art=caf%C3%A9",
        domain_authority=88,
        priority_tier=2,
        category="food, drink",
        automation="allowed",
        accept_terms=False,
        interval_ms=1500,
    ),
    entry("plain", submission_url="https://plain.example/add", interval_ms=60_000),
]


async def stored(pool: Pool) -> list[dict[str, Any]]:
    return [found.model_dump(exclude={"id"}) for found in await directories.all_directories(pool)]


@pytest.mark.parametrize(
    "content",
    [CSV.encode(), CSV.encode("utf-8-sig"), CSV.replace("\n", "\r\n").encode(), CSV.rstrip("\n").encode()],
    ids=["plain", "byte order mark", "Windows lines", "no last newline"],
)
async def test_a_spreadsheets_csv_is_taken(command: Command, pool: Pool, content: bytes) -> None:
    ran = command("directories", "import", command.write("list.csv", content))
    assert (ran.code, ran.out, ran.err) == (0, "", "2 directories imported.\n")
    assert await stored(pool) == [expected.model_dump() for expected in EXPECTED]


async def test_a_list_as_json_is_taken_and_what_list_prints_can_be_imported_again(command: Command, pool: Pool) -> None:
    rows = [expected.model_dump(mode="json", exclude_defaults=True) for expected in EXPECTED]
    ran = command("directories", "import", command.write("list.json", json.dumps(rows)), "--json")
    assert ran.code == 0
    assert [row["slug"] for row in ran.json] == ["sued", "plain"]
    before = await stored(pool)
    assert before == [expected.model_dump() for expected in EXPECTED]
    listed = command("directories", "list", "--json").json
    again = [{key: value for key, value in row.items() if key != "id"} for row in listed]
    assert command("directories", "import", command.write("again.json", json.dumps(again))).code == 0
    assert await stored(pool) == before


async def test_a_known_slug_is_changed_and_others_stay(command: Command, pool: Pool) -> None:
    await add_directories(pool, ["alpha", "beta"], domain_authority=50)
    file = command.write("list.csv", "slug,name,submission_url,active\nalpha,New,https://new.example/add,no\n")
    assert command("directories", "import", file).code == 0
    alpha, beta = sorted(await stored(pool), key=lambda row: str(row["slug"]))
    assert (alpha["name"], alpha["active"], beta["name"]) == ("New", False, "Beta")


async def test_a_dry_run_changes_nothing_and_needs_no_database(nowhere: Command) -> None:
    ran = nowhere("directories", "import", nowhere.write("list.csv", CSV), "--dry-run")
    assert (ran.code, ran.err) == (0, "2 directories would be imported.\n")


async def test_a_file_with_one_directory_speaks_of_one(nowhere: Command) -> None:
    file = nowhere.write("list.csv", "slug,name,submission_url\nalpha,Alpha,https://alpha.example\n")
    assert nowhere("directories", "import", file, "--dry-run").err == "1 directory would be imported.\n"


async def test_a_list_shows_every_directory_best_first_whatever_is_in_its_name(command: Command, pool: Pool) -> None:
    await add_directories(pool, ["weak"], name="[/] [red]weak[/red] \x1b[31m", domain_authority=1)
    await add_directories(pool, ["strong"], category="[bold]", domain_authority=99)
    ran = command("directories", "list")
    assert ran.code == 0
    assert ran.out.index("strong") < ran.out.index("weak")
    assert "[/] [red]weak[/red]" in ran.out
    assert "\x1b" not in ran.out
    assert [row["slug"] for row in command("directories", "list", "--json").json] == ["strong", "weak"]


async def test_a_list_of_nothing_is_an_empty_list(command: Command, pool: Pool) -> None:
    assert command("directories", "list", "--json").json == []
    ran = command("directories", "list")
    assert ran.code == 0
    assert "directories import" in ran.err


async def test_what_has_changed_on_forms_is_listed_for_people_and_for_programs(command: Command, pool: Pool) -> None:
    nothing = command("directories", "drift")
    assert (nothing.code, nothing.out) == (0, "")
    assert "as it is remembered" in nothing.err
    await add_directories(pool, ["alpha"])
    [alpha] = await directories.all_directories(pool)
    sentences = ('New: "[red]Fax[/red]" (required).', "A captcha has appeared (image).")
    await mappings.report_change(pool, alpha.id, "new face", sentences)
    [change] = command("directories", "drift", "--json").json
    assert (change["directory"], tuple(change["changes"]), change["taken"]) == ("alpha", sentences, False)
    table = command("directories", "drift")
    assert table.code == 0
    assert "[red]Fax[/red]" in table.out
    assert "A captcha has appeared" in table.out
    assert table.err == "1 directory. Times are UTC.\n"


SEARCH = {"search": {"url": "https://find.alpha.com/?q={business_name}", "nothing_found": "No results"}}


@pytest.mark.parametrize("suffix", ["csv", "json"])
async def test_how_a_directory_can_be_asked_goes_in_and_comes_out(command: Command, pool: Pool, suffix: str) -> None:
    row: dict[str, Any] = {"slug": "alpha", "name": "Alpha", "submission_url": "https://www.alpha.com/add"}
    cell = json.dumps(SEARCH).replace('"', '""')
    files = {
        "csv": f'{",".join(row)},lookup\n{",".join(row.values())},"{cell}"\n',
        "json": json.dumps([row | {"lookup": SEARCH}]),
    }
    assert command("directories", "import", command.write(f"list.{suffix}", files[suffix])).code == 0
    [found] = command("directories", "list", "--json").json
    assert found["lookup"]["search"] == SEARCH["search"]
    assert found["lookup"]["absence_is_proof"] is False


@pytest.mark.parametrize(
    ("lookup", "problem"),
    [
        (
            {"search": {"url": "https://alpha.example/?q={name}"}},
            "lookup.search.url: holds {name}, which is not one of",
        ),
        ({"search": {"url": "https://alpha.example/?q={phone!r}"}}, "lookup.search.url: holds {phone}, which is not"),
        ({"search": {"url": "https://alpha.example/?q={city"}}, "lookup.search.url: has a brace without its partner"),
        (
            {"search": {"url": "https://alpha.example/all"}},
            "lookup.search.url: must hold at least one of {business_name}",
        ),
        ({"search": {"url": "https://{city}.example/"}}, "lookup.search.url: must be an http(s) address with its host"),
        ({"search": {"url": "javascript:{city}"}}, "lookup.search.url: must be an http(s) address with its host"),
        ({"listing": "https://[alpha/{city}"}, "lookup.listing: must be an http(s) address with its host"),
        ({"listing": "https://alpha.example:99999/{city}"}, "lookup.listing: must be an http(s) address with its host"),
        ({"listing": "https://beta.example/{business_slug}"}, "lookup: beta.example must belong to the site of"),
        (
            {"duplicate_check": {"url": "https://alpha.example/?q={business_name}", "known": "yes", "unknown": "no"}},
            "lookup.duplicate_check.url: must ask with the name and with {phone} or {website}",
        ),
        ({"absence_is_proof": True}, "lookup: must offer a search, a listing, a duplicate_check or a conf"),
        (
            {"search": {"url": "https://alpha.example/?q={city}"}, "absence_is_proof": True},
            "lookup: absence_is_proof needs a duplicate_check, or the search's words for nothing_found",
        ),
        ({"mail": "x@alpha.example"}, "lookup.mail is not a known field"),
        (
            {"confirmation_mail": {"sender": "news@alpha.example", "says": "we have"}},
            "lookup.confirmation_mail.sender: must be a domain",
        ),
        ("no", "lookup: must be a JSON object"),
    ],
)
async def test_what_cannot_be_asked_is_refused_in_one_sentence(nowhere: Command, lookup: object, problem: str) -> None:
    row = {"slug": "alpha", "name": "Alpha", "submission_url": "https://alpha.example/add", "lookup": lookup}
    ran = nowhere("directories", "import", nowhere.write("list.json", json.dumps([row])), "--dry-run")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"list.json, entry 1: {problem}")
    assert ran.err.count("\n") == 1

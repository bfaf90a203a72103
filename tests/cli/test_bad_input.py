"""Whatever people get wrong, they get one sentence that names it and the way out, and nothing is half written."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from deploy.runtime.settings import Settings
from schema.store.database import Pool
from tests.cli.conftest import Command
from tests.factories import add_directories
from tests.serving import NOWHERE

HEADER = "slug,name,submission_url\n"
GOOD = "alpha,Alpha,https://alpha.example/add\n"


async def rows(pool: Pool) -> int:
    """How much there is in the tables that commands write to."""
    tables = ("customers", "jobs", "outbox", "directories")
    return sum([await pool.fetchval(f"select count(*) from {table}") for table in tables])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Yelp!,Yelp,https://yelp.example/add", ["line 3", "slug"]),
        ("beta,,https://beta.example/add", ["line 3", "name", "required"]),
        ("beta,Beta,", ["line 3", "submission_url", "required"]),
        ("beta,Beta,ftp://beta.example/add", ["line 3", "submission_url"]),
        ("beta,Beta,beta.example/add", ["line 3", "submission_url"]),
        ("beta,Beta", ["line 3", "submission_url", "required"]),
        ("beta,Beta,https://beta.example/add,surplus", ["line 3", "more cells than"]),
        ("alpha,Other,https://other.example/add", ["line 3", "alpha", "twice"]),
        ('"be\nta",Beta,https://beta.example/add', ["line 4", "slug"]),
        ("beta,Be\0ta,https://beta.example/add", ["line 3", "name"]),
    ],
)
def test_a_bad_row_names_its_line_and_column(nowhere: Command, row: str, words: Sequence[str]) -> None:
    file = nowhere.write("list.csv", HEADER + GOOD + row + "\n")
    assert nowhere("directories", "import", file).failed(2, "list.csv", *words)


async def test_one_bad_row_keeps_the_good_ones_out(command: Command, pool: Pool) -> None:
    file = command.write("list.csv", HEADER + GOOD + "beta,Beta,ftp://beta.example\n")
    assert command("directories", "import", file).failed(2, "line 3", "submission_url")
    assert await rows(pool) == 0


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("priority_tier", "6", ["priority_tier"]),
        ("domain_authority", "high", ["domain_authority"]),
        ("active", "perhaps", ["active"]),
        ("automation", "maybe", ["automation", "allowed"]),
        ("interval_ms", "-5", ["interval_ms"]),
        ("priorty_tier", "1", ["line 1", "priorty_tier", "priority_tier"]),
        ("priorty_tier", "", ["line 1", "priorty_tier"]),
        ("name", "Other", ["line 1", "name", "twice"]),
    ],
)
def test_a_bad_cell_or_column_is_named(nowhere: Command, column: str, cell: str, words: Sequence[str]) -> None:
    file = nowhere.write("list.csv", f"{HEADER.strip()},{column}\n{GOOD.strip()},{cell}\n")
    assert nowhere("directories", "import", file, "--dry-run").failed(2, "list.csv", *words)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", "", ["empty"]),
        ("header.csv", HEADER, ["no directory"]),
        ("empty.json", "", ["not JSON"]),
        ("list.json", "[{]", ["not JSON", "line 1"]),
        ("list.json", '{"slug": "alpha"}', ["list of objects"]),
        ("list.json", "[]", ["no directory"]),
        ("list.json", '[{"slug": "alpha", "name": "A", "submission_url": "https://a.example", "tier": 1}]', ["tier"]),
        ("list.json", '[{"slug": "alpha", "name": "A"}]', ["entry 1", "submission_url", "required"]),
        ("latin1.csv", "slug,name,submission_url\nalpha,Caf\u00e9,https://a.example\n".encode("latin-1"), ["UTF-8"]),
        ("list.txt", HEADER + GOOD, [".csv", ".json"]),
        ("list.xlsx", b"PK\x03\x04", [".csv", ".json"]),
        ("quote.csv", HEADER + '"' + "x" * 200_000, ["not CSV"]),
    ],
)
def test_a_file_that_is_no_list_of_directories_is_said(
    nowhere: Command, name: str, content: str | bytes, words: Sequence[str]
) -> None:
    assert nowhere("directories", "import", nowhere.write(name, content)).failed(2, name, *words)


@pytest.mark.parametrize("what", ["missing.csv", "."])
def test_a_file_that_cannot_be_read_is_named(nowhere: Command, what: str) -> None:
    assert nowhere("directories", "import", what).failed(2, what, "cannot be read")
    assert nowhere("jobs", "create", "--profile", what).failed(2, what, "cannot be read")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": None}, ["email", "required"]),
        ({"business_name": "  "}, ["business_name"]),
        ({"emial": "a@bluebirdbakery.com"}, ["emial", "not a known field"]),
        ({"email": "maya at bluebird"}, ["email"]),
        ({"website": "javascript:alert(1)"}, ["website"]),
        ({"phone": "call us"}, ["phone", "digits"]),
        ({"country": "Germany"}, ["country", "two letters"]),
        ({"logo": "logo.png"}, ["logo", "http(s) URL"]),
        ({"hours": {"monday": {"opens": "9am", "closes": "17:00"}}}, ["hours.monday.opens"]),
    ],
)
def test_a_wrong_field_of_a_profile_is_named(
    nowhere: Command, changes: dict[str, object], words: Sequence[str]
) -> None:
    ran = nowhere("jobs", "create", "--profile", nowhere.profile(**changes))
    assert ran.failed(2, "profile.json", *words)
    assert "maya" not in ran.err.lower(), "a customer's data"


@pytest.mark.parametrize("content", ["", "not json", "[1, 2]", '"text"', b"\xff\xfe"])
def test_a_profile_that_is_no_json_object_is_said(nowhere: Command, content: str | bytes) -> None:
    file = nowhere.write("profile.json", content)
    assert nowhere("jobs", "create", "--profile", file).failed(2, "profile.json")


WRONG_ORDERS: dict[tuple[str, str], Sequence[str]] = {
    ("--tier", "gold"): ["--tier", "gold", "starter", "professional"],
    ("--directories", ""): ["--directories", "slugs"],
    ("--directories", " , "): ["--directories", "slugs"],
    ("--directories", "alpha,nosuch"): ["nosuch", "directories list"],
    ("--directories", "[/]"): ["[/]", "directories list"],
}


async def test_a_job_that_cannot_be_taken_in_leaves_nothing(command: Command, pool: Pool) -> None:
    await add_directories(pool, ["alpha"])
    for options, words in WRONG_ORDERS.items():
        assert command("jobs", "create", "--profile", command.profile(), *options).failed(2, *words)
    assert await rows(pool) == 1


async def test_an_order_without_any_directory_says_how_to_get_some(command: Command, pool: Pool) -> None:
    await add_directories(pool, ["alpha"], priority_tier=2)
    assert command("jobs", "create", "--profile", command.profile()).failed(2, "starter", "directories import")
    assert await rows(pool) == 1


def test_a_job_that_is_not_there_is_said(command: Command) -> None:
    unknown = "2b1c3a52-6f0e-4c0e-9d55-8b8d2f9e7a10"
    for subcommand in ("show", "watch"):
        assert command("jobs", subcommand, unknown).failed(2, unknown, "jobs list")
        assert command("jobs", subcommand, "bluebird [/]").failed(2, "'bluebird [/]'", "jobs list")


NEEDS_A_DATABASE = (("jobs", "list"), ("directories", "list"), ("migrate",), ("jobs", "show", "0" * 32))


@pytest.mark.parametrize("arguments", NEEDS_A_DATABASE, ids=" ".join)
def test_a_missing_database_url_is_said_with_the_way_out(nowhere: Command, arguments: Sequence[str]) -> None:
    assert nowhere(*arguments).failed(2, "DATABASE_URL", "directorybolt local up", ".env")


@pytest.mark.parametrize("url", ["mysql://app@127.0.0.1/app", "app", "postgresql://app@127.0.0.1:port/app"])
def test_a_database_url_that_is_none_is_said(nowhere: Command, url: str) -> None:
    ran = nowhere("jobs", "list", DATABASE_URL=url)
    assert ran.failed(ran.code, "DATABASE_URL")
    assert ran.code in (1, 2)


@pytest.mark.parametrize("arguments", NEEDS_A_DATABASE, ids=" ".join)
def test_a_database_that_is_down_is_said_without_its_password(nowhere: Command, arguments: Sequence[str]) -> None:
    ran = nowhere(*arguments, DATABASE_URL=f"postgresql://app:s3cret@{NOWHERE}/app")
    assert ran.failed(1, NOWHERE, "Connection refused", "DATABASE_URL")
    assert "s3cret" not in ran.err


def test_a_database_that_refuses_us_is_said(command: Command) -> None:
    parts = urlsplit(command.environment["DATABASE_URL"])
    wrong_password = parts._replace(netloc=f"{parts.username}:wr0ng@{parts.hostname}:{parts.port}").geturl()
    missing = parts._replace(path="/nosuchdatabase").geturl()
    for arguments in (("jobs", "list"), ("migrate",)):
        ran = command(*arguments, DATABASE_URL=wrong_password)
        assert ran.failed(1, "password", "DATABASE_URL")
        assert "wr0ng" not in ran.err
        assert command(*arguments, DATABASE_URL=missing).failed(1, "nosuchdatabase", "DATABASE_URL")


async def test_a_database_without_tables_is_said_with_the_way_out(command: Command, pool: Pool) -> None:
    await pool.execute("drop schema public cascade")
    for arguments in (("jobs", "list"), ("directories", "list")):
        assert command(*arguments).failed(1, "no tables", "directorybolt migrate")


@pytest.mark.parametrize(
    "where",
    [
        "ftp://alpha.example/add",
        "javascript:alert(1)",
        "missing.html",
        ".",
        "x" * 5000,
        "alpha.example/add",
        "https://",
        "http://[::1/add",
    ],
)
def test_what_is_neither_a_file_nor_an_address_is_said(nowhere: Command, where: str) -> None:
    assert nowhere("form", "map", where).failed(2, "http")


def test_a_machine_without_a_browser_is_said_with_the_way_out(nowhere: Command) -> None:
    page = nowhere.write("form.html", "<form><input name=email></form>")
    assert nowhere("form", "map", page, BROWSER_PATH="/nosuch/chromium").failed(1, "/nosuch/chromium", "BROWSER_PATH")


def test_a_program_that_is_no_browser_is_said(nowhere: Command) -> None:
    page = nowhere.write("form.html", "<form><input name=email></form>")
    assert nowhere("form", "map", page, BROWSER_PATH="/bin/false").failed(1, "browser")


def test_a_page_that_cannot_be_reached_is_said(nowhere: Command, browser_path: Path) -> None:
    url = f"http://{NOWHERE}/add"
    assert nowhere("form", "map", url, BROWSER_PATH=str(browser_path)).failed(1, url, "cannot be opened")


WORKER_WITHOUT: dict[str, tuple[dict[str, str], Sequence[str]]] = {
    "a database": ({"DATABASE_URL": f"postgresql://app:s3cret@{NOWHERE}/app"}, [NOWHERE, "DATABASE_URL"]),
    "Temporal": ({"TEMPORAL_ADDRESS": NOWHERE}, [NOWHERE, "TEMPORAL_ADDRESS"]),
    "its namespace": ({"TEMPORAL_NAMESPACE": "nosuch"}, ["nosuch", "TEMPORAL_NAMESPACE"]),
    "SQS": ({"AWS_ENDPOINT_URL_SQS": f"http://{NOWHERE}"}, [NOWHERE]),
    "its queue": ({"SQS_QUEUE_NAME": "nosuch"}, ["nosuch", "SQS_QUEUE_NAME"]),
    "a browser": ({"BROWSER_PATH": "/nosuch/chromium"}, ["/nosuch/chromium", "BROWSER_PATH"]),
    "a working browser": ({"BROWSER_PATH": "/bin/false"}, ["browser"]),
}


@pytest.mark.parametrize("part", WORKER_WITHOUT)
def test_a_worker_that_cannot_start_says_what_it_misses(nowhere: Command, settings: Settings, part: str) -> None:
    for name, value in settings.model_dump(exclude_none=True).items():
        shown = value.get_secret_value() if isinstance(value, SecretStr) else value
        nowhere.environment[name.upper()] = str(shown)
    changed, words = WORKER_WITHOUT[part]
    ran = nowhere("worker", **changed)
    assert ran.failed(1, *words)
    assert "s3cret" not in ran.err


def test_a_wrong_setting_is_named(command: Command) -> None:
    assert command("jobs", "list", API_PORT="http").failed(2, "API_PORT")

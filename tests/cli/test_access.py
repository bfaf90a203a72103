"""`directorybolt tokens` and `audit`: a secret is shown once, and who did what is told for ever."""

import datetime

import pytest

from schema.contracts.access import Scope
from schema.store import sessions, tokens
from schema.store.database import Pool
from tests.cli.conftest import Command


@pytest.fixture
def staff(nowhere: Command, database_url: str) -> Command:
    nowhere.environment["DATABASE_URL"] = database_url
    return nowhere


async def test_a_token_is_made_shown_once_listed_and_revoked(staff: Command, pool: Pool) -> None:
    made = staff("tokens", "create", "--name", "ana", "--scope", "read", "--scope", "act", "--expires", "90d", "--json")
    secret = made.json["secret"]
    assert secret.startswith("dbt_")
    assert len(secret) == 4 + 43
    found = await tokens.find(pool, secret)
    assert found is not None
    assert (found.name, set(found.scopes)) == ("ana", {Scope.READ, Scope.ACT})
    assert found.expires_at is not None
    assert found.expires_at - found.created_at == datetime.timedelta(days=90)
    listed = staff("tokens", "list", "--json")
    assert [token["name"] for token in listed.json] == ["ana"]
    assert listed.json[0]["used_at"] is not None
    stored = await pool.fetchval("select string_agg(t::text, ' ') from tokens t")
    for text in (listed.out, staff("tokens", "list").out, staff("audit", "list", "--json").out, stored):
        assert secret not in text

    assert "would let nobody in" in staff("tokens", "revoke", "ana", "--dry-run").err
    assert await tokens.find(pool, secret) is not None
    assert staff("tokens", "revoke", "ana").code == 0
    assert await tokens.find(pool, secret) is None
    assert staff("tokens", "list", "--json").json == []
    assert [token["name"] for token in staff("tokens", "list", "--all", "--json").json] == ["ana"]
    did = staff("audit", "list", "--what", "token", "--since", "1h", "--json").json
    assert [entry["what"] for entry in did] == ["token.revoke", "token.create"]
    assert all(entry["detail"]["via"].startswith("cli:") for entry in did)
    assert staff("audit", "list", "--who", "nobody-of-that-name", "--json").json == []
    assert "token.revoke" in staff("audit", "list").out


async def test_a_person_is_shown_nothing_but_the_secret_on_standard_output(staff: Command) -> None:
    made = staff("tokens", "create", "--name", "shop", "--scope", "enqueue")
    assert made.out.startswith("dbt_")
    assert made.out.count("\n") == 1
    assert "shown this once" in made.err


async def test_somebody_is_signed_out_everywhere(staff: Command, pool: Pool) -> None:
    mine = [await sessions.begin(pool, "ana@example.com", [Scope.ACT]) for _ in range(2)]
    others = await sessions.begin(pool, "ben", [Scope.READ])
    assert "would be signed out, in 2 browsers" in staff("tokens", "sign-out", "ana@example.com", "--dry-run").err
    done = staff("tokens", "sign-out", "ana@example.com")
    assert (done.code, "2 browsers" in done.err) == (0, True)
    assert [await sessions.find(pool, secret) for secret in mine] == [None, None]
    assert await sessions.find(pool, others) is not None
    assert staff("tokens", "sign-out", "ana@example.com").failed(2, "signed in nowhere")


async def test_what_is_wrong_is_said_in_a_sentence(staff: Command) -> None:
    assert staff("tokens", "create", "--name", "ana", "--scope", "read").code == 0
    taken = staff("tokens", "create", "--name", "ana", "--scope", "act")
    assert taken.failed(2, "ana", "revoke it first")
    assert staff("tokens", "create", "--name", "ben", "--scope", "all").failed(2, "--scope", "read, act, admin")
    assert staff("tokens", "create", "--name", " ", "--scope", "act").failed(2, "--name")
    wrong = staff("tokens", "create", "--name", "ben", "--scope", "act", "--expires", "0d")
    assert wrong.failed(2, "--expires", "90d")
    for further in ((), ("--dry-run",)):
        assert staff("tokens", "revoke", "ben", *further).failed(2, "ben", "tokens list")
    for no_time in ("yesterday", "999999d", "0001-01-01T00:00+14:00"):
        assert staff("audit", "list", "--since", no_time).failed(2, "--since", no_time, "36h")

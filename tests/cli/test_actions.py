"""`directorybolt actions`: what waits for a person is listed, claimed and shown; what is wrong is said."""

from uuid import uuid4

import pytest

from schema.contracts.submission import ActionResolution, Resolution
from schema.store import actions, results
from schema.store.database import Pool
from tests.cli.conftest import Command
from tests.factories import row
from tests.schema.test_action_list import LOGIN, UNKNOWN, asked, found

HOSTILE = LOGIN.model_copy(update={"reason": "Log in \x1b[2J[/] [bold]now[/bold]"})


async def test_a_list_shows_what_is_due_first_whatever_the_page_said(command: Command, pool: Pool) -> None:
    action_id = await asked(pool, "alpha", HOSTILE)
    await asked(pool, "beta", UNKNOWN, business=2)
    ran = command("actions", "list", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert [action["directory"]["slug"] for action in ran.json] == ["alpha", "beta"]
    shown = command("actions", "list", "--kind", "login_required")
    assert shown.code == 0
    assert str(action_id)[:8] in shown.out
    assert "beta" not in shown.out
    assert "\x1b" not in shown.out
    assert command("actions", "list", "--status", "resolved", "--json").json == []
    assert "There is no such action" in command("actions", "list", "--directory", "nosuch").err


async def test_one_action_says_what_to_do_and_how_it_can_end(command: Command, pool: Pool) -> None:
    action_id = await asked(pool, "alpha", HOSTILE)
    ran = command("actions", "show", str(action_id)[:8].upper())
    assert ran.code == 0, ran.err
    for words in ("login_required", "List the business there yourself.", "--retry:", "--give-up:", "[bold]now"):
        assert words in ran.out
    assert "\x1b" not in ran.out
    shown = command("actions", "show", str(action_id), "--json").json
    assert (shown["id"], shown["claim"], shown["may_be_sent"]) == (str(action_id), None, False)


async def test_a_claim_is_shown_kept_and_given_back(command: Command, pool: Pool) -> None:
    action_id = str(await asked(pool))
    assert command("actions", "claim", action_id, "--by", " ana ", "--json").json["claim"]["by"] == "ana"
    assert "claimed by ana until" in command("actions", "show", action_id).out
    assert command("actions", "claim", action_id, "--by", "ben").failed(2, "claimed by ana", "take it over")
    assert command("actions", "release", action_id, "--by", "ben").failed(2, "claimed by ana, not by ben")
    assert command("actions", "claim", action_id, "--by", "ben", "--take-over").code == 0
    assert command("actions", "release", action_id, "--by", "ben", "--json").json["claim"] is None


async def test_a_dry_run_says_what_would_happen_and_decides_nothing(command: Command, pool: Pool) -> None:
    action_id = await asked(pool)
    ran = command("actions", "resolve", str(action_id), "--retry", "--by", "ana", "--dry-run")
    assert ran.code == 0
    assert "would be resolved as retry" in ran.err
    doubtful = str(await asked(pool, "beta", UNKNOWN, business=2))
    assert command("actions", "resolve", doubtful, "--retry", "--by", "ana", "--dry-run").failed(2, "already hold")
    assert (await found(pool, action_id)).claim is None


async def test_what_was_decided_is_said_with_who_and_when(command: Command, pool: Pool) -> None:
    action_id = await asked(pool)
    ref = (await row(pool, (await found(pool, action_id)).job_id, "alpha")).ref
    await results.resolve(pool, ref, ActionResolution(resolution=Resolution.GIVE_UP, by="ana", note="Closed down."))
    assert command("actions", "resolve", str(action_id), "--confirmed", "--by", "ben").failed(2, "give_up by ana at")
    shown = command("actions", "show", str(action_id)).out
    assert "give_up by ana" in shown
    assert "Closed down." in shown
    assert "What to do" not in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("list", "--kind", "riddle"), ("--kind", "riddle", "captcha")),
        (("list", "--status", "done"), ("--status", "done", "all")),
        (("list", "--job", "7"), ("--job", "jobs list")),
        (("show", "7"), ("actions list",)),
        (("show", "0123456z"), ("actions list",)),
        (("show", "00000000"), ("No action's id",)),
        (("show", str(uuid4())), ("No action's id",)),
        (("claim", "00000000"), ("--by",)),
        (("claim", "00000000", "--by", "a" * 101), ("--by",)),
        (("release", "00000000", "--by", "a\nb"), ("--by", "one line")),
        (("resolve", "00000000", "--by", "ana"), ("--confirmed", "--retry", "--give-up")),
        (("resolve", "00000000", "--by", "ana", "--retry", "--give-up"), ("exactly one",)),
        (("resolve", "00000000", "--retry"), ("--by",)),
        (("resolve", "00000000", "--retry", "--by", "ana", "--note", "n" * 2001), ("--note",)),
    ],
)
def test_what_is_wrong_is_named(command: Command, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    assert command("actions", *arguments).failed(2, *words)


async def test_two_actions_that_begin_alike_are_not_mistaken(command: Command, pool: Pool) -> None:
    for number, slug in enumerate(("alpha", "beta"), start=1):
        action_id = await asked(pool, slug, business=number)
        await pool.execute(
            "update actions set id = overlay(id::text placing '01234567' from 1 for 8)::uuid where id = $1", action_id
        )
    assert command("actions", "show", "01234567").failed(2, "More than one")
    assert len(await actions.named(pool, "01234567")) == 2


async def test_a_temporal_that_is_away_decides_nothing(command: Command, pool: Pool) -> None:
    action_id = await asked(pool)
    ran = command("actions", "resolve", str(action_id), "--give-up", "--by", "ana", TEMPORAL_ADDRESS="127.0.0.1:1")
    assert ran.failed(1, "Temporal")
    assert (await found(pool, action_id)).resolved_by is None

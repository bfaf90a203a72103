"""`directorybolt links` and `mails`: helping a customer who has lost their way, or shown it to others."""

from uuid import uuid4

from schema.contracts.mail import MailKind
from schema.store import links, mails
from schema.store.database import Pool
from tests.cli.conftest import Command
from tests.factories import add_job


async def test_a_link_is_made_shown_once_and_revoked(command: Command, pool: Pool) -> None:
    job_id = await add_job(pool, ["alpha"])
    made = command("links", "create", str(job_id), "--json", PUBLIC_URL="https://example.org").json
    assert made["url"] == f"https://example.org/l/{made['secret']}"
    found = await links.find(pool, made["secret"])
    assert found
    assert found.job_id == job_id
    listed = command("links", "list", str(job_id), "--json")
    assert [link["in_force"] for link in listed.json] == [True]
    assert made["secret"] not in listed.out
    assert [link["id"] for link in command("links", "revoke", str(job_id), "--all", "--dry-run", "--json").json] == [
        made["id"]
    ]
    assert await links.find(pool, made["secret"])
    assert command("links", "revoke", str(job_id), "--link", made["id"]).err == "1 link revoked.\n"
    assert await links.find(pool, made["secret"]) is None
    assert command("links", "revoke", str(job_id), "--all").err == "0 links revoked.\n"
    assert "revoked" in command("links", "list", str(job_id)).out
    did = await pool.fetch("select what, target from audit order by at")
    assert [(row["what"], row["target"]) for row in did[:2]] == [
        ("link.create", str(job_id)),
        ("link.revoke", str(job_id)),
    ]


async def test_what_is_not_there_is_said(command: Command, pool: Pool) -> None:
    job_id = await add_job(pool, ["alpha"])
    for arguments, words in {
        ("list", "nonsense"): "JOB 'nonsense' is not an id",
        ("list", str(uuid4())): "There is no job",
        ("create", str(uuid4())): "There is no job",
        ("revoke", str(uuid4()), "--all"): "There is no job",
        ("revoke", str(job_id)): "--link with a link's id, or --all",
        ("revoke", str(job_id), "--link", str(uuid4())): "has no link",
        ("revoke", str(job_id), "--link", "x"): "--link 'x' is not an id",
    }.items():
        ran = command("links", *arguments)
        assert (ran.code, words in ran.err.replace("\n", " ")) == (2, True), ran.err


async def test_mails_are_listed_with_what_became_of_them(command: Command, pool: Pool) -> None:
    assert command("mails", "list", "--json").json == []
    job_id = await add_job(pool, ["alpha"])
    async with pool.acquire() as connection:
        await mails.put(connection, MailKind.PAID, job_id, "one")
    mail = await mails.claim(pool)
    assert mail
    await mails.mark_failed(pool, mail, "The server answered 550.", for_good=True)
    [shown] = command("mails", "list", "--json").json
    assert (shown["kind"], shown["state"], shown["error"]) == ("paid", "given_up", "The server answered 550.")
    assert command("mails", "list", "--state", "sent", "--json").json == []
    assert "given up" in command("mails", "list").out

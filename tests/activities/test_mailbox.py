"""The mailbox, against a local server that speaks as much of IMAP (RFC 9051) as is asked of it."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from imaplib import Time2Internaldate
from pathlib import Path
from time import time

import pytest
from temporalio.testing import ActivityEnvironment

from activities.browser.pool import BrowserPool
from activities.mailbox import MAILBOX_ERRORS, Mailbox
from activities.reconciling import Reconciling
from brain.sighting import Mail
from schema.contracts.submission import Evidence, SubmissionRef, SubmissionStatus
from schema.store import results
from schema.store.database import Pool
from tests.activities.counter import Counter
from tests.activities.site import Site
from tests.factories import PROFILE, add_begun_job
from tests.schema.clerk import UNKNOWN, made

ADDRESS = PROFILE.email


def written(
    text: str = "", *, sender: str = "Alpha <no-reply@mail.alpha.example>", subject: str = "", html: str = ""
) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, ADDRESS, subject
    message.set_content(html or text, subtype="html" if html else "plain")
    return message.as_bytes()


@dataclass(slots=True)
class PostOffice:
    """`mails`: seconds since it came, and the mail. Every command that arrives is kept."""

    url: str = ""
    mails: list[tuple[float, bytes]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while line := (await reader.readline()).decode().strip():
            tag, command = line.split(" ", 1)
            self.commands.append(command)
            writer.write(self._answer(command) + f"{tag} {self._verdict(command)}\r\n".encode())
            await writer.drain()
        writer.close()

    def _verdict(self, command: str) -> str:
        wrong = command.startswith("LOGIN") and "s3cret/word" not in command
        return "NO wrong password" if wrong else "OK done"

    def _answer(self, command: str) -> bytes:
        if command == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if command.startswith("UID SEARCH"):
            return f"* SEARCH {' '.join(str(n) for n in range(1, len(self.mails) + 1))}\r\n".encode()
        if fetched := re.match(r"UID FETCH (\d+)", command):
            age_s, raw = self.mails[int(fetched[1]) - 1]
            head = f"* {fetched[1]} FETCH (UID {fetched[1]} INTERNALDATE {Time2Internaldate(time() - age_s)} "
            return f"{head}BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"
        return b"* 0 EXISTS\r\n" if command.startswith("EXAMINE") else b""


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    office = PostOffice()
    server = await asyncio.start_server(office.serve, "127.0.0.1", 0)
    office.url = f"imap://us%40alpha:s3cret%2Fword@127.0.0.1:{server.sockets[0].getsockname()[1]}/Directories"
    yield office
    server.close()


async def test_what_came_since_is_read_the_latest_first_and_nothing_is_changed(office: PostOffice) -> None:
    office.mails = [
        (7200, written("old")),
        (60, written("plain", subject="Grüße")),
        (30, written(html="<style>p {}</style><p>b&uuml;ndig <b>und</b> gut</p>")),
    ]
    found = await Mailbox(office.url).mails(ADDRESS, "alpha.example", timedelta(hours=1))
    assert [(mail.sender, mail.subject) for mail in found] == [
        ("no-reply@mail.alpha.example", ""),
        ("no-reply@mail.alpha.example", "Grüße"),
    ]
    assert found[0].text.split() == ["bündig", "und", "gut"]
    assert 'EXAMINE "Directories"' in office.commands
    [search] = [command for command in office.commands if command.startswith("UID SEARCH")]
    assert search.endswith(f'TO "{ADDRESS}" FROM "alpha.example"')
    assert all("PEEK" in command for command in office.commands if command.startswith("UID FETCH"))


async def test_a_mail_that_is_none_says_nothing(office: PostOffice) -> None:
    senders = ("a@alpha.example, b@beta.example", "")
    broken = b"From: <<>\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xff"
    office.mails = [(1, broken), (1, b""), *((1, b"From: " + sender.encode() + b"\r\n\r\nhi") for sender in senders)]
    assert await Mailbox(office.url).mails(ADDRESS, "alpha.example", timedelta(hours=1)) == (Mail(sender=""),) * 4


async def test_a_mailbox_that_cannot_be_read_says_so(office: PostOffice) -> None:
    for url in (office.url.replace("s3cret", "wrong"), "imap://us:x@127.0.0.1:1/INBOX"):
        with pytest.raises(MAILBOX_ERRORS):
            await Mailbox(url).mails(ADDRESS, "alpha.example", timedelta(hours=1))


async def test_an_address_that_would_be_a_command_is_not_asked_for(office: PostOffice) -> None:
    assert await Mailbox(office.url).mails('x" ALL "@alpha.example', "alpha.example", timedelta(hours=1)) == ()
    assert office.commands == []


RECEIVED = f"Good news! We have received {PROFILE.business_name}."


@pytest.mark.parametrize(
    ("mail", "status"),
    [
        (written(RECEIVED), SubmissionStatus.SUBMITTED),
        (written(RECEIVED, sender="no-reply@notalpha.example"), SubmissionStatus.UNCERTAIN),
        (written("We have received Somebody Else."), SubmissionStatus.UNCERTAIN),
        (written(f"Confirm {PROFILE.business_name} here."), SubmissionStatus.UNCERTAIN),
    ],
    ids=["received", "another sender", "another business", "other words"],
)
async def test_a_directorys_mail_settles_what_was_uncertain(
    office: PostOffice, pool: Pool, mail: bytes, status: SubmissionStatus
) -> None:
    office.mails = [(1, mail)]
    counter = Counter(
        pool,
        BrowserPool(Path("none"), 1, ""),
        Site(),
        SubmissionRef(job_id=await add_begun_job(pool, ["alpha"]), slug="alpha"),
    )
    await results.save_plan(pool, await counter.row(), made())
    attempt = await results.claim_intent(pool, await counter.row())
    await results.record(pool, await counter.row(), UNKNOWN, attempt)
    offer = {"sender": "alpha.example", "says": "we have received"}
    await pool.execute("update directories set lookup = $1", {"confirmation_mail": offer})
    await counter.take_turn()
    reconciling = Reconciling(pool, counter.browser, counter.drawer, counter.robots, Mailbox(office.url))
    sighting = await ActivityEnvironment().run(reconciling.look_up, counter.ref)
    found = status is SubmissionStatus.SUBMITTED
    assert (sighting.standing.status, sighting.again) == (status, not found)
    assert sighting.standing.evidence is (Evidence.TEXT if found else Evidence.NONE)
    assert (RECEIVED in (await counter.row()).outcome.page_text) is found

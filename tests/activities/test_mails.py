"""Customers' mails, from the transaction that gives the reason to a real mail server: each one once, and readable."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parsedate_to_datetime
from uuid import UUID

import pytest
from temporalio.testing import ActivityEnvironment

from activities.letters import Letterhead
from activities.mails import Mails
from activities.smtp import MailServer
from schema import wording
from schema.contracts.mail import MailKind
from schema.contracts.payment import StopReason
from schema.contracts.submission import ActionResolution, Resolution, SubmissionRef
from schema.contracts.upkeep import Sweep, UpkeepReport
from schema.failures import FailureType
from schema.store import alerts, links, mails, results
from schema.store.database import Pool, Seat, open_pool
from tests.activities.receivers import Mailbox, mailbox
from tests.api.customer_job import CustomerJob
from tests.factories import PROFILE
from tests.serving import NOWHERE

__all__ = ["mailbox"]

LETTERHEAD = Letterhead("hello@directorybolt.example", "https://directorybolt.example", "help@directorybolt.example")


class Post:
    """The sender as a worker runs it, and what arrived."""

    def __init__(self, pool: Pool, box: Mailbox, url: str | None = None) -> None:
        self.mails = Mails(pool, MailServer(url or box.url), LETTERHEAD)
        self.pool = pool
        self.box = box

    async def look(self, *, dry_run: bool = False) -> dict[tuple[str, bool], int]:
        report: UpkeepReport = await ActivityEnvironment().run(self.mails.send_mails, Sweep(dry_run=dry_run))
        return {(finding.what, finding.healed): finding.count for finding in report.findings}

    async def later(self, by: timedelta = timedelta(minutes=11)) -> None:
        """So much later, as far as mails are concerned."""
        await self.pool.execute("update mails set due_at = due_at - $1::interval, sent_at = sent_at - $1::interval", by)

    @property
    def arrived(self) -> list[EmailMessage]:
        return [whole(mail) for mail in self.box.mails]

    def only(self) -> EmailMessage:
        [mail] = self.arrived
        return mail


def whole(mail: Message) -> EmailMessage:
    read = message_from_bytes(mail.as_bytes(), policy=policy.default)
    assert isinstance(read, EmailMessage)
    return read


def text(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def secrets_in(mail: EmailMessage) -> list[str]:
    found = re.findall(r"https://directorybolt\.example/l/(dbl_[\w-]{43})\b", text(mail))
    assert found
    # Both forms lead to the same places.
    assert found == re.findall(r'href="https://directorybolt\.example/l/(dbl_[\w-]{43})"', text(mail, "html"))
    return found


@pytest.fixture
async def post(database_url: str, mailbox: Mailbox) -> AsyncIterator[Post]:
    """In the worker's own role: what it may not see, it cannot send."""
    async with await open_pool(database_url, 4, Seat.WORKER) as pool:
        yield Post(pool, mailbox)


async def put(pool: Pool, job_id: UUID, kind: MailKind = MailKind.PAID, key: str | None = None) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await mails.put(connection, kind, job_id, key or f"{kind}:{job_id}")


async def test_who_has_paid_gets_their_link(pool: Pool, post: Post) -> None:
    job = await CustomerJob.paid(pool, 1)
    await put(pool, job.id)
    await put(pool, job.id)
    assert await post.look(dry_run=True) == {("mail due, sent", True): 1}
    assert await post.look() == {("mail due, sent", True): 1}
    assert await post.look() == {}
    mail = post.only()
    assert mail["From"] == "DirectoryBolt <hello@directorybolt.example>"
    assert (mail["To"], mail["Reply-To"]) == ("hello@bluebirdbakery.com", "help@directorybolt.example")
    assert mail["Subject"] == "Your listings are on their way: Bluebird Bakery"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == f"<{await pool.fetchval('select id from mails')}@directorybolt.example>"
    assert parsedate_to_datetime(mail["Date"]).tzinfo is not None
    assert mail.get_content_type() == "multipart/alternative"
    [secret] = secrets_in(mail)
    link = await links.find(pool, secret)
    assert link
    assert link.job_id == job.id
    assert "up to 50 directories" in text(mail)
    # The secret is nowhere in the database.
    dump = await pool.fetchval(
        "select string_agg(m::text, '') || (select string_agg(l::text, '') from links l) from mails m"
    )
    assert secret not in dump


async def test_what_the_customer_must_do_is_told_in_one_mail(pool: Pool, post: Post) -> None:
    job = await CustomerJob.paid(pool, 5)
    await job.begin()
    await job.ask_customer("d001")
    await job.ask_customer("d002")
    await job.send("d003", status="awaiting_action", failure=FailureType.CAPTCHA)
    assert await post.look() == {}, "more may come up"
    await post.later()
    await post.look()
    mail = post.only()
    assert mail["Subject"] == "2 directories wait for you: Bluebird Bakery"
    for name in await pool.fetch("select name from directories where slug in ('d001', 'd002')"):
        assert name["name"] in text(mail)
        assert name["name"] in text(mail, "html")
    # What comes up after that waits for some hours: then all that is still open is in it.
    await job.ask_customer("d004")
    await post.later()
    assert await post.look() == {}
    await post.later(timedelta(hours=6))
    await post.look()
    assert post.arrived[-1]["Subject"] == "3 directories wait for you: Bluebird Bakery"
    assert len(post.arrived) == 2


async def test_what_is_settled_meanwhile_is_not_asked_for(pool: Pool, post: Post) -> None:
    job = await CustomerJob.paid(pool, 1)
    await job.begin()
    action = await job.ask_customer("d001")
    done = ActionResolution(resolution=Resolution.CONFIRMED, by="ana", action_id=action)
    await results.resolve(pool, SubmissionRef(job_id=job.id, slug="d001"), done)
    await post.later()
    assert await post.look() == {}
    assert post.arrived == []
    assert await pool.fetchval("select count(*) from mails") == 0


async def test_who_forgets_is_reminded_at_half_time_and_a_day_before_the_end(pool: Pool, post: Post) -> None:
    job = await CustomerJob.paid(pool, 3)
    await job.begin()
    earlier = await job.ask_customer("d001")
    await job.ask_customer("d002")
    await job.ask("d003", FailureType.CAPTCHA)

    async def after(**time: float) -> int:
        """So much later; how many mails have arrived by then."""
        await pool.execute(
            "update actions set deadline_at = deadline_at - $1::interval, created_at = created_at - $1::interval",
            timedelta(**time),
        )
        await post.later(timedelta(**time))
        await post.look()
        await post.look()
        return len(post.arrived)

    assert [await after(minutes=11), await after(days=6, hours=20)] == [1, 1]
    # The two are not half over at the same moment, and it is one reminder.
    await pool.execute("update actions set created_at = created_at - interval '4 hours' where id = $1", earlier)
    assert [await after(hours=2), await after(hours=5), await after(days=5, hours=20)] == [2, 2, 2]
    assert [await after(hours=4), await after(hours=19)] == [3, 3]
    assert "2 directories wait for you" in post.arrived[-1]["Subject"]
    assert await after(hours=3) == 3, "it is too late"


@pytest.mark.parametrize(
    ("cancelled", "stopped", "subject", "words"),
    [
        (False, False, "Done: Bluebird Bakery in 2 directories", "2 of 3 directories have the listing"),
        (True, False, "We have stopped: Bluebird Bakery", "Nothing more is sent: the order was cancelled."),
        (True, True, "We have stopped: Bluebird Bakery", wording.stopped(StopReason.REFUNDED)),
    ],
)
async def test_that_a_job_has_ended_is_told_once_in_its_own_words(
    pool: Pool, post: Post, cancelled: bool, stopped: bool, subject: str, words: str
) -> None:
    job = await CustomerJob.paid(pool, 3)
    await job.begin()
    await job.send("d001")
    await job.send("d002")
    await job.fail("d003", FailureType.DIRECTORY_UNREACHABLE)
    if stopped:
        await pool.execute("update jobs set stop_requested_at = now(), stop_reason = $1", StopReason.REFUNDED)
    await job.finish(cancelled=cancelled)
    await job.finish(cancelled=cancelled)
    await post.look()
    mail = post.only()
    assert mail["Subject"] == subject
    assert words in " ".join(text(mail).split())
    assert words in " ".join(text(mail, "html").split())


async def test_a_job_of_which_nothing_came_is_not_sold_as_done(pool: Pool, post: Post) -> None:
    job = await CustomerJob.paid(pool, 1)
    await job.begin()
    await job.fail("d001", FailureType.DIRECTORY_UNREACHABLE)
    await job.finish()
    await post.look()
    assert post.only()["Subject"] == "No listing yet: Bluebird Bakery"


async def test_who_asks_for_links_gets_one_mail_with_all_of_them(pool: Pool, post: Post) -> None:
    first, second = await CustomerJob.paid(pool, 1), await CustomerJob.paid(pool, 1)
    for address in ("HELLO@bluebirdbakery.com", "hello@bluebirdbakery.com", "stranger@example.com"):
        await mails.put_links(pool, address)
    await post.look()
    secrets = secrets_in(post.only())
    assert {(await links.find(pool, secret)).job_id for secret in secrets} == {first.id, second.id}  # type: ignore[union-attr]
    assert await links.find(pool, first.secret), "links that were there before still work"


async def test_a_name_from_right_to_left_turns_nothing_round_beside_it(pool: Pool, post: Post) -> None:
    job = await CustomerJob.paid(pool, 1, profile=PROFILE.model_copy(update={"business_name": "مخبز 2"}))
    await job.begin()
    await job.send("d001")
    await job.finish()
    await post.look()
    mail = post.only()
    kept_apart = "\N{FIRST STRONG ISOLATE}مخبز 2\N{POP DIRECTIONAL ISOLATE}: 1 of 1 directory has the listing"
    assert kept_apart in " ".join(text(mail).split())
    assert kept_apart in " ".join(text(mail, "html").split())
    assert mail["Subject"] == "Done: مخبز 2 in 1 directory"


async def test_nothing_that_a_customer_typed_becomes_a_header_or_a_tag(pool: Pool, post: Post) -> None:
    job = await CustomerJob.paid(pool, 1)
    await pool.execute(
        "update jobs set business_name = $1", "Evil\r\nBcc: victim@example.com\r\n\r\n<script>alert(1)</script>"
    )
    await pool.execute("update customers set name = $1", "Ana\nCc: victim@example.com <b>")
    await put(pool, job.id)
    await post.look()
    mail = post.only()
    assert (mail["Bcc"], mail["Cc"]) == (None, None)
    assert post.box.recipients == ["hello@bluebirdbakery.com"]
    assert "Evil Bcc: victim@example.com" in mail["Subject"]
    assert "<script>" not in text(mail, "html")
    assert "&lt;script&gt;" in text(mail, "html")


@pytest.mark.parametrize(
    "address",
    ["a@b.example, victim@example.com", "a@b.example\nBcc: victim@example.com", "nonsense", "", "<a@b.example"],
)
async def test_what_is_no_address_is_given_up_and_staff_are_told(pool: Pool, post: Post, address: str) -> None:
    job = await CustomerJob.paid(pool, 1)
    await pool.execute("update customers set email = $1", address)
    await put(pool, job.id)
    assert await post.look() == {("mail not sent: The customer's address is none.", False): 1}
    assert post.box.recipients == []
    assert await post.look() == {("mail given up within a day: `directorybolt mails list` says why", False): 1}


async def test_a_recipient_whom_nobody_knows_keeps_nobody_waiting(pool: Pool, post: Post) -> None:
    unknown = PROFILE.model_copy(update={"email": "nobody@example.com"})
    lost, fine = await CustomerJob.paid(pool, 1, profile=unknown), await CustomerJob.paid(pool, 1)
    await put(pool, lost.id)
    await put(pool, fine.id)
    found = await post.look()
    assert found[("mail not sent: The server refused 1 recipients.", False)] == 1
    assert post.only()["To"] == "hello@bluebirdbakery.com"


async def test_mails_wait_for_a_server_that_is_down(pool: Pool, post: Post) -> None:
    job = await CustomerJob.paid(pool, 1)
    await put(pool, job.id)
    await put(pool, job.id, MailKind.DONE)
    down = Post(post.pool, post.box, f"smtp://{NOWHERE}")
    assert await down.look() == {("mail not sent: It cannot be reached (SMTPConnectError).", False): 1}
    assert await down.look() == {("mail not sent: It cannot be reached (SMTPConnectError).", False): 1}
    assert await down.look() == {}, "each waits for its next try"
    await post.later()
    assert await post.look() == {("mail due, sent", True): 2}
    assert len(post.arrived) == 2


async def test_after_three_days_a_mail_is_given_up(pool: Pool, post: Post) -> None:
    job = await CustomerJob.paid(pool, 1)
    await put(pool, job.id)
    down = Post(post.pool, post.box, f"smtp://{NOWHERE}")
    waited, told = timedelta(), []
    for _ in range(mails.MOST_TRIES):
        await down.look()
        waited += await pool.fetchval("select due_at - now() from mails")
        await pool.execute("update mails set due_at = now()")
        told.append(
            [(event.waiting, event.given_up) for event in await alerts.look(pool) if event.kind == "mails_stuck"]
        )
    assert timedelta(days=3) < waited < timedelta(days=4)
    assert told[1:3] == [[], [(1, 0)]]
    assert told[-1] == [(0, 1)]
    [finding] = await down.look()
    assert finding[0].startswith("mail given up")


async def test_of_two_senders_each_mail_is_sent_by_one(pool: Pool, post: Post) -> None:
    job = await CustomerJob.paid(pool, 1)
    for number in range(12):
        await put(pool, job.id, key=f"paid:{number}")
    await asyncio.gather(*(Post(post.pool, post.box).look() for _ in range(2)))
    assert len(post.arrived) == len({mail["Message-ID"] for mail in post.arrived}) == 12


async def test_a_mail_whose_sender_died_is_sent_by_another_and_known_as_the_same(pool: Pool, post: Post) -> None:
    job = await CustomerJob.paid(pool, 1)
    await put(pool, job.id)
    # It died before it had sent anything …
    claimed = await mails.claim(pool)
    assert claimed
    assert await post.look() == {}, "it is still the other's"
    await post.later()
    assert await post.look() == {("mail due, sent", True): 1}
    # … or after the server had taken it.
    await pool.execute("update mails set sent_at = null, due_at = now()")
    await post.look()
    first, second = post.arrived
    assert first["Message-ID"] == second["Message-ID"]
    for mail in (first, second):
        [secret] = secrets_in(mail)
        assert await links.find(pool, secret), "whichever a mailbox keeps, its link works"


async def test_without_a_server_mails_wait_and_it_is_said(pool: Pool, post: Post) -> None:
    job = await CustomerJob.paid(pool, 1)
    await put(pool, job.id)
    post.mails = Mails(post.pool, None, LETTERHEAD)
    waits: dict[tuple[str, bool], int] = {("mail waits: set SMTP_URL and MAIL_FROM", False): 1}
    assert await post.look() == await post.look() == waits
    assert await pool.fetchval("select tries from mails") == 0
    assert await alerts.look(pool) == ()
    await post.later(timedelta(hours=1, minutes=1))
    assert [event.kind for event in await alerts.look(pool)] == ["mails_stuck"]

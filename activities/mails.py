"""Mails to customers, sent: each promised one once, as far as a mail server lets one know.

Safe to run twice at once: the database gives a mail to one sender. One that dies after the server took the mail, and
before it could say so, leaves it to be sent again: under the same Message-ID, so that a mailbox can see that it is one.
"""

import time

from temporalio import activity

from activities.findings import Findings, looking
from activities.letters import Letterhead, NoSuchAddress, write
from activities.letters.words import LinkedJob
from activities.smtp import MailFailed, MailServer
from schema.contracts.link import address
from schema.contracts.mail import Mail, MailKind
from schema.contracts.upkeep import Sweep, Task, UpkeepReport
from schema.store import links, mails
from schema.store.database import Pool

_PASS_S = 40.0
"""The longest that one pass begins another mail: others wait for their minute."""


class Mails:
    """Sends what is due. Without a server, or a letterhead, mails wait."""

    def __init__(self, pool: Pool, server: MailServer | None, letterhead: Letterhead | None) -> None:
        self._pool = pool
        self._server = server
        self._letterhead = letterhead

    @activity.defn
    async def send_mails(self, sweep: Sweep) -> UpkeepReport:
        """Send what is due. What fails is tried again by a later pass, for three days; then staff are told."""
        async with looking(Task.MAILS, sweep) as found:
            found.reported(
                "mail given up within a day: `directorybolt mails list` says why", *await mails.given_up(self._pool)
            )
            if not sweep.dry_run:
                await mails.put_reminders(self._pool)
            due = await mails.due(self._pool)
            if self._server is None or self._letterhead is None:
                found.reported("mail waits: set SMTP_URL and MAIL_FROM", *due)
            elif sweep.dry_run:
                found.healed("mail due, sent", *due)
            else:
                await self._send_due(self._server, self._letterhead, found)
        return found.report

    async def _send_due(self, server: MailServer, letterhead: Letterhead, found: Findings) -> None:
        begun = time.monotonic()
        while time.monotonic() - begun < _PASS_S and (mail := await mails.claim(self._pool)):
            try:
                if await self._send(server, letterhead, mail):
                    found.healed("mail due, sent", mail.id)
            except MailFailed as error:
                await mails.mark_failed(self._pool, mail, str(error), for_good=error.for_good)
                found.reported(f"mail not sent: {error}", mail.id)
                if not error.for_good:
                    # It is the server, and would be so for the next mail too.
                    return

    async def _send(self, server: MailServer, letterhead: Letterhead, mail: Mail) -> bool:
        """False where there is nothing to say any more. Raises MailFailed."""
        to_do = await mails.to_do(self._pool, mail.job_id) if mail.job_id else ()
        if mail.kind is MailKind.ACTION_NEEDED and not to_do:
            await mails.call_off(self._pool, mail.id)
            return False
        jobs = []
        for job in await mails.jobs_of(self._pool, mail):
            secret = await links.mint(self._pool, job.job_id, f"mailed: {mail.kind}")
            jobs.append(LinkedJob(job, address(letterhead.public_url, secret)))
        to = await mails.recipient(self._pool, mail)
        try:
            message = write(letterhead, mail, to, jobs, to_do)
        except NoSuchAddress as error:
            raise MailFailed(str(error), for_good=True) from None
        # Whether a server that fell silent has taken it is not known: the links in it stay good.
        await server.send(message, letterhead.sender, [to.email])
        await mails.mark_sent(self._pool, mail.id)
        return True

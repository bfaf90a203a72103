"""What customers are told by mail: each letter once, for both layouts. Plain words, and nothing that is not so."""

import dataclasses
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from schema.contracts.job import JobStatus
from schema.contracts.mail import Mail, MailedAction, MailedJob, MailKind
from schema.contracts.progress import StateGroup
from schema.spelling import counted, one_line


@dataclasses.dataclass(frozen=True, slots=True)
class LinkedJob:
    """A job with a link that opens it."""

    job: MailedJob
    url: str

    @property
    def business(self) -> str:
        """Its name as one line of readable text, whatever was typed."""
        return _isolated(one_line(self.job.business_name, 80))


@dataclasses.dataclass(frozen=True, slots=True)
class Button:
    text: str
    url: str


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One line of a list: what it is about, and what there is to say of it."""

    about: str
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Words:
    """A letter without its form, from top to bottom. `preview` is what a mailbox shows beside the subject."""

    subject: str
    preview: str
    title: str
    paragraphs: tuple[str, ...]
    rows: tuple[Row, ...] = ()
    after: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    small: tuple[str, ...] = ()


_KEEP_IT = (
    "The link opens your listings without a password: keep it to yourself. If it has reached the wrong person, open "
    "the page and choose “Replace this link”: the old one stops working at once."
)
_SEE = "See your listings"


def about(mail: Mail, jobs: Sequence[LinkedJob], to_do: Sequence[MailedAction]) -> Words:
    """The words of that mail. All but a mail with links is about exactly one job."""
    if mail.kind is MailKind.LINKS:
        return _renewed(jobs[0]) if mail.job_id else _links(jobs)
    [job] = jobs
    if mail.kind is MailKind.PAID:
        return _paid(job)
    return _action_needed(job, to_do) if mail.kind is MailKind.ACTION_NEEDED else _done(job, to_do)


def _paid(linked: LinkedJob) -> Words:
    job = linked.job
    return Words(
        subject=f"Your listings are on their way: {linked.business}",
        preview="Thank you. Follow every directory as it happens, with proof.",
        title="Thank you, we have your order",
        paragraphs=(
            f"We are listing {linked.business} in up to {job.tier.package_size} directories: each one once, and each "
            "with a screenshot that proves it.",
            "You need not do anything now. Your own page shows every directory as it happens. Should a directory want "
            "to hear from you yourself, for instance by a mail that only you can confirm, we tell you.",
        ),
        buttons=(Button(_SEE, linked.url),),
        small=(_KEEP_IT, "The receipt for your payment comes in a mail of its own."),
    )


def _action_needed(linked: LinkedJob, to_do: Sequence[MailedAction]) -> Words:
    number = len(to_do)
    waiting = "A directory waits for you" if number == 1 else f"{number} directories wait for you"
    return Words(
        subject=f"{waiting}: {linked.business}",
        preview="They have sent you a mail with a link that only you can open.",
        title=waiting,
        paragraphs=(
            f"These directories have taken the listing of {linked.business}, and want to be sure that it comes from "
            "you. They have sent a mail to the address of the listing; look into the spam folder too.",
            "Open that mail and follow its link. Then press “I have confirmed it” on your page.",
        ),
        rows=tuple(Row(action.directory, f"until {_day(action.deadline_at)}") for action in to_do),
        after=("Do you not want to be listed there? Say so on the page, and the matter is closed.",),
        buttons=(Button("Open what waits for me", linked.url),),
        small=(_KEEP_IT,),
    )


def _done(linked: LinkedJob, to_do: Sequence[MailedAction]) -> Words:
    job = linked.job
    listed = job.groups.get(StateGroup.LISTED, 0)
    taken = f"{listed or 'none'} of {_directories(job.total)} {'has' if listed == 1 else 'have'} the listing"
    if job.status is JobStatus.CANCELLED:
        subject, title = f"We have stopped: {linked.business}", "We have stopped"
        why = job.stopped or "Nothing more is sent: the order was cancelled."
        first = f"This is about {linked.business}. {why} Until then, {taken}."
        second = "What has been submitted stays where it is, with its proof, and you can still look at it."
    elif not listed:
        subject, title = f"No listing yet: {linked.business}", "It did not work out"
        first = f"We have tried, and no directory has the listing of {linked.business}."
        second = (
            "That is not what you paid for: we are looking into it, and will write to you. Your page says for each "
            "directory what stood in the way."
        )
    else:
        subject, title = f"Done: {linked.business} in {_directories(listed)}", "Your listings are done"
        first = f"We have been everywhere with {linked.business}: {taken}."
        second = (
            "Your page shows each of them with its screenshot, says why others were not possible, and has the whole "
            "report to keep. Many directories look at a new listing for some days before they publish it."
        )
    return Words(
        subject=subject,
        preview=first,
        title=title,
        paragraphs=(first, second),
        rows=_counts(job),
        after=(f"Still waiting for you: {', '.join(_in_one_line(action) for action in to_do)}.",) if to_do else (),
        buttons=(Button(_SEE, linked.url),),
        small=(_KEEP_IT,),
    )


def _renewed(linked: LinkedJob) -> Words:
    return Words(
        subject=f"Your new link: {linked.business}",
        preview="All earlier links have stopped working.",
        title="Your new link",
        paragraphs=(
            f"The link to the listings of {linked.business} was replaced on your page. All earlier ones, also "
            "those in our earlier mails, have stopped working.",
        ),
        buttons=(Button(_SEE, linked.url),),
        small=(_KEEP_IT,),
    )


def _links(jobs: Sequence[LinkedJob]) -> Words:
    return Words(
        subject="Your link" if len(jobs) == 1 else "Your links",
        preview="You asked for it on our page.",
        title="Here you get back to your listings",
        paragraphs=(
            "Somebody, probably you, asked on our page for a new way to your listings. Links that you had before still "
            "work.",
        ),
        buttons=tuple(Button(f"{each.business} ({_day(each.job.created_at)})", each.url) for each in jobs),
        small=(_KEEP_IT, "Was it not you? Then you need not do anything: only you have got this mail."),
    )


def _counts(job: MailedJob) -> tuple[Row, ...]:
    """As many as the page counts, by the same groups."""
    words = {
        StateGroup.LISTED: "have your listing",
        StateGroup.NEEDS_YOU: "wait for you",
        StateGroup.NEEDS_US: "are with our team",
        StateGroup.NOT_POSSIBLE: "were not possible, or left out",
    }
    return tuple(Row(str(job.groups[group]), text) for group, text in words.items() if job.groups.get(group))


def _in_one_line(action: MailedAction) -> str:
    return f"{action.directory} (until {_day(action.deadline_at)})"


def _isolated(text: str) -> str:
    """A name written from right to left would turn figures and brackets beside it round: it is kept apart."""
    from_right = any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}" if from_right else text


def _directories(number: int) -> str:
    return counted(number, "directory", "directories")


def _day(moment: datetime) -> str:
    return f"{moment:%d %B %Y}".lstrip("0")

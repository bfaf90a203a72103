"""`directorybolt actions solve`: a person answers a captcha from here, while its page is open in a worker."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Annotated
from uuid import UUID

import botocore.exceptions
import typer
from pydantic import TypeAdapter, ValidationError
from rich.status import Status

from deploy.cli.actions import ActionId, By, Desk, TakeOver, checked_id, desk, person
from deploy.cli.failures import SERVICE_FAILED, CommandFailed, named_field
from deploy.cli.options import AsJson
from deploy.cli.output import STATUS_STYLE, plain, print_json, remarks
from schema.contracts.access import Principal
from schema.contracts.captcha import Attendance, CaptchaAnswer, ShownChallenge
from schema.failures import FailureType

_LOOK_S = 0.5
_TAKEN_WITHIN_S = 5.0
_ANSWER: TypeAdapter[str] = TypeAdapter(CaptchaAnswer)


def solve(
    action_id: ActionId,
    by: By = "",
    answer: Annotated[str, typer.Option(help="What the next captcha is answered with; asked for otherwise.")] = "",
    save: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder for the captcha's picture; a temporary one by default.")
    ] = None,
    wait: Annotated[int, typer.Option(min=1, max=24 * 60, help="Minutes to wait for the directory's turn.")] = 15,
    take_over: TakeOver = False,
    as_json: AsJson = False,
) -> None:
    """Be there for a captcha: its form is opened anew, and what you answer here goes in before it is sent."""
    with named_field("--answer"):
        given = _ANSWER.validate_python(answer) if answer else ""
    ended = asyncio.run(_solve(checked_id(action_id), person(by), given, save, wait * 60, take_over=take_over))
    if as_json:
        print_json(ended)
    style = STATUS_STYLE.get(ended.status, "white")
    remarks.print(f"{ended.directory}: [{style}]{ended.status}[/]. {plain(ended.reason, 600)}".strip(), highlight=False)
    if ended.failure is FailureType.CAPTCHA:
        raise CommandFailed(
            "Its captcha waits for a person again: come back whenever you have a minute.", SERVICE_FAILED
        )


async def _solve(
    prefix: str, who: Principal, given: str, save: Path | None, wait_s: int, *, take_over: bool
) -> Attendance:
    async with desk() as opened:
        action_id = await opened.actions.named(prefix)
        await opened.captchas.attend(action_id, who, take_over=take_over)
        with remarks.status("You are expected.") as status:
            return await _Sitting(opened, action_id, who, given, save, status).to_its_end(wait_s)


class _Sitting:
    """One person in front of one captcha, until the directory has answered or the captcha waits again."""

    def __init__(
        self, opened: Desk, action_id: UUID, who: Principal, given: str, save: Path | None, status: Status
    ) -> None:
        self._captchas = opened.captchas
        self._artifacts = opened.artifacts
        self._action_id = action_id
        self._who = who
        self._given = given
        self._save = save
        self._status = status
        self._answered = 0
        self._answered_at = 0.0
        self._told = ""
        """What has been said of the captcha that was answered last."""

    async def to_its_end(self, wait_s: int) -> Attendance:
        """Raises CommandFailed when the directory's turn does not come for so many seconds."""
        deadline = time.monotonic() + wait_s
        while True:
            now = await self._captchas.look(self._action_id)
            if not now.attended:
                return now
            if now.challenge is not None and now.challenge.waits:
                await self._ask(now.challenge, now.directory)
                deadline = time.monotonic() + wait_s
            elif time.monotonic() > deadline:
                raise CommandFailed(_not_yet(now), SERVICE_FAILED)
            else:
                self._tell(now)
                await asyncio.sleep(_LOOK_S)

    async def _ask(self, shown: ShownChallenge, directory: str) -> None:
        self._status.stop()
        if self._answered and shown.number > self._answered and not self._told:
            remarks.print("The page was built anew, and shows another captcha.", style="yellow")
        remarks.print(f"Captcha {shown.number} of {directory}, until {shown.expires_at:%H:%M:%S} UTC:", style="bold")
        if shown.question:
            remarks.print(plain(shown.question, 500), highlight=False)
        if shown.picture:
            file = await self._picture(shown.picture, f"captcha-{directory}-{shown.number}")
            remarks.print(str(file), soft_wrap=True, markup=False, highlight=False)
        text, self._given = self._given or _asked(), ""
        from api.handoff.actions import Taken

        try:
            await self._captchas.answer(self._action_id, shown.number, text, self._who)
        except Taken as refused:
            remarks.print(str(refused), style="yellow", markup=False, highlight=False)
        else:
            self._answered, self._answered_at, self._told = shown.number, time.monotonic(), ""
        self._status.start()

    async def _picture(self, key: str, name: str) -> Path:
        """The file in which the picture lies now. Raises CommandFailed."""
        try:
            image = await self._artifacts.get(key)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            raise CommandFailed(
                f"The captcha's picture cannot be fetched ({type(error).__name__}): "
                "correct AWS_ENDPOINT_URL_S3, ARTIFACT_BUCKET or the credentials here.",
                SERVICE_FAILED,
            ) from None
        try:
            folder = self._save or Path(tempfile.mkdtemp(prefix="directorybolt-"))
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"{name}.png"
            file.write_bytes(image)
        except OSError as error:
            raise CommandFailed(f"--save: the picture cannot be written ({error.strerror}).") from None
        return file

    def _tell(self, now: Attendance) -> None:
        shown = now.challenge
        if shown is not None and shown.number == self._answered:
            if shown.right is False:
                self._once("The directory says that the answer was wrong: the next captcha comes up.")
            elif not shown.taken and time.monotonic() > self._answered_at + _TAKEN_WITHIN_S:
                self._once("The page seems to be gone with its worker: it is built anew, with another captcha.")
            self._status.update("The form is being sent." if shown.taken and shown.right is None else "One moment.")
        elif now.turn_at is not None:
            self._status.update(f"The turn at {now.directory} comes at about {now.turn_at:%H:%M:%S} UTC.")
        else:
            self._status.update(f"The form of {now.directory} is being opened and filled.")

    def _once(self, sentence: str) -> None:
        if self._told != sentence:
            self._told = sentence
            remarks.print(sentence, style="yellow")


def _asked() -> str:
    """What the person types. The event loop stands still meanwhile, so that Ctrl-C ends the command at once."""
    while True:
        try:
            return _ANSWER.validate_python(typer.prompt("Answer", err=True))
        except ValidationError:
            remarks.print("An answer is one line of at most 100 characters.", style="yellow")
        except typer.Abort:
            raise CommandFailed(
                "Nobody answered: give --answer, or run this in a terminal. The captcha waits for a person again soon.",
                SERVICE_FAILED,
            ) from None


def _not_yet(now: Attendance) -> str:
    when = f" It is expected at {now.turn_at:%Y-%m-%d %H:%M} UTC." if now.turn_at else ""
    return (
        f"{now.directory} was not opened in time.{when} "
        "Is a worker running? You still attend: run the same command again to go on."
    )

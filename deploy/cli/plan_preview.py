"""What `plan preview` does: fills the form in a browser behind a shut gate, keeps the pictures, shows what is where.

Apart from the command itself, because a browser's client and the brain take half a second to import.
"""

from pathlib import Path

from rich.table import Table

from activities.browser.preview import FilledStep, Preview, preview
from brain.controls import name_of
from brain.explain import explain, shown, taken
from deploy.cli.form_map import show_obstacle
from deploy.cli.output import console, plain
from deploy.cli.visiting import visiting
from deploy.runtime.models import advisor
from deploy.runtime.settings import load_browser_settings
from schema.contracts.base import Contract
from schema.contracts.form import FormSnapshot
from schema.contracts.plan import Obstacle
from schema.contracts.profile import BusinessProfile


class FieldShown(Contract):
    """One field: what stands in it now ("" for nothing), which key of the profile that is, why, and how sure (0..1)."""

    field: str
    value: str
    takes: str
    why: str
    confidence: float


class StepShown(Contract):
    """One step of the form, and the file with its picture. `filled` False: it shows what would stand there."""

    heading: str
    filled: bool
    fields: tuple[FieldShown, ...]
    screenshot: str


class PreviewShown(Contract):
    """What the command prints with `--json`.

    With an obstacle, `steps` are those that could be filled, then the one that has it, as it would be filled.
    """

    url: str
    steps: tuple[StepShown, ...]
    obstacle: Obstacle | None


async def fill(url: str, profile: BusinessProfile) -> Preview:
    """The filled form. Raises CommandFailed when there is no browser or no page."""
    settings = load_browser_settings()
    async with advisor(settings) as models, visiting(url, settings) as visit:
        return await preview(visit, url, profile, models.consultation(profile) if models else None)


def keep(found: Preview, url: str, profile: BusinessProfile, file: Path) -> PreviewShown:
    """Write the pictures and say where they are; of several, each name gets its number. Raises OSError."""
    steps = [
        StepShown(heading=_heading(step.snapshot), filled=True, fields=_filled(step), screenshot=str(file))
        for step in found.steps
    ]
    if found.stopped_at is not None:
        fields = _would_be(found.stopped_at, profile)
        steps.append(StepShown(heading=_heading(found.stopped_at), filled=False, fields=fields, screenshot=str(file)))
    if len(steps) > 1:
        numbered = [file.with_stem(f"{file.stem}-{number}") for number in range(1, len(steps) + 1)]
        steps = [s.model_copy(update={"screenshot": str(name)}) for s, name in zip(steps, numbered, strict=True)]
    pictures = [*(step.screenshot for step in found.steps), found.screenshot]
    for step, picture in zip(steps, pictures, strict=False):
        Path(step.screenshot).write_bytes(picture)
    return PreviewShown(url=url, steps=tuple(steps), obstacle=found.obstacle)


def show(form: PreviewShown) -> None:
    """For people."""
    for number, step in enumerate(form.steps, start=1):
        title = plain(step.heading) if len(form.steps) == 1 else f"Step {number}: {plain(step.heading)}"
        title = title if step.filled else f"{title} (as it would be filled)"
        table = Table("field", "value", "why", "sure", title=title)
        for row in step.fields:
            table.add_row(plain(row.field), plain(row.value, 60) or "–", plain(row.why, 60), f"{row.confidence:.2f}")
        if step.fields:
            console.print(table)
        console.print(f"Screenshot: {plain(step.screenshot, 200)}", highlight=False)
    show_obstacle(form.obstacle)
    console.print("Nothing was sent.")


def _heading(snapshot: FormSnapshot) -> str:
    return snapshot.heading or snapshot.title or snapshot.url


def _filled(step: FilledStep) -> tuple[FieldShown, ...]:
    values = {value.handle: value for value in step.values}
    rows = []
    for decision in step.step.decisions:
        field = step.snapshot.field(decision.handle)
        value = shown(values.get(decision.handle), field) if field else ""
        name = name_of(field) if field else decision.label
        rows.append(
            FieldShown(field=name, value=value, takes=taken(decision), why=decision.why, confidence=decision.confidence)
        )
    return tuple(rows)


def _would_be(snapshot: FormSnapshot, profile: BusinessProfile) -> tuple[FieldShown, ...]:
    return tuple(
        FieldShown(field=row.field, value=row.value, takes=row.takes, why=row.why, confidence=row.confidence)
        for row in explain(snapshot, profile).fields
    )

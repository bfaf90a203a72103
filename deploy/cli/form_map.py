"""What `form map` does: opens the page in a browser, asks the brain, and shows the answer.

Apart from the command itself, because a browser's client and the brain take half a second to import.
"""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from activities.boundary import ActivityFailure
from activities.browser.observe import Observation, observe
from activities.browser.pool import BrowserPool
from activities.browser.visit import DirectoryGone, go_to
from brain import planner
from brain.explain import FieldAccount, FormSeen, explain, forms_seen
from deploy.cli.failures import SERVICE_FAILED, CommandFailed
from deploy.cli.output import console, plain
from deploy.runtime.browser_path import BrowserNotFound, find_browser
from deploy.runtime.settings import load_browser_settings
from schema.contracts.base import Contract
from schema.contracts.plan import GuardFinding, Obstacle
from schema.contracts.profile import BusinessProfile

_MOST_CLUES = 6
_MOST_OTHERS = 4


class FieldMap(Contract):
    """One field: the profile's key that it takes ("" for none), how sure that is (0..1), and why."""

    field: str
    takes: str
    confidence: float
    why: str


class FormMap(Contract):
    """What the command prints with `--json`. An obstacle says why the form would not be sent without a person."""

    url: str
    fingerprint: str
    fields: tuple[FieldMap, ...]
    obstacle: Obstacle | None


class ExplainedForm(Contract):
    """Likewise with `--explain`: all that was weighed. `forms` is what the page holds, the likeliest first."""

    url: str
    fingerprint: str
    fields: tuple[FieldAccount, ...]
    obstacle: Obstacle | None
    findings: tuple[GuardFinding, ...]
    forms: tuple[FormSeen, ...]

    def short(self) -> FormMap:
        """Without the reasons."""
        fields = (FieldMap(field=f.field, takes=f.takes, confidence=f.confidence, why=f.why) for f in self.fields)
        return FormMap(url=self.url, fingerprint=self.fingerprint, fields=tuple(fields), obstacle=self.obstacle)


async def look(url: str) -> Observation:
    """The page at the address. Raises CommandFailed when there is no browser or no page."""
    settings = load_browser_settings()
    try:
        async with (
            BrowserPool(find_browser(settings.browser_path), 1, settings.user_agent_contact) as pool,
            pool.visit() as visit,
        ):
            await go_to(visit.page, url)
            return await observe(visit.page)
    except BrowserNotFound as error:
        raise CommandFailed(str(error), SERVICE_FAILED) from None
    except (ActivityFailure, DirectoryGone) as error:
        raise CommandFailed(f"{url} cannot be opened ({str(error).rstrip('.')}).", SERVICE_FAILED) from None


def read(page: Observation, profile: BusinessProfile) -> ExplainedForm:
    """What the brain makes of it."""
    account = explain(page.snapshot, profile)
    step = planner.plan_step(page.snapshot, profile)
    return ExplainedForm(
        url=page.snapshot.url,
        fingerprint=page.snapshot.fingerprint,
        fields=account.fields,
        obstacle=step if isinstance(step, Obstacle) else None,
        findings=account.findings,
        forms=forms_seen(page.forms),
    )


def show(form: FormMap, title: str) -> None:
    """For people."""
    if form.fields:
        table = Table("field", "takes", "sure", "why", title=plain(title))
        for row in form.fields:
            table.add_row(plain(row.field), row.takes or "–", f"{row.confidence:.2f}", plain(row.why, 200))
        console.print(table)
    show_obstacle(form.obstacle)


def show_obstacle(obstacle: Obstacle | None) -> None:
    """One sentence, where there is one."""
    if obstacle:
        console.print(f"[yellow]No plan[/] ({obstacle.failure}): {plain(obstacle.reason, 300)}", highlight=False)


def show_explained(form: ExplainedForm, title: str) -> None:
    """For people who want to know why."""
    _show_forms(form.forms)
    console.print(f"[bold]{plain(title)}[/]", highlight=False)
    for number, row in enumerate(form.fields, start=1):
        _show_field(number, row)
    if form.findings:
        console.print("[bold]The guard[/]", highlight=False)
    for finding in form.findings:
        _line(finding.rule, plain(finding.reason, 300))
    show_obstacle(form.obstacle)


def _show_forms(forms: Sequence[FormSeen]) -> None:
    console.print("[bold]Forms on the page[/]", highlight=False)
    for form in forms:
        mark = "→" if form.chosen else " "
        points = ", ".join(f"{point.weight:+g} {point.what}" for point in form.points) or "nothing speaks for it"
        console.print(f"{mark} {plain(form.name)}: {form.fields} fields, {form.score:g} points", highlight=False)
        _line("", plain(points, 300))
    console.print()


def _show_field(number: int, row: FieldAccount) -> None:
    required = " *" if row.required else ""
    takes = f"[green]{row.takes}[/]" if row.takes else "[dim]left alone[/]"
    console.print(f"{number:>2}  [bold]{plain(row.field)}[/]{required}  {takes}  {row.confidence:.2f}", highlight=False)
    if row.value:
        _line("value", plain(row.value, 120))
    _line("why", plain(row.why, 200))
    for clue in row.clues[:_MOST_CLUES]:
        _line("", f"{clue.weight:.2f}  {clue.meaning}: {plain(clue.what, 120)}")
    others = ", ".join(f"{other.meaning} {other.confidence:.2f}" for other in row.others[:_MOST_OTHERS])
    if others:
        _line("or", others)


def _line(name: str, text: str) -> None:
    """A name and its text below a heading; what does not fit goes on under the text."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=18 if len(name) > 8 else 9, justify="right", style="dim")
    grid.add_column(overflow="fold")
    grid.add_row(Text(name), text)
    console.print(grid, highlight=False)

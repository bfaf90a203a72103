"""What `form map` does: opens the page in a browser, asks the brain, and shows the answer.

Apart from the command itself, because a browser's client and the brain take half a second to import.
"""

from rich.table import Table

from activities.browser.clearing import clear_the_way
from activities.browser.observe import Observation, observe
from activities.browser.visit import go_to
from brain import planner
from brain.explain import FieldAccount, FormSeen, explain, forms_seen
from deploy.cli.output import console, plain
from deploy.cli.visiting import visiting
from deploy.runtime.settings import load_browser_settings
from schema.contracts.base import Contract
from schema.contracts.form import FormSnapshot
from schema.contracts.plan import GuardFinding, Obstacle
from schema.contracts.profile import BusinessProfile

_NO_SITE = "https://saved-page.invalid/"


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
    async with visiting(url, load_browser_settings()) as visit:
        await go_to(visit.page, url)
        await clear_the_way(visit.page)
        return await observe(visit.page)


def read(page: Observation, profile: BusinessProfile) -> ExplainedForm:
    """What the brain makes of it."""
    snapshot = page.snapshot if page.snapshot.url.startswith("http") else _anywhere(page.snapshot)
    account = explain(snapshot, profile)
    step = planner.plan_step(snapshot, profile)
    return ExplainedForm(
        url=page.snapshot.url,
        fingerprint=snapshot.fingerprint,
        fields=account.fields,
        obstacle=step if isinstance(step, Obstacle) else None,
        findings=account.findings,
        forms=forms_seen(page.forms),
    )


def _anywhere(snapshot: FormSnapshot) -> FormSnapshot:
    """The form of a file, which belongs to no site: where it posts to cannot be judged, so it counts as its own."""
    buttons = tuple(button.model_copy(update={"action": ""}) for button in snapshot.buttons)
    return snapshot.model_copy(update={"url": _NO_SITE, "action": _NO_SITE, "buttons": buttons})


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

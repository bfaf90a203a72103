"""What `form map` does: opens the page in a browser, asks the brain, and shows the answer.

Apart from the command itself, because a browser's client and the brain take half a second to import.
"""

from rich.table import Table

from activities.boundary import ActivityFailure
from activities.browser.observe import observe
from activities.browser.pool import BrowserPool
from activities.browser.visit import DirectoryGone, go_to
from brain import planner
from deploy.cli.failures import SERVICE_FAILED, CommandFailed
from deploy.cli.output import console, plain
from deploy.runtime.browser_path import BrowserNotFound, find_browser
from deploy.runtime.settings import load_browser_settings
from schema.contracts.base import Contract
from schema.contracts.form import FormSnapshot
from schema.contracts.plan import Obstacle
from schema.contracts.profile import BusinessProfile


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


async def look(url: str) -> FormSnapshot:
    """The form at the address. Raises CommandFailed when there is no browser or no page."""
    settings = load_browser_settings()
    try:
        async with (
            BrowserPool(find_browser(settings.browser_path), 1, settings.user_agent_contact) as pool,
            pool.visit() as visit,
        ):
            await go_to(visit.page, url)
            return (await observe(visit.page)).snapshot
    except BrowserNotFound as error:
        raise CommandFailed(str(error), SERVICE_FAILED) from None
    except (ActivityFailure, DirectoryGone) as error:
        raise CommandFailed(f"{url} cannot be opened ({str(error).rstrip('.')}).", SERVICE_FAILED) from None


def read(snapshot: FormSnapshot, profile: BusinessProfile) -> FormMap:
    """What the brain makes of it."""
    step = planner.plan_step(snapshot, profile)
    return FormMap(
        url=snapshot.url,
        fingerprint=snapshot.fingerprint,
        fields=tuple(
            FieldMap(field=row.label, takes=row.key, confidence=row.confidence, why=row.why)
            for row in planner.explain(snapshot)
        ),
        obstacle=step if isinstance(step, Obstacle) else None,
    )


def show(form: FormMap, title: str) -> None:
    """For people."""
    if form.fields:
        table = Table("field", "takes", "sure", "why", title=plain(title))
        for row in form.fields:
            table.add_row(plain(row.field), row.takes or "–", f"{row.confidence:.2f}", plain(row.why, 200))
        console.print(table)
    if form.obstacle:
        reason = plain(form.obstacle.reason, 300)
        console.print(f"[yellow]No plan[/] ({form.obstacle.failure}): {reason}", highlight=False)

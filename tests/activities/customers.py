"""One directory's form and the customers who come to it one after another, as a directory's workflow takes them."""

from dataclasses import replace
from itertools import count
from typing import Any

from deploy.cli.example import example_profile
from schema.contracts.profile import BusinessProfile
from schema.contracts.submission import Outcome, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store import mappings
from tests.activities.counter import Counter
from tests.activities.site import FORM
from tests.factories import add_begun_job

_ROUNDS = 4
"""As many plans in a row as a workflow has patience for."""

FAX = '<label>Fax <input name="fax" type="tel" required></label>'
TERMS = '<label><input type="checkbox" name="terms" required> I accept the terms of use</label>'
CAPTCHA = '<div class="g-recaptcha" data-sitekey="x">I am not a robot</div>'
NEXT = "onclick=\"document.getElementById('one').hidden = true; document.getElementById('two').hidden = false\""


def with_field(html: str) -> str:
    return FORM.replace("<button>", f"{html}<button>")


def wizard(last: str) -> str:
    """Two panes; the second asks for the e-mail address and `last`."""
    return f"""
    <h1>Add your business</h1><form method="post" action="/add">
    <div id="one"><label>Business name <input name="name" required></label>
      <button type="button" {NEXT}>Next</button></div>
    <div id="two" hidden><label>Email <input name="email" type="email" required></label>
      <label>{last} <input name="last"></label><button>Submit listing</button></div></form>"""


class Street:
    """One directory and its customers, who come one after another."""

    def __init__(self, first: Counter) -> None:
        self.first = first
        self.site = first.site
        self.pool = first.pool
        self._numbers = count(1)

    async def customer(self, **changes: Any) -> Counter:
        """Somebody who has not been here yet."""
        profile = BusinessProfile.model_validate(example_profile(next(self._numbers)).model_dump() | changes)
        job_id = await add_begun_job(self.pool, ["alpha"], profile=profile)
        await self.pool.execute("update directories set submission_url = $1", self.site.url)
        return replace(self.first, ref=SubmissionRef(job_id=job_id, slug="alpha"))

    async def served(self, **changes: Any) -> Outcome:
        return await through(await self.customer(**changes))

    async def counts(self) -> list[tuple[int, int]]:
        rows = await self.pool.fetch("select confirmed, refused from form_mappings order by created_at")
        return [(row["confirmed"], row["refused"]) for row in rows]

    async def changes(self) -> list[tuple[str, ...]]:
        return [change.changes for change in await mappings.changes(self.pool)]


async def through(counter: Counter) -> Outcome:
    """Plan and submit, round after round, as a directory's workflow does."""
    outcome = (await counter.row()).outcome
    for _ in range(_ROUNDS):
        if outcome.failure is not FailureType.REFUSED:
            await counter.plan()
            outcome = (await counter.row()).outcome
        if outcome.status is not SubmissionStatus.PLANNED:
            return outcome
        outcome = await counter.submit()
        if outcome.status is not SubmissionStatus.PLANNED:
            return outcome
    raise AssertionError(f"no end after {_ROUNDS} rounds: {outcome}")

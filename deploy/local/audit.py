"""Two sets of books, one truth: does the ledger say of every directory what the sandbox itself wrote down?

The sandbox's books are the other side's. A disagreement is a defect of the product, whatever its cause.
"""

from collections.abc import Sequence

import httpx
from pydantic import TypeAdapter

from deploy.local.sandbox.books import BookRow, PostOutcome
from schema.contracts.base import Contract
from schema.contracts.job import JobReport
from schema.contracts.submission import Evidence, SubmissionResult, SubmissionStatus
from schema.failures import FailureType

_TAKEN = frozenset({PostOutcome.ACCEPTED, PostOutcome.PENDING_CONFIRMATION})
_ROWS: TypeAdapter[list[BookRow]] = TypeAdapter(list[BookRow])


class Disagreement(Contract):
    """One directory of which the two books tell different stories, in one sentence."""

    directory: str
    what: str


async def fetch_books(sandbox_url: str, business: str) -> list[BookRow]:
    """Every post of the business that reached the street, oldest first. Raises httpx.HTTPError."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        answer = await client.get(f"{sandbox_url}/_books", params={"business": business})
        answer.raise_for_status()
        return _ROWS.validate_json("[" + ",".join(filter(None, answer.text.splitlines())) + "]")


def audit(report: JobReport, books: Sequence[BookRow]) -> list[Disagreement]:
    """Where the two disagree; empty when they agree line by line."""
    posts: dict[str, list[BookRow]] = {result.directory: [] for result in report.results}
    found = [
        Disagreement(directory=row.site, what=f"got a post ({row.outcome}) that no row of the ledger knows")
        for row in books
        if row.site not in posts
    ]
    for row in books:
        posts.get(row.site, []).append(row)
    for result in report.results:
        found += [
            Disagreement(directory=result.directory, what=what)
            for what in _disagreements(result, posts[result.directory])
        ]
    return found


def _disagreements(result: SubmissionResult, posts: Sequence[BookRow]) -> list[str]:
    taken = [post for post in posts if post.outcome in _TAKEN]
    unexplained = [post for post in posts if post.outcome is PostOutcome.ERROR]
    said: list[str] = []
    if len(taken) > 1:
        said.append(f"was submitted {len(taken)} times")
    # A refusal is the directory's own word that it took nothing: only then may another post have followed.
    if any(post.outcome is not PostOutcome.REFUSED for post in posts[:-1]):
        said.append(f"got {len(posts)} posts, and not only the last one could have been taken")
    match result.status:
        case SubmissionStatus.SUBMITTED:
            if [post.outcome for post in taken] != [PostOutcome.ACCEPTED]:
                said.append("is called submitted, but its books hold no accepted post")
            if result.evidence is Evidence.NONE or not result.screenshot:
                said.append("is called submitted without proof")
        case SubmissionStatus.AWAITING_ACTION if result.failure is FailureType.CONFIRMATION_NEEDED:
            if [post.outcome for post in taken] != [PostOutcome.PENDING_CONFIRMATION]:
                said.append("is said to wait for a confirmation, but its books hold no such post")
        case SubmissionStatus.UNCERTAIN:
            # It claims nothing: who died between intent and click cannot know that nothing arrived.
            pass
        case SubmissionStatus.SKIPPED | SubmissionStatus.FAILED | SubmissionStatus.AWAITING_ACTION:
            if taken or unexplained:
                said.append(f"is called {result.status}, but its books hold a post that was taken")
        case _:
            said.append(f"is still {result.status}")
    return said

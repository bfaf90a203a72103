"""Two sets of books, one truth: does the ledger say of every directory what the sandbox itself wrote down?

The sandbox's books are the other side's. A disagreement is a defect of the product, whatever its cause.
"""

from collections.abc import Iterator, Mapping, Sequence

import httpx
from pydantic import TypeAdapter

from deploy.local.sandbox.books import BookRow, PostOutcome
from schema.contracts.base import Contract
from schema.contracts.job import JobReport
from schema.contracts.progress import StateGroup
from schema.contracts.submission import Evidence, SubmissionResult, SubmissionStatus
from schema.failures import FailureType

_TAKEN = frozenset({PostOutcome.ACCEPTED, PostOutcome.PENDING_CONFIRMATION})
_ROWS: TypeAdapter[list[BookRow]] = TypeAdapter(list[BookRow])


_UNDER_WAY = frozenset({StateGroup.WAITING, StateGroup.WORKING})
_WAITS = frozenset({StateGroup.NEEDS_YOU, StateGroup.NEEDS_US})
_SHOWN_AS: Mapping[SubmissionStatus, frozenset[StateGroup]] = {
    SubmissionStatus.PENDING: _UNDER_WAY,
    SubmissionStatus.PLANNED: _UNDER_WAY,
    SubmissionStatus.SUBMITTING: frozenset({StateGroup.WORKING}),
    SubmissionStatus.SUBMITTED: frozenset({StateGroup.LISTED}),
    SubmissionStatus.AWAITING_ACTION: _WAITS,
    SubmissionStatus.UNCERTAIN: _WAITS,
    SubmissionStatus.APPROVED: frozenset({StateGroup.LISTED}),
    SubmissionStatus.REJECTED: frozenset({StateGroup.NOT_POSSIBLE}),
    # What was listed before is listed.
    SubmissionStatus.SKIPPED: frozenset({StateGroup.NOT_POSSIBLE, StateGroup.LISTED}),
    SubmissionStatus.FAILED: frozenset({StateGroup.NOT_POSSIBLE}),
}


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


def audit(report: JobReport, books: Sequence[BookRow], *, pictured: bool = True) -> list[Disagreement]:
    """Where the two disagree; empty when they agree line by line.

    What is called submitted must be proven by a picture; unless `pictured`, by the directory's words in the ledger: a
    fault between answer and picture costs the picture alone.
    """
    return audit_business([report], books, pictured=pictured)


def audit_page(report: JobReport, shown: Mapping[str, StateGroup]) -> list[Disagreement]:
    """Where the progress page tells its customer something else than the ledger says: `shown` by directory."""
    told = {result.directory: shown.get(result.directory) for result in report.results}
    wrong = [
        Disagreement(
            directory=result.directory,
            what=f"is {result.status}, and shown to the customer as {told[result.directory] or 'nothing'}",
        )
        for result in report.results
        if told[result.directory] not in _SHOWN_AS[result.status]
    ]
    strange = [
        Disagreement(directory=directory, what="is shown to the customer, and the ledger does not know it")
        for directory in sorted(shown.keys() - told.keys())
    ]
    return wrong + strange


def audit_business(
    reports: Sequence[JobReport], books: Sequence[BookRow], *, pictured: bool = True
) -> list[Disagreement]:
    """Likewise for all jobs of one business, which a directory lists once, whatever number of them paid for it."""
    results: dict[str, list[SubmissionResult]] = {}
    for result in (result for report in reports for result in report.results):
        results.setdefault(result.directory, []).append(result)
    posts: dict[str, list[BookRow]] = {}
    for row in books:
        posts.setdefault(row.site, []).append(row)
    found = [
        Disagreement(directory=row.site, what=f"got a post ({row.outcome}) that no row of the ledger knows")
        for row in books
        if row.site not in results
    ]
    for directory, told in results.items():
        there = posts.get(directory, [])
        said = [*_said_of_posts(there), *_said_of_results(told, there, pictured=pictured)]
        found += [Disagreement(directory=directory, what=what) for what in said]
    return found


def posts_too_many(books: Sequence[BookRow]) -> list[str]:
    """The directories that got another post of the business after one that could have been taken."""
    posts: dict[str, list[BookRow]] = {}
    for row in books:
        posts.setdefault(row.site, []).append(row)
    return [site for site, rows in posts.items() if any(_could_be_taken(row) for row in rows[:-1])]


def _could_be_taken(post: BookRow) -> bool:
    # The directory's own word that it took nothing: only then may another post have followed.
    return post.outcome not in (PostOutcome.REFUSED, PostOutcome.DUPLICATE)


def _said_of_posts(posts: Sequence[BookRow]) -> Iterator[str]:
    taken = _taken(posts)
    if len(taken) > 1:
        yield f"was submitted {len(taken)} times"
    if any(map(_could_be_taken, posts[:-1])):
        yield f"got {len(posts)} posts, and not only the last one could have been taken"


def _said_of_results(results: Sequence[SubmissionResult], posts: Sequence[BookRow], *, pictured: bool) -> Iterator[str]:
    claiming = [result for result in results if _claims(result)]
    if len(claiming) > 1:
        yield f"is claimed by {len(claiming)} jobs of the same business"
    for result in results:
        # What one job of a business sent, the others need not know of.
        yield from _disagreements(result, posts if result in claiming or not claiming else [], pictured=pictured)


def _claims(result: SubmissionResult) -> bool:
    """Whether the row says that its post was, or may have been, taken."""
    return result.status in (SubmissionStatus.SUBMITTED, SubmissionStatus.UNCERTAIN) or (
        result.status is SubmissionStatus.AWAITING_ACTION and result.failure is FailureType.CONFIRMATION_NEEDED
    )


def _taken(posts: Sequence[BookRow]) -> list[BookRow]:
    return [post for post in posts if post.outcome in _TAKEN]


def _disagreements(result: SubmissionResult, posts: Sequence[BookRow], *, pictured: bool) -> list[str]:
    taken = _taken(posts)
    unexplained = [post for post in posts if post.outcome is PostOutcome.ERROR]
    said: list[str] = []
    match result.status:
        case SubmissionStatus.SUBMITTED:
            if [post.outcome for post in taken] != [PostOutcome.ACCEPTED]:
                said.append("is called submitted, but its books hold no accepted post")
            if result.evidence is Evidence.NONE or not (result.screenshot or (result.reason and not pictured)):
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

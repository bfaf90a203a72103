"""What a run proved: the ledger against the sandbox's books, and against the workflows that Temporal runs."""

import asyncio
import statistics
import time
from collections import Counter
from dataclasses import dataclass

import botocore.exceptions
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from deploy.local.audit import Disagreement, audit_business, fetch_books, posts_too_many
from deploy.local.sandbox.street import find_site
from schema import ids
from schema.contracts.job import JobReport
from schema.contracts.submission import SubmissionResult, SubmissionStatus
from schema.store.orders import Order
from tests.chaos.faults import Havoc
from tests.chaos.story import Fault
from tests.e2e.street import Street
from tests.patience import PATIENCE_S


@dataclass(frozen=True, slots=True)
class Verdict:
    """The figures. `lost` names what neither ended nor waits for a person, and what was given up because of a fault;
    `doubled` what was sent twice, `needless` what waits for a person at a directory that would have taken it,
    `pictureless` what is proven by the directory's words alone; `silent` is how many are uncertain because their
    directory never says yes or no.

    `recovery` is seconds from the end of each fault of a kind to the next outcome in the ledger.
    """

    directories: int
    posts: int
    statuses: Counter[SubmissionStatus]
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    disagreements: tuple[str, ...]
    needless: tuple[str, ...]
    pictureless: tuple[str, ...]
    silent: int
    recovery: dict[Fault, list[float]]
    deserted: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        return not (self.lost or self.doubled or self.disagreements)

    def recovered_after(self, fault: Fault) -> tuple[float, float] | None:
        """Median and longest, where there was an outcome after it."""
        waits = self.recovery.get(fault)
        return (statistics.median(waits), max(waits)) if waits else None


async def judge(street: Street, orders: list[Order], havoc: Havoc, *, settled: bool, seconds: float) -> Verdict:
    """Everything that can be said of a run, once its stack is at peace."""
    reports = {order.message.job_id: await street.report(order.message.job_id) for order in orders}
    lost = [] if settled else ["the run did not settle in time"]
    for report in reports.values():
        lost += await _lost(street, report)
        lost += [_told(result) for result in report.results if _is_given_up(result)]
    doubled: list[str] = []
    disagreements: list[str] = []
    posts = 0
    for business in sorted({order.profile.business_name for order in orders}):
        books = await fetch_books(street.stack.environment.values["SANDBOX_URL"], business)
        posts += len(books)
        doubled += [f"{business}: {site}" for site in posts_too_many(books)]
        own = [reports[order.message.job_id] for order in orders if order.profile.business_name == business]
        disagreements += [_said(business, found) for found in audit_business(own, books, pictured=False)]
    results = [result for report in reports.values() for result in report.results]
    disagreements += await _unproven(street, results)
    return Verdict(
        directories=len(results),
        posts=posts,
        statuses=Counter(result.status for result in results),
        lost=tuple(lost),
        doubled=tuple(doubled),
        disagreements=tuple(disagreements),
        needless=tuple(_told(result) for result in results if _is_needless(result)),
        pictureless=tuple(_told(result) for result in results if _is_pictureless(result)),
        silent=sum(_is_silent(result) for result in results),
        recovery=await _recovery(street, havoc.ends),
        deserted=tuple(str(failed) for failed in havoc.deserted),
        seconds=seconds,
    )


async def _unproven(street: Street, results: list[SubmissionResult]) -> list[str]:
    """Submitted rows whose screenshot the artifact store does not hold."""
    missing = []
    for result in results:
        if result.status is SubmissionStatus.SUBMITTED and result.screenshot:
            try:
                await street.artifacts.get(result.screenshot)
            except botocore.exceptions.ClientError:
                missing.append(f"{result.directory}: the artifact store does not hold {result.screenshot}")
    return missing


def _expected(result: SubmissionResult) -> SubmissionStatus:
    site = find_site(result.directory)
    assert site is not None
    return site.expected


def _is_given_up(result: SubmissionResult) -> bool:
    return result.status is SubmissionStatus.FAILED and result.status is not _expected(result)


def _is_needless(result: SubmissionResult) -> bool:
    return result.status is SubmissionStatus.AWAITING_ACTION and result.status is not _expected(result)


def _is_pictureless(result: SubmissionResult) -> bool:
    return result.status is SubmissionStatus.SUBMITTED and not result.screenshot


def _is_silent(result: SubmissionResult) -> bool:
    return result.status is SubmissionStatus.UNCERTAIN and result.status is _expected(result)


def _told(result: SubmissionResult) -> str:
    return f"{result.directory} is {result.status} ({result.failure}): {result.reason}"


def _said(business: str, found: Disagreement) -> str:
    return f"{business}: {found.directory} {found.what}"


async def _lost(street: Street, report: JobReport) -> list[str]:
    """What ledger and Temporal tell differently: who has ended runs no more, and who waits has not been forgotten."""
    found = []
    job = ids.job_workflow_id(report.job_id)
    if (runs := await _runs(street, job, ended=report.status.ended)) is report.status.ended:
        found.append(f"job {report.job_id} is {report.status}, and its workflow {'runs' if runs else 'does not run'}")
    for result in report.results:
        child = ids.directory_workflow_id(report.job_id, result.directory)
        runs = await _runs(street, child, ended=result.status.ended)
        if runs is result.status.ended or not (result.status.ended or result.status.waits_for_person):
            found.append(_stuck(report, result, runs=runs))
    return found


def _stuck(report: JobReport, result: SubmissionResult, *, runs: bool) -> str:
    state = "runs" if runs else "does not run"
    return f"job {report.job_id}: {result.directory} is {result.status}, and its workflow {state}"


async def _runs(street: Street, workflow_id: str, *, ended: bool) -> bool:
    """Whether it does. One that has told the ledger of its end is given the moment in which it ends."""
    until = time.monotonic() + (PATIENCE_S if ended else 0)
    while (runs := await _runs_now(street, workflow_id)) and time.monotonic() < until:
        await asyncio.sleep(0.1)
    return runs


async def _runs_now(street: Street, workflow_id: str) -> bool:
    try:
        description = await street.client.get_workflow_handle(workflow_id).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return description.status is WorkflowExecutionStatus.RUNNING


_NEXT_OUTCOME = """
    select min(extract(epoch from created_at))::float8 from queue_history
    where event in ('submission_complete', 'submission_failed', 'action_required')
        and created_at > to_timestamp($1)
"""


async def _recovery(street: Street, ends: list[tuple[Fault, float]]) -> dict[Fault, list[float]]:
    waits: dict[Fault, list[float]] = {}
    for fault, ended in ends:
        following = await street.pool.fetchval(_NEXT_OUTCOME, ended)
        if following is not None:
            waits.setdefault(fault, []).append(following - ended)
    return waits

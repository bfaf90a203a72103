"""What every explanation is put together from: times, names, and what keeps a running workflow from going on."""

from datetime import datetime, timedelta

from schema.contracts.explanation import Execution, JobFacts, PendingActivity, Words, WorkflowState

UPKEEP = "Upkeep does so within a few minutes, or at once with `directorybolt upkeep run`."

_TAKEN_WITHIN = timedelta(minutes=1)
"""So soon takes a worker of the right build what a workflow has to do, however busy it is."""

_BAD_LUCK = 3
"""So often in a row may a workflow task be lost with its worker."""

_STEPS = {
    "plan_submission": "reading the form",
    "submit": "filling and sending the form",
    "look_up": "looking for the listing",
}


def blocked(job: JobFacts, execution: Execution) -> Words | None:
    """What keeps a running workflow from going on, if anything does."""
    if execution.task_attempts > _BAD_LUCK:
        return Words(
            why=f"Its workflow fails whenever it is woken ({times(execution.task_attempts - 1)} so far): a bug, or a "
            "build that does not understand its history.",
            next="It goes on by itself with a worker that does: the worker's log says why.",
        )
    waits = execution.task_waits_since
    if waits and job.worker_alive and job.now - waits > _TAKEN_WITHIN:
        return Words(
            why=f"Its workflow has waited since {at(waits, job)} for a worker of its build.",
            next="It goes on as soon as one runs: `directorybolt deployments list` shows the builds.",
        )
    for activity in execution.activities:
        if activity.paused:
            return Words(
                why=f"Somebody has paused its activity ({step(activity)}) in Temporal.",
                next="It goes on when the activity is unpaused there.",
            )
        if activity.started or not job.worker_alive:
            continue
        if activity.attempt > 1:
            when = f" at {at(activity.next_attempt_at, job)}" if activity.next_attempt_at else ""
            return Words(
                why=sentence(
                    f"{step(activity).capitalize()} failed {times(activity.attempt - 1)}", activity.last_failure
                ),
                next=f"Tried again{when}.",
            )
    idle = execution.task_attempts or any(not activity.started for activity in execution.activities)
    if idle and not job.worker_alive:
        return Words(why="No worker is running.", next="`directorybolt worker` starts one, and it goes on.")
    return None


def no_worker(job: JobFacts) -> str:
    return "" if job.worker_alive else "But no worker is running: start one with `directorybolt worker`."


def timer(execution: Execution, beginning: str) -> datetime | None:
    return next((timer.fires_at for timer in execution.timers if timer.summary.startswith(beginning)), None)


def step(activity: PendingActivity) -> str:
    return _STEPS.get(activity.name, f"writing to the ledger ({activity.name})")


def ended(state: WorkflowState) -> str:
    match state:
        case WorkflowState.MISSING:
            return "is not there"
        case WorkflowState.TERMINATED | WorkflowState.CANCELLED:
            return f"was {state}"
        case _:
            return f"has {state}"


def times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def at(moment: datetime | None, job: JobFacts) -> str:
    """The minute, with the day where it is another than today; UTC."""
    if moment is None:
        return "an unknown time"
    moment, now = moment.astimezone(job.now.tzinfo), job.now
    return f"{moment:%H:%M} UTC" if moment.date() == now.date() else f"{moment:%Y-%m-%d %H:%M} UTC"


def sentence(*parts: str) -> str:
    """The parts in a row, each with its full stop; a directory's own words often have none."""
    kept = [part.strip() for part in parts if part.strip()]
    return " ".join(part if part.endswith((".", "!", "?", "…")) else f"{part}." for part in kept)

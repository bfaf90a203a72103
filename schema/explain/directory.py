"""One directory of a job: why it is where it is, and what happens next. Pure functions, no queries.

They say what the workflow, the ledger's rules and upkeep will do; they decide nothing.
"""

from schema.contracts.explanation import DirectoryFacts, JobFacts, Words, WorkflowState
from schema.contracts.replay import ReplayAnswer
from schema.contracts.submission import Evidence, SubmissionStatus
from schema.explain.phrases import UPKEEP, at, blocked, ended, sentence, step, timer
from schema.explain.turn import turn

_PROOF = {
    Evidence.NONE: "nothing",
    Evidence.RESPONSE: "its answer to the post",
    Evidence.TEXT: "its own words",
    Evidence.LISTING: "the published listing",
    Evidence.PERSON: "a person's word",
}

_NEVER_AGAIN = {
    ReplayAnswer.ALREADY_SUBMITTED: "Nothing more is to be done.",
    ReplayAnswer.MAY_BE_SENT: "It cannot be replayed: the directory may hold the business, and is never sent it twice.",
    ReplayAnswer.ALREADY_LISTED: "Nothing more is to be done: a directory lists a business once.",
    ReplayAnswer.POLICY_FORBIDS: "It cannot be replayed while the directory is inactive, or forbids it.",
    ReplayAnswer.JOB_CANCELLED: "It cannot be replayed: the job was cancelled. A new order can go there.",
}


def explain(facts: DirectoryFacts, job: JobFacts) -> Words:
    """One directory of the job."""
    if facts.status.ended:
        return _closed(facts, job)
    if facts.status.waits_for_person:
        return _for_a_person(facts, job)
    if facts.status is SubmissionStatus.SUBMITTING:
        return _submitting(facts, job)
    return _not_sent(facts, job)


def _closed(facts: DirectoryFacts, job: JobFacts) -> Words:
    match facts.status:
        case SubmissionStatus.SUBMITTED:
            why = f"The directory took it; what proves it: {_PROOF[facts.evidence]}."
        case SubmissionStatus.APPROVED:
            why = "The directory has published it."
        case SubmissionStatus.REJECTED:
            why = "The directory has declined it."
        case SubmissionStatus.SKIPPED:
            why = sentence(f"Nothing was sent{_failure(facts)}", facts.reason)
        case _:
            why = sentence(f"It failed{_failure(facts)}", facts.reason)
    if facts.replay is ReplayAnswer.ACCEPTED:
        return Words(why=why, next=f"{_replay(facts, job)} tries it again.")
    return Words(why=why, next=_NEVER_AGAIN.get(facts.replay, "Nothing more is to be done."))


def _for_a_person(facts: DirectoryFacts, job: JobFacts) -> Words:
    if facts.status is SubmissionStatus.UNCERTAIN:
        why = f"It may have been sent at {at(facts.intent_at, job)}, and nobody knows what became of it."
    else:
        why = sentence(f"It waits for a person{_failure(facts)}", facts.reason)
    action = facts.action
    if action is None:
        if facts.execution.state.gone:
            return Words(
                why=f"{why} Nobody has been asked, and its workflow {ended(facts.execution.state)}.",
                next=f"A person is asked. {UPKEEP}",
            )
        stuck = blocked(job, facts.execution)
        return Words(why=why, next=stuck.why if stuck else "A person is about to be asked.")
    if action.claimed_by:
        why = f"{why} {action.claimed_by} is at it."
    what = f"`directorybolt actions show {str(action.id)[:8]}` says what to do"
    if action.deadline_at <= job.now:
        return Words(why=why, next=f"The deadline is over, and it expires. {UPKEEP}")
    then = f"{what}; without a person it expires at {at(action.deadline_at, job)}."
    look = timer(facts.execution, "the next look")
    if look:
        then += f" The directory is asked again at {at(look, job)}."
    if facts.execution.state.gone:
        then += f" Its workflow {ended(facts.execution.state)}: it can be confirmed or given up, and then replayed."
    return Words(why=why, next=then)


def _submitting(facts: DirectoryFacts, job: JobFacts) -> Words:
    why = f"The click was allowed at {at(facts.intent_at, job)} (attempt {facts.attempt}): it may have been sent."
    execution = facts.execution
    if execution.state.gone:
        return Words(
            why=f"{why} Its workflow {ended(execution.state)}.",
            next=f"Nobody clicks again: it becomes uncertain, for a person. {UPKEEP}",
        )
    if stuck := blocked(job, execution):
        return Words(why=f"{why} {stuck.why}", next=f"Nobody clicks again. {stuck.next}")
    if any(activity.started for activity in execution.activities):
        return Words(
            why=f"{why} A worker is at it.", next="It reads the directory's answer, or finds the outcome unknown."
        )
    return Words(why=why, next="Nobody clicks again: the next attempt only writes down what is known.")


def _not_sent(facts: DirectoryFacts, job: JobFacts) -> Words:
    execution = facts.execution
    if execution.state is WorkflowState.MISSING:
        return _not_started(facts, job)
    if execution.state.gone:
        return Words(
            why=f"Its workflow {ended(execution.state)}, and the ledger says {facts.status}: nothing was sent.",
            next=f"It is given up first: {_by_whom(job)}. Then {_replay(facts, job)} tries it again.",
        )
    waits = turn(facts, job)
    if execution.state is WorkflowState.UNKNOWN:
        return waits or Words(
            why=f"Nothing was sent yet: the ledger says {facts.status}.",
            next="Temporal does not answer: whether its workflow runs is not known.",
        )
    return (
        blocked(job, execution)
        or _at_work(facts)
        or waits
        or Words(why="Its workflow is between two steps.", next="It asks for its turn at the directory.")
    )


def _not_started(facts: DirectoryFacts, job: JobFacts) -> Words:
    if job.status.ended:
        return Words(
            why=f"It was never started, and the job is {job.status}.",
            next="Nothing starts it by itself: `directorybolt upkeep run` reports it.",
        )
    if job.execution.state.gone:
        return Words(
            why=f"Nobody works on the job: its workflow {ended(job.execution.state)}.",
            next=f"The job's workflow is started again, and starts this directory. {UPKEEP}",
        )
    again = f" (replay {facts.replays})" if facts.replays else ""
    if job.paused:
        return Words(
            why=f"Not started{again}: the job is paused.",
            next=f"`directorybolt jobs resume {job.job_id}` starts it in its turn.",
        )
    return Words(
        why=f"Not started{again}: as many of the job's directories as its tier allows are under way.",
        next="It starts when one of those ends, or waits for long.",
    )


def _at_work(facts: DirectoryFacts) -> Words | None:
    started = [activity for activity in facts.execution.activities if activity.started]
    for activity in started:
        attempt = f" (attempt {activity.attempt})" if activity.attempt > 1 else ""
        if facts.action is not None:
            return Words(
                why=f"A worker is {step(activity)}{attempt}, and {facts.action.claimed_by or 'a person'} is there for "
                "its captcha.",
                next=f"`directorybolt actions solve {str(facts.action.id)[:8]}` shows the captcha; left unanswered, it "
                "waits for a person again.",
            )
        return Words(why=f"A worker is {step(activity)}{attempt}.", next="It ends within minutes.")
    for activity in facts.execution.activities:
        return Words(why=f"Waits for a free worker, for {step(activity)}.", next="It goes on as soon as one is free.")
    return None


def _failure(facts: DirectoryFacts) -> str:
    return f" ({facts.failure})" if facts.failure else ""


def _by_whom(job: JobFacts) -> str:
    if job.execution.state is WorkflowState.RUNNING:
        return "the job's workflow does so as soon as it hears of it"
    return "by the job's workflow, which upkeep starts again within a few minutes"


def _replay(facts: DirectoryFacts, job: JobFacts) -> str:
    return f"`directorybolt replay --job {job.job_id} --directory {facts.directory}`"

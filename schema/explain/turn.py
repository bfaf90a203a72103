"""What a directory that is not sent yet waits for: its turn, by the rules of the SQL function `take_turn`."""

from schema.contracts.explanation import DirectoryFacts, JobFacts, Words
from schema.explain.phrases import at, sentence, timer
from schema.spelling import counted

_SLEEPS = "the directory's"
"""So begins the summary of the workflow's timer until it asks for its turn again."""


def turn(facts: DirectoryFacts, job: JobFacts) -> Words | None:
    """Why it has no turn yet, and when it asks again; None where it is not in line."""
    sleeps_until = timer(facts.execution, _SLEEPS)
    if facts.queued_at is None and sleeps_until is None:
        return None
    asks_at = sleeps_until or facts.expected_at
    again = f"It asks for its turn again at {at(asks_at, job)}." if asks_at else "It asks for its turn again."
    why, then = _obstacle(facts, job)
    return Words(why=why, next=sentence(then, again))


def _obstacle(facts: DirectoryFacts, job: JobFacts) -> tuple[str, str]:
    """What stands in the way, and what comes after it."""
    gate, now = facts.gate, job.now
    if gate.resting_until and gate.resting_until > now:
        until = at(gate.resting_until, job)
        if gate.broken:
            failed = counted(gate.failures, "failure")
            return (
                sentence(
                    f"Waits for the directory: its circuit breaker is open after {failed}, until {until}", facts.reason
                ),
                "Then one probe goes through, for all jobs.",
            )
        return sentence(f"Waits for the directory: it is left alone until {until}", facts.reason), ""
    if gate.capped_until and gate.capped_until > now:
        return (
            f"Waits for another day: the directory is sent {gate.daily_cap} a day at most.",
            f"The next day begins at {at(gate.capped_until, job)}.",
        )
    if gate.held_until and gate.held_until > now:
        return "Waits in line: another submission is at the directory, and it takes one at a time.", ""
    if gate.next_slot_at and gate.next_slot_at > now:
        return f"Waits for the directory's next slot, at {at(gate.next_slot_at, job)}.", ""
    return "Waits in line for the directory.", ""

"""A plan: which field takes which key of the profile, and why. It names keys; it never holds the customer's data."""

from enum import StrEnum

from schema.contracts.base import Contract
from schema.contracts.form import ButtonKind
from schema.contracts.profile import ProfileKey
from schema.failures import FailureType


class FillAction(StrEnum):
    """`leave` is a decision too: it says why a field stays as the page left it."""

    TYPE = "type"
    SELECT = "select"
    CHECK = "check"
    UPLOAD = "upload"
    LEAVE = "leave"


class FieldDecision(Contract):
    """What happens to one field, where its value comes from and how sure we are.

    `key` is None for a box that is ticked by policy (terms) and for `leave`. `part` picks a part of the key's
    value (e.g. "area_code", "monday.opens"). `variant` selects among the acceptable ways to write the value; a
    refused submission is amended by moving to the next one. `confidence` is 0..1.
    """

    handle: str
    label: str
    action: FillAction
    key: ProfileKey | None = None
    part: str = ""
    variant: int = 0
    confidence: float = 1.0
    why: str = ""


class PlanStep(Contract):
    """One page or pane: valid only on a form with this fingerprint; ends with a press of `button`."""

    fingerprint: str
    decisions: tuple[FieldDecision, ...]
    button: str
    button_kind: ButtonKind


class PlanConstraints(Contract):
    """Bounds the directory sets. Milliseconds between two submissions to it."""

    rate_limit_ms: int = 0


class Plan(Contract):
    """Steps in order; only the last one's button submits. `source` tells who made the plan."""

    directory: str
    url: str
    steps: tuple[PlanStep, ...]
    constraints: PlanConstraints = PlanConstraints()
    idempotency_factors: tuple[str, ...] = ("job_id", "directory", "business_data")
    source: str = "mapper"
    mapper_version: str = ""


class FieldValue(Contract):
    """A decision with the value that will be filled: made just before filling, never stored.

    `text` is what is typed, or the option's value for `select` (several joined by newlines for a multi-select),
    or the data URL for `upload`.
    """

    handle: str
    action: FillAction
    text: str = ""


class GuardFinding(Contract):
    """A rule of the guard that the plan breaks, with a reason a person can read."""

    rule: str
    handle: str = ""
    reason: str


class Obstacle(Contract):
    """Why there is no plan: `failure` decides what happens next, `reason` is one sentence for people."""

    failure: FailureType
    reason: str

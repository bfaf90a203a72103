"""A plan: which field takes which key of the profile, and why. It names keys; it never holds the customer's data."""

from enum import StrEnum

from schema.contracts.base import Contract
from schema.contracts.form import ButtonKind, CaptchaKind
from schema.contracts.profile import ProfileKey
from schema.failures import FailureType


class FillAction(StrEnum):
    """`leave` is a decision too: it says why a field stays as the page left it."""

    TYPE = "type"
    SELECT = "select"
    CHECK = "check"
    UPLOAD = "upload"
    LEAVE = "leave"


class Excerpt(Contract):
    """Which sentences of a text of the profile are kept where all of it is too long, counted from 0 and in order.

    `of` is a digest of that text: of any other text the numbers mean nothing.
    """

    sentences: tuple[int, ...]
    of: str


class FieldDecision(Contract):
    """What happens to one field, where its value comes from and how sure we are.

    `key` is None for a box that is ticked by policy (terms) and for `leave`. `part` picks a part of the key's
    value (e.g. "area_code", "monday.opens"). `variant` selects among the acceptable ways to write the value; a
    refused submission is amended by moving to the next one. `confidence` is 0..1. `option` is the value of the
    offered choice that is taken without a key (`part` "offered"). `excerpt` comes first of the ways to write a text.
    """

    handle: str
    label: str
    action: FillAction
    key: ProfileKey | None = None
    part: str = ""
    variant: int = 0
    confidence: float = 1.0
    why: str = ""
    option: str = ""
    excerpt: Excerpt | None = None


class PlanStep(Contract):
    """One page or pane: valid only on a form with this fingerprint; ends with a press of `button`.

    A `captcha` is to be answered before that, by whoever is asked then: no plan holds an answer.
    """

    fingerprint: str
    decisions: tuple[FieldDecision, ...]
    button: str
    button_kind: ButtonKind
    captcha: CaptchaKind = CaptchaKind.NONE


class PlanConstraints(Contract):
    """Bounds the directory sets. Milliseconds between two submissions to it."""

    rate_limit_ms: int = 0


class ModelUsage(Contract):
    """One question to a model and what it cost, in US dollars. `failure` is "" where its answer was used.

    Tokens are 0 where the model named none: it did not answer, or not in time.
    """

    model: str
    task: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    duration_ms: int = 0
    failure: str = ""


IDEMPOTENCY_FACTORS = ("job_id", "directory", "business_data")
"""What makes two submissions the same one."""


class Plan(Contract):
    """Steps in order; only the last one's button submits. `source` tells who made the plan, `usage` who was asked.

    `learned`: it was made for another submission and worked there; this one was planned without a look at the form.
    """

    directory: str
    url: str
    steps: tuple[PlanStep, ...]
    constraints: PlanConstraints = PlanConstraints()
    idempotency_factors: tuple[str, ...] = IDEMPOTENCY_FACTORS
    source: str = "mapper"
    mapper_version: str = ""
    usage: tuple[ModelUsage, ...] = ()
    learned: bool = False


class FieldValue(Contract):
    """A decision with the value that will be filled: made just before filling, never stored.

    `text` is what is typed, or the option's value for `select` (several joined by newlines for a multi-select),
    or the pictures for `upload`, each a data URL or a web address, one a line.
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

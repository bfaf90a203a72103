"""What the brain's service is asked and answers: a plan for one directory and one business, over HTTP."""

from pydantic import ConfigDict, Field, field_validator
from pydantic.config import JsonDict

from schema.contracts.base import Contract
from schema.contracts.directory import Slug, SubmissionUrl
from schema.contracts.form import FormSnapshot
from schema.contracts.plan import IDEMPOTENCY_FACTORS, Obstacle, Plan, PlanConstraints
from schema.contracts.profile import BusinessProfile

_MOST_FIELDS = 1_000

_REQUEST: JsonDict = {
    "directory": {
        "slug": "best-of-austin",
        "submission_url": "https://best-of-austin.example/add",
        "interval_ms": 60_000,
    },
    "business": {
        "business_name": "Bluebird Bakery",
        "email": "hello@bluebirdbakery.com",
        "phone": "+1 512 555 0147",
        "city": "Austin",
        "country": "US",
        "category": "Bakery",
        "description": "A neighbourhood bakery in downtown Austin.",
    },
}
_BOUNDS: JsonDict = {"constraints": {"rate_limit_ms": 60_000}, "idempotency_factors": list(IDEMPOTENCY_FACTORS)}
_PLAN: JsonDict = {
    "directory": "best-of-austin",
    "url": "https://best-of-austin.example/add",
    "steps": [
        {
            "fingerprint": "7c1f0b6d",
            "decisions": [
                {
                    "handle": "main:company",
                    "label": "Company name",
                    "action": "type",
                    "key": "business_name",
                    "confidence": 0.97,
                    "why": 'label for "company name"',
                }
            ],
            "button": "main:button-submit-listing",
            "button_kind": "submit",
        }
    ],
    **_BOUNDS,
}
_CAPTCHA: JsonDict = {"failure": "captcha", "reason": "The form has a captcha (image)."}


class TargetDirectory(Contract):
    """The directory to plan for: of an import file's fields, those that a plan depends on. Others are ignored.

    `interval_ms` is the least time between two visits that submit something, in milliseconds.
    """

    slug: Slug
    submission_url: SubmissionUrl
    accept_terms: bool = True
    interval_ms: int = Field(default=0, ge=0, le=86_400_000)


class Hints(Contract):
    """What the caller knows already. With a form's snapshot no page is opened, and that one step is planned."""

    snapshot: FormSnapshot | None = None

    @field_validator("snapshot")
    @classmethod
    def _is_of_a_bearable_size(cls, value: FormSnapshot | None) -> FormSnapshot | None:
        if value is not None and len(value.fields) > _MOST_FIELDS:
            raise ValueError(f"must have at most {_MOST_FIELDS} fields")
        return value


class PlanRequest(Contract):
    """A directory and a business. Nothing of the business is kept, logged or repeated."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REQUEST]})

    directory: TargetDirectory
    business: BusinessProfile
    hints: Hints = Hints()


class PlanAnswer(Contract):
    """The plan, or the obstacle that stands in its way: the other one is null."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"plan": _PLAN, **_BOUNDS, "obstacle": None},
                {"plan": None, **_BOUNDS, "obstacle": _CAPTCHA},
            ]
        }
    )

    plan: Plan | None = None
    constraints: PlanConstraints
    idempotency_factors: tuple[str, ...]
    obstacle: Obstacle | None = None

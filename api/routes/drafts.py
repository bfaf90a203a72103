"""`/api/drafts`, `/api/profile`, `/api/checkout`: what the checkout page asks for while a customer types, and to order.

The draft is found by the cookie `draft`, which this browser alone has.
"""

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Cookie, File, HTTPException, Query, Request, Response, UploadFile
from pydantic import ConfigDict, Field, JsonValue

from api import errors
from api.dependencies import ServicesDep, Site
from api.profile import logo as logos
from api.profile import places
from api.profile.logo import MOST_BYTES, LogoRefused
from api.profile.reading import check
from api.selling.checkout import Held, NotOrderable
from api.selling.payments import AlreadyPaid, PaymentsClosed, PaymentUnderWay
from api.selling.stripe import StripeAway, StripeRefused
from schema import categories, problems
from schema.contracts.base import Contract
from schema.contracts.draft import CategoryHit, FieldNote, ProfileCheck, TypedProfile
from schema.contracts.job import Tier
from schema.contracts.payment import PaymentView
from schema.problems import FieldProblem, Problem, RequestRefused

COOKIE = "draft"
_KEPT_S = 30 * 24 * 3600
_IN_A_MINUTE = {"Retry-After": "60"}
AWAY = "Our payment partner does not answer. Your details are saved: please try again in a minute."
CLOSED = "Nothing can be bought here at the moment: payments are not set up. Your details are saved."

DraftCookie = Annotated[str | None, Cookie(alias=COOKIE, include_in_schema=False, max_length=200)]

router = APIRouter(prefix="/api", tags=["checkout"])

_TYPED: dict[str, JsonValue] = {
    "country": "DE",
    "business_name": "Café Blau",
    "category": "Cafe",
    "phone": "030 1234567",
    "email": "hallo@cafe-blau.example",
    "city": "Berlin",
    "postal_code": "10115",
    "description": "Coffee and cake in the heart of Berlin.",
}


class ProfileToCheck(Contract):
    """A profile as far as it is typed."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"profile": _TYPED}]})

    profile: TypedProfile
    has_logo: bool = False


class DraftToSave(Contract):
    """What stands in the form now."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"tier": "growth", "profile": _TYPED}]})

    tier: Tier = Tier.STARTER
    profile: TypedProfile = TypedProfile()


class CheckoutRequest(DraftToSave):
    """An order. `consent`: the customer authorises us to act for them, and confirms what is written."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"tier": "growth", "profile": _TYPED, "consent": True}]},
    )

    consent: bool = False


class DraftView(Contract):
    """A draft as it is kept; its logo, if it has one, is at `/api/drafts/logo`."""

    tier: Tier
    profile: TypedProfile
    has_logo: bool
    version: int
    saved_at: datetime


class WhereToPay(Contract):
    """The address to send the customer to."""

    url: str = Field(examples=["https://checkout.stripe.com/c/pay/cs_test_a1b2"])


def _answers(example: object, **reasons: str) -> dict[int | str, dict[str, Any]]:
    """The good answer's example, and what each error says."""
    good = {"content": {"application/json": {"example": example}}}
    refusals = problems.answers({HTTPStatus[name.upper()]: why for name, why in reasons.items()})
    return {HTTPStatus.OK.value: good, **refusals}


_WRONG = "A field is wrong; `errors` says which."
_NO_DRAFT = "This browser has no draft."
_CHECK = check(TypedProfile.model_validate(_TYPED), has_logo=False).model_dump(mode="json")
_DRAFT = {"tier": "growth", "profile": _TYPED, "has_logo": False, "version": 3, "saved_at": "2026-03-02T09:30:00Z"}
_PLACE = {
    "code": "DE",
    "name": "Germany",
    "phone_example": "030 123456",
    "fields": [{"key": "postal_code", "label": "Postal code", "required": True, "example": "26133", "choices": []}],
}


@router.post("/profile/check", responses=_answers(_CHECK, unprocessable_entity=_WRONG))
async def check_profile(asked: ProfileToCheck) -> ProfileCheck:
    """What is wrong with a profile as far as it is typed, how it is understood, and how it would look."""
    return check(asked.profile, has_logo=asked.has_logo)


@router.get("/categories", responses=_answers([{"label": "Bakery", "hint": "backerei"}], unprocessable_entity=_WRONG))
async def search_categories(q: Annotated[str, Query(max_length=100, examples=["bak"])] = "") -> tuple[CategoryHit, ...]:
    """Kinds of business whose names, in any of several languages, begin with what is typed."""
    return categories.search(q)


@router.get(
    "/places/{country}",
    responses=_answers(_PLACE, not_found="There is no such country.", unprocessable_entity=_WRONG),
)
async def show_place(country: Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["DE"])]) -> places.Place:
    """How addresses and phone numbers are written in a country (ISO 3166-1 alpha-2)."""
    place = places.place(country)
    if place is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such country.")
    return place


@router.get("/drafts/current", responses=_answers(_DRAFT, not_found=_NO_DRAFT))
async def show_draft(services: ServicesDep, draft: DraftCookie = None) -> DraftView:
    """What this browser's customer has typed so far."""
    return _shown(await _held(services, draft))


@router.put("/drafts/current", responses=_answers(_DRAFT, unprocessable_entity=_WRONG))
async def save_draft(
    services: ServicesDep, response: Response, typed: DraftToSave, draft: DraftCookie = None
) -> DraftView:
    """Keep what is typed, right or wrong, for thirty days after the last change. The first time sets the cookie."""
    held = await services.checkout.save(draft, typed.tier, typed.profile)
    keep(response, services.site, held)
    return _shown(held)


@router.delete("/drafts/current", status_code=HTTPStatus.NO_CONTENT)
async def delete_draft(services: ServicesDep, response: Response, draft: DraftCookie = None) -> None:
    """Forget all that is typed. What was ordered stays ordered."""
    held = await services.checkout.find(draft)
    if held is not None:
        await services.checkout.start_over(held)
    response.delete_cookie(COOKIE)


@router.post(
    "/drafts/logo",
    responses=_answers({**_DRAFT, "has_logo": True}, unprocessable_entity="The file is not a picture that we take."),
    openapi_extra={"requestBody": {"content": {"multipart/form-data": {"example": {"logo": "a picture, as bytes"}}}}},
)
async def save_logo(
    services: ServicesDep, response: Response, logo: Annotated[UploadFile, File()], draft: DraftCookie = None
) -> DraftView:
    """Keep a logo: PNG, JPEG, WebP or GIF of at most 5 MB. It is written anew, at most 1024 pixels a side."""
    try:
        held = await services.checkout.save_logo(draft, await logo.read(MOST_BYTES + 1))
    except LogoRefused as refused:
        raise RequestRefused("body.logo", str(refused)) from None
    keep(response, services.site, held)
    return _shown(held)


@router.get(
    "/drafts/logo",
    response_class=Response,
    responses={
        **problems.answers({HTTPStatus.NOT_FOUND: "There is no logo."}),
        200: {"content": {media: {"example": "the picture, as bytes"} for media in ("image/png", "image/jpeg")}},
    },
)
async def show_logo(services: ServicesDep, draft: DraftCookie = None) -> Response:
    """The draft's logo, as it was written anew."""
    held = await _held(services, draft)
    if not held.draft.has_logo:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no logo.")
    body, media = logos.content(await services.checkout.logo(held))
    return Response(body, media_type=media, headers={"Cache-Control": "private, no-store"})


@router.delete("/drafts/logo", responses=_answers(_DRAFT, not_found=_NO_DRAFT))
async def remove_logo(services: ServicesDep, draft: DraftCookie = None) -> DraftView:
    """Do without a logo."""
    return _shown(await services.checkout.remove_logo(await _held(services, draft)))


@router.post(
    "/checkout",
    response_model=WhereToPay,
    responses=_answers(
        {"url": "https://checkout.stripe.com/c/pay/cs_test_a1b2"},
        unprocessable_entity="Something is wrong with the profile, or there is no consent; `errors` says what.",
        service_unavailable="Stripe cannot be reached, or nothing can be bought here: come again.",
    ),
)
async def order(
    request: Request, services: ServicesDep, response: Response, asked: CheckoutRequest, draft: DraftCookie = None
) -> Any:
    """Save the draft, and make a page at Stripe where it is paid. Safe to repeat: the same order has one page."""
    held = await services.checkout.save(draft, asked.tier, asked.profile)
    keep(response, services.site, held)
    try:
        return WhereToPay(url=await services.checkout.order(held, consent=asked.consent))
    except (AlreadyPaid, PaymentUnderWay) as done:
        return WhereToPay(url=arrival(done.payment))
    except NotOrderable as refused:
        problem = Problem(title="This cannot be ordered yet", status=422, errors=_placed(refused.problems))
    except PaymentsClosed:
        problem = Problem(title="Service Unavailable", status=503, detail=CLOSED)
    except (StripeAway, StripeRefused):
        problem = Problem(title="Service Unavailable", status=503, detail=AWAY)
    # What is refused has been saved all the same: this browser must find it again.
    refusal = errors.answer(
        request, problem, _IN_A_MINUTE if problem.status == HTTPStatus.SERVICE_UNAVAILABLE else None
    )
    keep(refusal, services.site, held)
    return refusal


def arrival(payment: PaymentView) -> str:
    """Where a customer goes who has paid."""
    return f"/checkout/done?session_id={payment.checkout_session_id}"


def keep(response: Response, site: Site, held: Held) -> None:
    """Let this browser find the draft again."""
    response.set_cookie(COOKIE, held.secret, _KEPT_S, secure=site.secure, httponly=True, samesite="lax")


def _placed(wrong: Iterable[FieldNote]) -> tuple[FieldProblem, ...]:
    """Where in the request each problem is."""
    own = CheckoutRequest.model_fields
    return tuple(
        FieldProblem(
            field=f"body.{said.field}" if said.field in own else f"body.profile.{said.field}", message=said.message
        )
        for said in wrong
    )


async def _held(services: ServicesDep, secret: str | None) -> Held:
    held = await services.checkout.find(secret)
    if held is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, _NO_DRAFT)
    return held


def _shown(held: Held) -> DraftView:
    draft = held.draft
    return DraftView(
        tier=draft.tier,
        profile=draft.profile,
        has_logo=draft.has_logo,
        version=draft.version,
        saved_at=draft.updated_at,
    )

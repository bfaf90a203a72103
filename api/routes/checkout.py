"""The pages on which a customer buys: what it is, the form, and the way back from paying. Each works without script."""

import dataclasses
import re
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from api.access.auth import let_in
from api.dependencies import Services, ServicesDep
from api.pages import page
from api.profile import forms, places
from api.profile.logo import MOST_BYTES, LogoRefused
from api.profile.reader import SOCIAL
from api.profile.reading import check
from api.routes.drafts import AWAY, CLOSED, COOKIE, DraftCookie, arrival, keep
from api.selling.checkout import Held, NotOrderable, Package
from api.selling.payments import AlreadyPaid, PaymentsClosed, PaymentUnderWay
from api.selling.stripe import StripeAway, StripeRefused
from schema import categories
from schema.contracts.draft import Draft, FieldNote, ProfileCheck, TypedProfile
from schema.contracts.job import Tier
from schema.contracts.payment import PaymentStatus
from schema.contracts.profile import Weekday

router = APIRouter(include_in_schema=False)

_REGION = re.compile(r"\b[a-zA-Z]{2,3}-([A-Z]{2})\b")
_LANGUAGES = ("English", "Spanish", "French", "German", "Italian", "Portuguese", "Dutch", "Polish", "Arabic", "Chinese")
_PAYMENTS = ("Cash", "Credit card", "Debit card", "Visa", "Mastercard", "American Express", "PayPal", "Apple Pay")
_MORE_PAYMENTS = ("Google Pay", "Bank transfer", "Invoice", "Check", "Financing", "Cryptocurrency")


@dataclasses.dataclass(frozen=True, slots=True)
class Form:
    """All that the template of the form shows. `problems` are shown; what is merely empty is not, before it is sent."""

    tier: Tier
    typed: TypedProfile
    has_logo: bool
    check: ProfileCheck
    place: places.Place
    problems: tuple[FieldNote, ...] = ()
    saved: Draft | None = None
    consent: bool = False
    trouble: str = ""

    @property
    def to_do(self) -> str:
        """What is left to be done, in a line; the script writes the same."""
        if empty := len(self.check.missing):
            return f"{empty} required {'field is' if empty == 1 else 'fields are'} still empty."
        if wrong := len(self.check.problems):
            return f"{wrong} {'field needs' if wrong == 1 else 'fields need'} another look."
        return "All that is required is there. The fuller, the more directories take it."

    def problem(self, field: str) -> str:
        return next((said.message for said in self.problems if said.field == field), "")

    def note(self, field: str) -> str:
        return "" if self.problem(field) else next((n.message for n in self.check.notes if n.field == field), "")


@router.get("/")
async def home(request: Request, services: ServicesDep) -> Response:
    """What it is, how it works, what it costs."""
    return page(request, "checkout/home.html", packages=await services.checkout.packages())


@router.get("/checkout")
async def show_form(
    request: Request, services: ServicesDep, draft: DraftCookie = None, tier: Tier | None = None
) -> Response:
    """The form, as it was left."""
    held = await services.checkout.find(draft)
    saved = held.draft if held else None
    typed = saved.profile if saved else TypedProfile()
    if not typed.country:
        typed = typed.model_copy(update={"country": _country(request)})
    form = _form(tier or (saved.tier if saved else Tier.STARTER), typed, saved)
    shown = tuple(problem for problem in form.check.problems if problem.field not in form.check.missing)
    return await _page(request, services, dataclasses.replace(form, problems=shown))


@router.post("/checkout")
async def post_form(request: Request, services: ServicesDep, draft: DraftCookie = None) -> Response:
    """Save, start over, remove the logo, or order: by the button that was pressed."""
    async with request.form(max_files=1, max_fields=200) as posted:
        held = await services.checkout.find(draft)
        if posted.get("do") == "over":
            if held is not None:
                await services.checkout.start_over(held)
            response: Response = RedirectResponse("/checkout", HTTPStatus.SEE_OTHER)
            response.delete_cookie(COOKIE)
            return response
        held = await services.checkout.save(draft, _tier(posted), forms.typed(posted))
        response = await _done(request, services, held, posted)
        keep(response, services.site, held)
        return response


@router.get("/checkout/address")
async def address_fields(request: Request, country: Annotated[str, Query(pattern="^[A-Z]{2}$")]) -> Response:
    """The address as that country writes it, empty: a part of the form, for when the country is changed."""
    place = places.place(country)
    if place is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such country.")
    typed = TypedProfile(country=country)
    return page(request, "checkout/address.html", form=_form(Tier.STARTER, typed, None))


@router.get("/checkout/done")
async def come_back(
    request: Request,
    services: ServicesDep,
    session_id: Annotated[str, Query(max_length=200)] = "",
    draft: DraftCookie = None,
) -> Response:
    """From Stripe to the job. It is a hint that something was paid, never the proof: that is the webhook's."""
    arrived = await services.checkout.arrive(session_id, draft) if session_id else None
    if arrived is not None and arrived.job_id is not None:
        response: Response = RedirectResponse(f"/jobs/{arrived.job_id}", HTTPStatus.SEE_OTHER)
        if arrived.link:
            let_in(response, services.site, arrived.job_id, arrived.link)
        return response
    status = arrived.status if arrived else None
    waiting = status in (PaymentStatus.OPEN, PaymentStatus.PROCESSING, PaymentStatus.PAID)
    return page(
        request,
        "checkout/done.html",
        payment=str(status) if status else "",
        waiting=waiting,
        support=services.site.support_email,
    )


@router.get("/terms")
async def terms(request: Request, services: ServicesDep) -> Response:
    return page(request, "checkout/terms.html", support=services.site.support_email)


@router.get("/privacy")
async def privacy(request: Request, services: ServicesDep) -> Response:
    return page(request, "checkout/privacy.html", support=services.site.support_email)


async def _done(request: Request, services: Services, held: Held, posted: FormData) -> Response:
    """What the pressed button asks for, of a draft that is saved."""
    problems: list[FieldNote] = []
    logo = posted.get("logo")
    if isinstance(logo, UploadFile) and logo.filename:
        try:
            held = await services.checkout.save_logo(held.secret, await logo.read(MOST_BYTES + 1))
        except LogoRefused as refused:
            problems.append(FieldNote(field="logo", message=str(refused)))
    if posted.get("do") == "remove_logo":
        held = await services.checkout.remove_logo(held)
    if posted.get("do") != "pay" and not problems:
        return RedirectResponse("/checkout", HTTPStatus.SEE_OTHER)
    trouble = ""
    if posted.get("do") == "pay":
        try:
            url = await services.checkout.order(held, consent=bool(posted.get("consent")), also=problems)
            return RedirectResponse(url, HTTPStatus.SEE_OTHER)
        except (AlreadyPaid, PaymentUnderWay) as done:
            return RedirectResponse(arrival(done.payment), HTTPStatus.SEE_OTHER)
        except NotOrderable as refused:
            problems = list(refused.problems)
        except PaymentsClosed:
            trouble = CLOSED
        except (StripeAway, StripeRefused):
            trouble = AWAY
    form = dataclasses.replace(
        _form(held.draft.tier, held.draft.profile, held.draft),
        problems=tuple(problems),
        consent=bool(posted.get("consent")),
        trouble=trouble,
    )
    return await _page(
        request, services, form, HTTPStatus.SERVICE_UNAVAILABLE if trouble else HTTPStatus.UNPROCESSABLE_ENTITY
    )


def _form(tier: Tier, typed: TypedProfile, saved: Draft | None) -> Form:
    has_logo = saved.has_logo if saved else False
    place = places.place(typed.country) or places.place("US")
    assert place is not None, "the United States are on the list"
    return Form(tier, typed, has_logo, check(typed, has_logo=has_logo), place, saved=saved)


async def _page(request: Request, services: Services, form: Form, status: HTTPStatus = HTTPStatus.OK) -> Response:
    packages: tuple[Package, ...] = await services.checkout.packages()
    return page(
        request,
        "checkout/checkout.html",
        status,
        form=form,
        packages=packages,
        chosen=next(package for package in packages if package.tier == form.tier),
        countries=places.countries(),
        kinds=categories.labels(),
        days=tuple(Weekday),
        languages=_LANGUAGES,
        payment_methods=(*_PAYMENTS, *_MORE_PAYMENTS),
        networks=SOCIAL,
    )


def _tier(posted: FormData) -> Tier:
    wanted = posted.get("tier")
    return Tier(wanted) if wanted in list(Tier) else Tier.STARTER


def _country(request: Request) -> str:
    """Where the reader's browser says they are at home; a first guess, to be changed."""
    found = _REGION.search(request.headers.get("accept-language", ""))
    return found[1] if found and places.country_name(found[1]) else "US"

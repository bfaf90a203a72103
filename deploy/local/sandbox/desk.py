"""The front desk: takes visits and posts for every site; a post is judged, written down, and only then answered."""

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from deploy.local.sandbox.books import BookRow, Books, Entry, PostOutcome, business_key
from deploy.local.sandbox.fields import build_form
from deploy.local.sandbox.judge import Case, Judge, Verdict, business_of
from deploy.local.sandbox.model import Design, Role, Site
from deploy.local.sandbox.pages import Pages, listing_link
from deploy.local.sandbox.posting import Posting, UnreadablePostError, read_posting
from deploy.local.sandbox.redesign import relaunched, side_of_relaunch
from deploy.local.sandbox.street import find_site
from deploy.local.sandbox.visits import Challenges, Sessions, Visits
from deploy.local.sandbox.wording import wording

SLOW_GET_S = 2.5
SLOW_POST_S = 3.0
SESSION_COOKIE = "sid"


class Desk:
    """All sites of one street. Between looking into the books and writing into them nothing is awaited."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.visits = Visits()
        self._sessions = Sessions()
        self._challenges = Challenges()
        self._judge = Judge(self._sessions, self._challenges)
        self.pages = Pages(self._sessions, self._challenges)

    async def visit(self, site: Site, path: str, request: Request) -> Response:
        """Answers a GET below the site's root."""
        if path == site.form_path:
            return await self._form_page(site, request)
        if site.checks_duplicates and path == "known":
            return self._known(site, request)
        if path in ("captcha.svg", "challenge", "challenge/verify", "subcategories"):
            return self._resource(site, path, request)
        if site.design is Design.IFRAME and path == site.post_path:
            return self.pages.embedded_form(site, "")
        return self._public_page(site, path, request)

    def _known(self, site: Site, request: Request) -> Response:
        """What the page asks before it sends a form; one of the same name with another phone is somebody else."""
        row = self.books.listing_of(site.slug, request.query_params.get("name", ""))
        asked = _digits(request.query_params.get("phone", ""))
        held = [_digits(value) for values in row.fields.values() for value in values] if row else []
        return JSONResponse({"known": bool(asked) and asked in held})

    def _public_page(self, site: Site, path: str, request: Request) -> Response:
        """What visitors of a directory come for: its listings."""
        query = request.query_params
        section, _, name = path.partition("/")
        if path in ("", "search"):
            return self.pages.overview(site, self._found(site, query.get("q")), query.get("q"))
        if path == "listing/known" and site.design is Design.KNOWN_BUSINESS:
            return self.pages.known_listing(site, query.get("name", ""))
        row = self._taken_row(site, name or query.get("ref", ""))
        if row and path == "thank-you":
            return self.pages.thanks(site, row)
        if row and section == "listing" and _public(site, row):
            return self.pages.listing(site, row)
        return self.pages.not_found(site)

    async def receive(self, slug: str, path: str, request: Request) -> Response:
        """Answers a POST to wherever: every one of them leaves a row in the books."""
        try:
            posting = await read_posting(request)
        except UnreadablePostError as error:
            self._write(slug, "", Posting(request.method, request.url.path), Verdict(PostOutcome.REFUSED, 400))
            return PlainTextResponse(str(error), 400)
        site = find_site(slug)
        if site is None:
            self._write(slug, "", posting, Verdict(PostOutcome.REFUSED, 404))
            return PlainTextResponse("Not found", 404)
        if path != site.post_path or site.design is Design.LOGIN_WALL:
            return self._side_door(site, path, posting)
        return await self._submission(side_of_relaunch(site, posting.values), posting, request)

    async def _submission(self, site: Site, posting: Posting, request: Request) -> Response:
        form = build_form(site)
        business = business_of(form, posting)
        if site.loses_first_post and business and self.visits.first(f"{site.slug} {business_key(business)}"):
            return self.pages.hiccup(site, 502, {})
        known = self.books.listing_of(site.slug, business) if business else None
        case = Case(site, form, posting, request.cookies.get(SESSION_COOKIE, ""), known)
        verdict = self._judge.verdict(case)
        row = self._write(site.slug, business, posting, verdict)
        if site.design is Design.SLOW:
            await asyncio.sleep(SLOW_POST_S)
        return self.pages.answer(case, verdict, row)

    def _side_door(self, site: Site, path: str, posting: Posting) -> Response:
        """Posts that are no submission: the login and newsletter forms, and addresses that do not exist."""
        status = {"login": 401, "newsletter": 200}.get(path, 404)
        self._write(site.slug, "", posting, Verdict(PostOutcome.REFUSED, status))
        if path == "login":
            return self.pages.login(site, wording(site.language).errors["login"], status)
        return self.pages.newsletter(site) if path == "newsletter" else self.pages.not_found(site)

    async def _form_page(self, site: Site, request: Request) -> Response:
        match site.design:
            case Design.GONE:
                return self.pages.gone(site)
            case Design.LOGIN_WALL:
                return self.pages.login(site, "", 200)
            case Design.SLOW:
                await asyncio.sleep(SLOW_GET_S)
            case Design.FLAKY if self.visits.first(site.slug):
                return self.pages.hiccup(site, 500, {})
            case Design.BUSY if self.visits.first(site.slug):
                return self.pages.hiccup(site, 429, {"Retry-After": "2"})
            case Design.REDESIGNED if not self.visits.first(site.slug):
                site = relaunched(site)
        session = request.cookies.get(SESSION_COOKIE) or self._sessions.new()
        response = self.pages.fresh_form(site, session)
        if site.design is Design.CSRF:
            response.set_cookie(SESSION_COOKIE, session, httponly=True, samesite="lax", path=f"/{site.slug}")
        return response

    def _resource(self, site: Site, path: str, request: Request) -> Response:
        """What the scripts and pictures of a form ask for."""
        query = request.query_params
        if path == "captcha.svg":
            drawing = self._challenges.drawing(query.get("key", ""))
            return Response(drawing, media_type="image/svg+xml") if drawing else self.pages.not_found(site)
        if path == "challenge":
            return JSONResponse(self._challenges.puzzle()._asdict())
        if path == "challenge/verify":
            solved = self._challenges.solved(query.get("key", ""), query.get("picked", ""))
            return JSONResponse({"token": self._challenges.passed() if solved else ""})
        field = build_form(site).of(Role.SUBCATEGORY)
        parent = query.get("parent_label", "")
        choices = [choice for choice in field.choices if choice.group == parent] if field else []
        return JSONResponse([{"value": choice.value, "label": choice.label} for choice in choices])

    def _taken_row(self, site: Site, number: str) -> BookRow | None:
        row = self.books.row(site.slug, int(number)) if number.isdecimal() and len(number) < 15 else None
        return row if row and row.outcome is PostOutcome.ACCEPTED and site.design is not Design.UNCLEAR else None

    def _found(self, site: Site, query: str | None) -> list[tuple[str, str]]:
        """Listings whose name holds the query, the latest fifty of them; the latest ten without one."""
        if query and site.design is Design.KNOWN_BUSINESS:
            return [(query, f"/{site.slug}/listing/known?name={quote(query)}")]
        rows = [row for row in self.books.rows(site.slug) if _public(site, row)]
        if query:
            rows = [row for row in rows if query.casefold() in row.business.casefold()]
        return [(row.business, listing_link(site, row)) for row in reversed(rows[-50 if query else -10 :])]

    def _write(self, slug: str, business: str, posting: Posting, verdict: Verdict) -> BookRow:
        return self.books.write(
            Entry(slug, business, posting.method, posting.path, posting.values, verdict.outcome, verdict.status)
        )


def _public(site: Site, row: BookRow) -> bool:
    """The unclear site shows its listings to nobody, or its answer would not be unclear."""
    if row.outcome is not PostOutcome.ACCEPTED or site.design is Design.UNCLEAR:
        return False
    return datetime.now(UTC) - datetime.fromisoformat(row.time) >= timedelta(seconds=site.moderated_s)


def _digits(text: str) -> str:
    """The last ten digits: however a phone number of this street is written."""
    return "".join(char for char in text if char.isdecimal())[-10:]

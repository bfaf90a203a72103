"""Every page of the street, rendered: forms, answers, listings, and the street's own map."""

import json
from collections import Counter
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from deploy.local.sandbox.books import BookRow, PostOutcome
from deploy.local.sandbox.fields import Form, build_form
from deploy.local.sandbox.judge import (
    CAPTCHA_ANSWER,
    CAPTCHA_KEY,
    CARD_NUMBER,
    CSRF_FIELD,
    WIDGET_ANSWER,
    Case,
    Verdict,
)
from deploy.local.sandbox.model import Answer, Design, Kind, Role, Site
from deploy.local.sandbox.redesign import side_of_relaunch
from deploy.local.sandbox.views import FormView, form_view
from deploy.local.sandbox.visits import Challenges, Sessions
from deploy.local.sandbox.wording import wording

_HERE = Path(__file__).parent
_PRIVATE = (Role.EMAIL, Role.EMAIL_AGAIN, Role.CONTACT, Role.FIRST_NAME, Role.LAST_NAME, Role.TERMS, Role.NEWSLETTER)
_CONTROL_NAMES = {
    "csrf": CSRF_FIELD,
    "captcha_key": CAPTCHA_KEY,
    "captcha": CAPTCHA_ANSWER,
    "widget": WIDGET_ANSWER,
    "card": CARD_NUMBER,
}


class Pages:
    """Renders answers; decides nothing but how they look."""

    def __init__(self, sessions: Sessions, challenges: Challenges) -> None:
        self._sessions = sessions
        self._challenges = challenges
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["script_json"] = _script_json

    def fresh_form(self, site: Site, session: str) -> HTMLResponse:
        """The empty form, as a first visitor sees it."""
        return self._form(site, form_view(site, build_form(site)), session)

    def embedded_form(self, site: Site, session: str) -> HTMLResponse:
        """The form that lives in the frame of an iframe site."""
        return self._form(site, form_view(site, build_form(site)), session, embedded=True)

    def answer(self, case: Case, verdict: Verdict, row: BookRow) -> Response:
        """The answer to a post of the site's form, after it was written into the books as `row`."""
        site, form, posting, session = case.site, case.form, case.posting, case.session
        link = listing_link(site, case.known or row)
        if site.design is Design.SCRIPTED:
            return self._json_answer(site, verdict, row, link)
        if verdict.outcome is PostOutcome.ACCEPTED:
            return self._accepted(site, form, row, session)
        if verdict.outcome is PostOutcome.REFUSED:
            return self._refused(case, verdict)
        if verdict.outcome is PostOutcome.PENDING_CONFIRMATION:
            email = form.of(Role.EMAIL)
            return self._message(site, "confirm", verdict.status, email=posting.last(email.name) if email else "")
        return self._page(site, f"answers/{verdict.outcome}.html", verdict.status, link=link)

    def thanks(self, site: Site, row: BookRow) -> HTMLResponse:
        return self._message(site, "thanks", 200, business=row.business, id=row.id)

    def listing(self, site: Site, row: BookRow) -> HTMLResponse:
        return self._page(site, "listing.html", 200, business=row.business, facts=_facts(site, row))

    def known_listing(self, site: Site, business: str) -> HTMLResponse:
        """The listing that a site with every business already has."""
        return self._page(site, "listing.html", 200, business=business, facts=[])

    def overview(self, site: Site, rows: list[tuple[str, str]], query: str | None) -> HTMLResponse:
        """The site's home page, or its search results: pairs of a business's name and its listing's address."""
        return self._page(site, "overview.html", 200, listings=rows, query=query)

    def login(self, site: Site, problem: str, status: int) -> HTMLResponse:
        return self._page(site, "forms/login_wall.html", status, problem=problem)

    def gone(self, site: Site) -> HTMLResponse:
        return self._page(site, "forms/gone.html", 410)

    def hiccup(self, site: Site, status: int, headers: dict[str, str]) -> HTMLResponse:
        """The plain page of a server that cannot serve just now."""
        html = self._environment.get_template("answers/hiccup.html").render(site=site, status=HTTPStatus(status))
        return HTMLResponse(html, status, headers)

    def not_found(self, site: Site) -> HTMLResponse:
        return self._page(site, "answers/not_found.html", 404)

    def newsletter(self, site: Site) -> HTMLResponse:
        return self._page(site, "answers/newsletter.html", 200)

    def street_map(self, sites: tuple[Site, ...], counts: dict[str, Counter[PostOutcome]]) -> HTMLResponse:
        """The page for people that lists the whole street, with counts from the books."""
        template = self._environment.get_template("street.html")
        return HTMLResponse(template.render(sites=sites, counts=counts, outcomes=list(PostOutcome)))

    def _form(
        self,
        site: Site,
        view: FormView,
        session: str,
        *,
        status: int = 200,
        problem: str = "",
        flash: str = "",
        embedded: bool = False,
    ) -> HTMLResponse:
        question_key, question = "", ""
        if site.design is Design.CAPTCHA_QUESTION:
            question_key, question = self._challenges.question()
        elif site.design is Design.CAPTCHA_IMAGE:
            question_key = self._challenges.picture()
        return self._page(
            site,
            f"forms/{site.design}{'_inner' if embedded else ''}.html",
            status,
            form=view,
            problem=problem,
            flash=flash,
            token=self._sessions.token(session),
            captcha_key=question_key,
            question=question,
            embedded=embedded,
        )

    def _refused(self, case: Case, verdict: Verdict) -> HTMLResponse:
        site = case.site
        if site.design is Design.GONE:
            return self.gone(site)
        view = form_view(site, case.form, case.posting, verdict.errors)
        embedded = site.design is Design.IFRAME
        return self._form(site, view, case.session, status=verdict.status, problem=verdict.problem, embedded=embedded)

    def _accepted(self, site: Site, form: Form, row: BookRow, session: str) -> Response:
        embedded = site.design is Design.IFRAME
        if site.design is Design.UNCLEAR:
            return self._page(site, "answers/unclear.html", 200)
        match site.answer:
            case Answer.REDIRECT:
                return RedirectResponse(f"/{site.slug}/thank-you?ref={row.id}", 303)
            case Answer.FLASH:
                flash = wording(site.language).say("flash").format(business=row.business)
                return self._form(site, form_view(site, form), session, flash=flash, embedded=embedded)
            case Answer.PREVIEW:
                facts = _facts(site, row)
                return self._page(
                    site, "answers/preview.html", 200, business=row.business, facts=facts, embedded=embedded
                )
            case Answer.REVIEW:
                return self._message(site, "review", 200, business=row.business, embedded=embedded)

    def _json_answer(self, site: Site, verdict: Verdict, row: BookRow, link: str) -> JSONResponse:
        words = wording(site.language)
        if verdict.outcome is PostOutcome.ACCEPTED:
            message = words.say("flash").format(business=row.business)
        elif verdict.outcome is PostOutcome.DUPLICATE:
            message = words.say("duplicate")
        else:
            message = verdict.problem or words.errors["summary"]
        accepted = verdict.outcome is PostOutcome.ACCEPTED
        known = link if verdict.outcome is PostOutcome.DUPLICATE else ""
        body = {"ok": accepted, "message": message, "errors": verdict.errors, "link": known}
        return JSONResponse(body, verdict.status)

    def _message(self, site: Site, key: str, status: int, *, embedded: bool = False, **facts: object) -> HTMLResponse:
        words = wording(site.language)
        reference = words.say("reference").format(**facts) if "id" in facts else ""
        return self._page(
            site,
            "answers/message.html",
            status,
            title=words.say(f"{key}_title"),
            message=words.say(key).format(**facts),
            reference=reference,
            embedded=embedded,
        )

    def _page(self, site: Site, template: str, status: int, **context: Any) -> HTMLResponse:
        words = wording(site.language)
        embedded = context.pop("embedded", False)
        html = self._environment.get_template(template).render(
            site=site,
            root=f"/{site.slug}",
            action=f"/{site.slug}/{site.post_path}",
            skin="skins/bare.html" if embedded else f"skins/{site.skin}.html",
            say=lambda key: words.say(key, site.wording),
            popular=words.categories.lists[0][:8],
            controls=_CONTROL_NAMES,
            errors_of_site=words.errors,
            **context,
        )
        return HTMLResponse(html, status)


def listing_link(site: Site, row: BookRow) -> str:
    """Where the site shows the business of that row."""
    if site.design is Design.KNOWN_BUSINESS:
        return f"/{site.slug}/listing/known?name={quote(row.business)}"
    return f"/{site.slug}/listing/{row.id}"


def _facts(site: Site, row: BookRow) -> list[tuple[str, str]]:
    """What a listing tells visitors: labels and values, without what is nobody's business."""
    facts = []
    for field in build_form(side_of_relaunch(site, row.fields)).fields:
        values = [value for value in row.fields.get(field.name, []) if value.strip()]
        if not values or field.role in _PRIVATE or field.role is Role.BUSINESS_NAME or field.kind is Kind.FILE:
            continue
        labels = {choice.value: choice.label for choice in field.choices}
        facts.append((field.label, ", ".join(labels.get(value, value) for value in values)))
    return facts


def _script_json(value: object) -> str:
    """JSON that may stand inside a script element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")

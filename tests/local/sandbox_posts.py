"""A sandbox street in process, and what an ordinary business would post to any of its sites."""

import base64
import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from deploy.local.sandbox import desk
from deploy.local.sandbox.app import create_app
from deploy.local.sandbox.choices import Choice
from deploy.local.sandbox.fields import Field, Form, build_form
from deploy.local.sandbox.judge import CSRF_FIELD
from deploy.local.sandbox.model import Design, Kind, Role, Site

BUSINESS = "Hill Country Bakehouse"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_TEXTS = {
    Role.BUSINESS_NAME: BUSINESS,
    Role.CONTACT: "Marta Ruiz",
    Role.FIRST_NAME: "Marta",
    Role.LAST_NAME: "Ruiz",
    Role.EMAIL: "marta@hillcountrybakehouse.example",
    Role.EMAIL_AGAIN: "marta@hillcountrybakehouse.example",
    Role.PHONE: "+1 512-555-0147",
    Role.PHONE_AREA: "512",
    Role.PHONE_PREFIX: "555",
    Role.PHONE_LINE: "0147",
    Role.WEBSITE: "https://hillcountrybakehouse.example",
    Role.STREET: "1204 Barton Springs Road",
    Role.CITY: "Austin",
    Role.STATE: "TX",
    Role.POSTAL_CODE: "78704",
    Role.DESCRIPTION: "Sourdough and pastries, baked daily in Austin.",
    Role.SHORT_DESCRIPTION: "Sourdough and pastries.",
    Role.TERMS: "1",
}
_WISHES = ("baker", "bäcker", "panader", "boulang", "food", "alimentación", "texas", "united states", "vereinigte")


@dataclass(frozen=True, slots=True)
class Post:
    """Values by control name, and files where the form takes one."""

    values: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes, str]] = field(default_factory=dict)


@asynccontextmanager
async def open_street(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a fresh street with its books in `folder`, whose slow site does not keep the tests waiting."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk, "SLOW_GET_S", 0.0)
        patch.setattr(desk, "SLOW_POST_S", 0.0)
        transport = httpx.ASGITransport(create_app(folder))
        async with httpx.AsyncClient(transport=transport, base_url="http://street.test") as client:
            yield client


def valid_post(site: Site) -> Post:
    """Everything the site requires and what it asks for besides, in a shape it takes."""
    form, post = build_form(site), Post()
    for each in form.fields:
        if each.kind is Kind.FILE:
            post.files[each.name] = ("logo.png", PNG, "image/png")
            continue
        value = _value(site, form, each)
        if value:
            post.values[each.name] = value
    return post


def _value(site: Site, form: Form, each: Field) -> str:
    if each.role is Role.SUBCATEGORY:
        return _wished(each.choices).value
    if each.role is Role.HOURS:
        return {"mon.opens": "07:00", "mon.closes": "15:30"}.get(each.part, "")
    if each.choices:
        return _wished(each.choices).value if each.required or each.role is Role.CATEGORY else ""
    if site.design is Design.PHONE_FORMAT and each.role is Role.PHONE:
        return "5125550147" if site.digits_only_phone else "(512) 555-0147"
    text = _TEXTS.get(each.role, "")
    return text[: each.limit] if each.limit else text


def _wished(choices: tuple[Choice, ...]) -> Choice:
    wished = (c for wish in _WISHES for c in choices if wish in c.label.casefold())
    return next(wished, choices[0])


async def send(client: httpx.AsyncClient, site: Site, post: Post | None = None) -> httpx.Response:
    """Posts as the site's own page would: JSON to the scripted ones, else with every hidden value the page carries."""
    post = post or valid_post(site)
    address = f"/{site.slug}/{site.post_path}"
    if site.design is Design.SCRIPTED:
        return await client.post(address, json=post.values)
    hidden = await hidden_values(client, site) if site.design is Design.CSRF else {}
    # A hidden value stands before the visible control of the same name, as on the page.
    values = {name: [*hidden.get(name, ()), post.values[name]] for name in post.values}
    values |= {name: each for name, each in hidden.items() if name not in values}
    if CSRF_FIELD in post.values:
        values[CSRF_FIELD] = [post.values[CSRF_FIELD]]
    return await client.post(address, data=values, files=post.files or None)


async def hidden_values(client: httpx.AsyncClient, site: Site) -> dict[str, list[str]]:
    """The hidden inputs of the site's form page, by name."""
    page = await client.get(f"/{site.slug}/{site.form_path}")
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text):
        found.setdefault(html.unescape(name), []).append(html.unescape(value))
    assert CSRF_FIELD in found
    return found

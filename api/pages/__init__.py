"""The pages' templates, rendered on the server. What a page shows is decided by who calls; here is only how.

Everything is escaped, and a name that a template does not get is an error. The pages hold no inline script and no
inline style: the content security policy forbids both.
"""

from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

FOLDER = Path(__file__).parent
STATIC = FOLDER.parent / "static"


def _dollars(cents: int) -> str:
    """US cents in words: $149, $1,499.50."""
    whole, rest = divmod(cents, 100)
    return f"${whole:,}.{rest:02}" if rest else f"${whole:,}"


def _moment(at: datetime) -> str:
    """A moment in UTC, for who reads without JavaScript; `data-time` lets the page show it by the reader's clock."""
    return f"{at:%d %B %Y, %H:%M} UTC"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(dollars=_dollars, moment=_moment)
    return environment


_TEMPLATES = Jinja2Templates(env=_environment())


def page(request: Request, name: str, status: HTTPStatus = HTTPStatus.OK, **context: Any) -> HTMLResponse:
    """The template `name` as an answer; `request` is there in every template. Raises jinja2's errors."""
    return _TEMPLATES.TemplateResponse(request, name, context, status_code=status)


def fragment(name: str, **context: Any) -> str:
    """A part of a page as text. Raises jinja2's errors."""
    return _TEMPLATES.get_template(name).render(context)

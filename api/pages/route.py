"""Routes that a person opens in a browser: what goes wrong there is said on a page that knows the way out."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from api.pages import page
from schema.store.database import AWAY

_log = structlog.get_logger(__name__)

_ASK_AGAIN = {"href": "/links", "text": "Mail me a new link"}


class PageRoute(APIRoute):
    """`APIRouter(route_class=PageRoute)`: errors of its routes, and of what they depend on, are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except HTTPException as refused:
                if refused.status_code < HTTPStatus.BAD_REQUEST:
                    raise
                return _refused(request, HTTPStatus(refused.status_code), refused)
            except RequestValidationError:
                return closed(request)
            except AWAY as error:
                _log.warning("page without its database", path=request.url.path, error=type(error).__name__)
                return away(request)

        return answer


def closed(request: Request, status: HTTPStatus = HTTPStatus.NOT_FOUND) -> Response:
    """What is opened here is opened by a link, and this browser has none that does."""
    return page(
        request,
        "message.html",
        status,
        title="This link does not open anything",
        lines=(
            "It may have been replaced by a newer one, or not have been copied whole.",
            "Your listings are safe. Tell us your e-mail address, and we send you a new link.",
        ),
        link=_ASK_AGAIN,
    )


def away(request: Request) -> Response:
    """The database is away. The browser looks again by itself."""
    answer = page(
        request,
        "message.html",
        HTTPStatus.SERVICE_UNAVAILABLE,
        title="We cannot look it up right now",
        lines=(
            "Our records cannot be reached at the moment. Nothing is lost, and nothing is submitted twice.",
            "This page looks again by itself every few seconds.",
        ),
        link={"href": request.url.path, "text": "Try again now"},
    )
    answer.headers["Retry-After"] = "5"
    answer.headers["Refresh"] = "5"
    return answer


def _refused(request: Request, status: HTTPStatus, refused: HTTPException) -> Response:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND):
        return closed(request, status)
    answer = page(
        request,
        "message.html",
        status,
        title=status.phrase,
        lines=(refused.detail,) if refused.detail != status.phrase else (),
        link={"href": "/", "text": "To the front page"},
    )
    answer.headers.update(refused.headers or {})
    return answer

"""Pages that a customer opens by a link: whoever has none that does is told how to get one."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from api.pages import page

_NOT_LET_IN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND)


class ByLink(APIRoute):
    """`APIRouter(route_class=ByLink)`: who is not let in, or has half an address, is offered a new link."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except HTTPException as refused:
                if refused.status_code not in _NOT_LET_IN:
                    raise
                answered = opens_nothing(request, HTTPStatus(refused.status_code))
                answered.headers.update(refused.headers or {})
                return answered
            except RequestValidationError:
                return opens_nothing(request)

        return answer


def opens_nothing(request: Request, status: HTTPStatus = HTTPStatus.NOT_FOUND) -> Response:
    """The page for a link that does not hold, and for a job that this browser has no link to."""
    return page(
        request,
        "message.html",
        status,
        title="This link does not open anything",
        lines=(
            "It may have been replaced by a newer one, or not have been copied whole.",
            "Your listings are safe. Tell us your e-mail address, and we send you a new link.",
        ),
        link={"href": "/links", "text": "Mail me a new link"},
    )

"""What every request passes before a route sees it, and every answer after: pure ASGI, so that streams stay streams.

From the outside in:

1. the request's id, so that everything below can name it;
2. security headers, on every answer there is, refusals and failures included;
3. HEAD, which is a GET to everything below;
4. one log line per request, and the answer to whatever went wrong below;
5. CORS, before anything that could refuse a preflight;
6. same origin: no other site acts with a visitor's cookies;
7. rate limits, before any work is done;
8. body limits, counted as it comes in;
9. idempotency keys, which read the body and need the database;
10. patience: who reads is not kept waiting by a part that hangs;
11. entity tags, nearest to the routes: what is replayed is no read.

Nothing here knows a customer or a job: who may do what is `api.access.auth`.
"""

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI

from api.middleware.bodies import BodyLimits
from api.middleware.conditional import EntityTags
from api.middleware.head import Heads
from api.middleware.headers import SecurityHeaders
from api.middleware.idempotency import IdempotencyKeys
from api.middleware.origins import CrossOrigin, SameOrigin
from api.middleware.patience import Patience
from api.middleware.rates import RateLimits
from api.middleware.requests import REQUEST_ID, RequestLog, request_id


def install(application: FastAPI) -> None:
    """Put the chain around the application, which must not have served anything yet."""
    for layer in (
        EntityTags,
        Patience,
        IdempotencyKeys,
        BodyLimits,
        RateLimits,
        SameOrigin,
        CrossOrigin,
        RequestLog,
        Heads,
        SecurityHeaders,
    ):
        application.add_middleware(layer)
    application.add_middleware(CorrelationIdMiddleware, header_name=REQUEST_ID, validator=None, transformer=request_id)

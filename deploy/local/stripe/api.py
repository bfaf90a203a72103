"""`/v1`: requests as the SDK sends them, answered as Stripe answers, idempotency included."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from deploy.local.stripe.account import Account
from deploy.local.stripe.books import Answer
from deploy.local.stripe.delivery import Deliveries
from deploy.local.stripe.objects import API_VERSION
from deploy.local.stripe.params import (
    ListEvents,
    Listing,
    ListOfPayment,
    ListSessions,
    MakeRefund,
    MakeSession,
    Nothing,
    Range,
)
from deploy.local.stripe.wire import Document, Refusal, decode, new_id, no_such, read

_KEYS_KEPT_S = 24 * 3600.0
_EXPANDABLE = ("payment_intent", "latest_charge", "charge")

Fields = Document
Act = Callable[[Fields, Document], Document]


class Api:
    """Every request takes place in one transaction, or in none."""

    def __init__(self, account: Account, deliveries: Deliveries, key: str) -> None:
        self.account = account
        self._deliveries = deliveries
        self._key = key
        self._under_way: set[str] = set()

    async def answer(self, request: Request, act: Act) -> Response:
        """Do it, once for each idempotency key, and answer in Stripe's form."""
        request_id = new_id("req_", 14)
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        replayed = False
        try:
            self._check_key(request)
            body = (await request.body()).decode() if request.method == "POST" else request.url.query
            fields = decode(body)
            if key is None:
                await asyncio.sleep(self._deliveries.knobs.api_delay_s)
                status, document = self._do(act, fields, request_id, None)
            else:
                status, document, replayed = await self._once(key, request.url.path, act, fields, request_id)
        except Refusal as refusal:
            status, document = refusal.status, refusal.document
        headers = {"Request-Id": request_id, "Stripe-Version": request.headers.get("stripe-version", API_VERSION)}
        if key is not None:
            headers |= {"Idempotency-Key": key, "Original-Request": request_id}
        if replayed:
            headers["Idempotent-Replayed"] = "true"
        return JSONResponse(document, status, headers)

    async def _once(self, key: str, path: str, act: Act, fields: Fields, request_id: str) -> tuple[int, Document, bool]:
        """What the first request with this key was answered, or is answered now."""
        if len(key) > 255:
            raise Refusal(400, "Idempotency keys may be at most 255 characters.", kind="idempotency_error")
        asked = json.dumps(fields, sort_keys=True)
        if key in self._under_way:
            raise Refusal(
                409,
                f"There is currently another in-progress request using this Idempotent Key (that probably means you "
                f"submitted twice, and the other request is still going through): {key}.",
                code="idempotency_key_in_use",
            )
        self._under_way.add(key)
        try:
            await asyncio.sleep(self._deliveries.knobs.api_delay_s)
            kept = self.account.books.answer(key)
            if kept is not None:
                _check_same(kept, key, path, asked)
                return kept.status, kept.document, True
            status, document = self._do(act, fields, request_id, key)
            with self.account.books.transaction():
                now = time.time()
                self.account.books.keep_answer(key, Answer(path, asked, status, document), now, now - _KEYS_KEPT_S)
        finally:
            self._under_way.discard(key)
        return status, document, False

    def _do(self, act: Act, fields: Fields, request_id: str, key: str | None) -> tuple[int, Document]:
        with self.account.books.transaction():
            document = act(fields, {"id": request_id, "idempotency_key": key})
            return 200, self._expanded(document, fields)

    def _expanded(self, document: Document, fields: Fields) -> Document:
        """With whole objects in place of the ids that the request names in `expand`."""
        for path in read(Nothing, {"expand": fields.get("expand", ())}).expand:
            self._expand(document, path.split("."), path)
        return document

    def _expand(self, document: Document, steps: list[str], path: str) -> None:
        head, *rest = steps
        if head == "data" and rest:
            for inner in document.get("data", ()):
                self._expand(inner, rest, path)
            return
        if head == "line_items" and document.get("object") == "checkout.session" and not rest:
            items = self.account.line_items(document["id"])
            url = f"/v1/checkout/sessions/{document['id']}/line_items"
            document["line_items"] = {"object": "list", "data": items, "has_more": False, "url": url}
            return
        if head not in _EXPANDABLE or head not in document:
            raise Refusal(400, f"This property cannot be expanded ({path}).", param="expand")
        if isinstance(document[head], str):
            document[head] = self.account.books.find(None, document[head])
        if rest and document[head] is not None:
            self._expand(document[head], rest, path)

    def _check_key(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise Refusal(401, "You did not provide an API key.")
        if not secrets.compare_digest(key.encode(), self._key.encode()):
            raise Refusal(401, f"Invalid API Key provided: {key[:8]}{'*' * 16}{key[-4:]}")


def _check_same(kept: Answer, key: str, path: str, asked: str) -> None:
    if kept.path != path:
        raise Refusal(
            400,
            f"Keys for idempotent requests can only be used for the same endpoint they were first used for ('{path}' "
            f"vs '{kept.path}'). Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    if kept.asked != asked:
        raise Refusal(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try "
            f"using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )


def listed(found: list[Document], asked: Listing, url: str) -> Document:
    """One page of these, newest first: what follows `starting_after`, or leads up to `ending_before`."""
    if asked.created is not None:
        created = asked.created if isinstance(asked.created, Range) else Range(gte=asked.created, lte=asked.created)
        found = [one for one in found if created.holds(one["created"])]
    ids = [one["id"] for one in found]
    if asked.starting_after is not None:
        found = found[_place(ids, asked.starting_after, "starting_after") + 1 :]
    if asked.ending_before is not None:
        found = found[: _place(ids, asked.ending_before, "ending_before")]
        page, more = found[-asked.limit :], len(found) > asked.limit
    else:
        page, more = found[: asked.limit], len(found) > asked.limit
    return {"object": "list", "data": page, "has_more": more, "url": url}


def _place(ids: list[str], cursor: str, param: str) -> int:
    try:
        return ids.index(cursor)
    except ValueError:
        raise no_such("object", cursor, param) from None


def router(api: Api) -> APIRouter:
    """The routes of `/v1`."""
    account, books = api.account, api.account.books
    routes = APIRouter(prefix="/v1")

    @routes.post("/checkout/sessions")
    async def make_session(request: Request) -> Response:
        base = str(request.base_url).rstrip("/")
        return await api.answer(request, lambda fields, asked: account.make_session(read(MakeSession, fields), base))

    @routes.get("/checkout/sessions")
    async def list_sessions(request: Request) -> Response:
        def act(fields: Fields, _: Document) -> Document:
            asked = read(ListSessions, fields)
            account.expire_overdue()
            found = [
                one
                for one in books.newest("checkout.session")
                if asked.status in (None, one["status"]) and asked.payment_intent in (None, one["payment_intent"])
            ]
            return listed(found, asked, "/v1/checkout/sessions")

        return await api.answer(request, act)

    @routes.get("/checkout/sessions/{session_id}")
    async def retrieve_session(session_id: str, request: Request) -> Response:
        return await api.answer(request, _reading(lambda: account.session(session_id)))

    @routes.get("/checkout/sessions/{session_id}/line_items")
    async def list_line_items(session_id: str, request: Request) -> Response:
        url = f"/v1/checkout/sessions/{session_id}/line_items"
        return await api.answer(
            request, lambda fields, _: listed(account.line_items(session_id), read(Listing, fields), url)
        )

    @routes.post("/checkout/sessions/{session_id}/expire")
    async def expire_session(session_id: str, request: Request) -> Response:
        def act(fields: Fields, asked: Document) -> Document:
            read(Nothing, fields)
            return account.expire(session_id, asked)

        return await api.answer(request, act)

    @routes.post("/refunds")
    async def make_refund(request: Request) -> Response:
        return await api.answer(request, lambda fields, asked: account.refund(read(MakeRefund, fields), asked))

    @routes.get("/events")
    async def list_events(request: Request) -> Response:
        def act(fields: Fields, _: Document) -> Document:
            asked = read(ListEvents, fields)
            return listed(_events(account, asked), asked, "/v1/events")

        return await api.answer(request, act)

    for path, kind in (
        ("/payment_intents", "payment_intent"),
        ("/charges", "charge"),
        ("/refunds", "refund"),
        ("/disputes", "dispute"),
        ("/events", "event"),
    ):
        _add_reads(routes, api, path, kind)

    @routes.api_route("/{path:path}", methods=["GET", "POST", "DELETE"])
    async def unknown(path: str, request: Request) -> Response:
        def act(fields: Fields, _: Document) -> Document:
            raise Refusal(404, f"Unrecognized request URL ({request.method}: /v1/{path}).")

        return await api.answer(request, act)

    return routes


def _add_reads(routes: APIRouter, api: Api, path: str, kind: str) -> None:
    books = api.account.books

    async def retrieve(object_id: str, request: Request) -> Response:
        def found() -> Document:
            document = books.find(kind, object_id)
            if document is None:
                raise no_such(kind, object_id)
            return document

        return await api.answer(request, _reading(found))

    async def listing(request: Request) -> Response:
        def act(fields: Fields, _: Document) -> Document:
            asked = read(ListOfPayment, fields)
            wanted: dict[str, Any] = {
                name: value
                for name, value in (("payment_intent", asked.payment_intent), ("charge", asked.charge))
                if value is not None
            }
            found = [one for one in books.newest(kind) if all(one.get(name) == wanted[name] for name in wanted)]
            return listed(found, asked, f"/v1{path}")

        return await api.answer(request, act)

    if kind != "event":
        routes.add_api_route(path, listing, methods=["GET"])
    routes.add_api_route(f"{path}/{{object_id}}", retrieve, methods=["GET"])


def _reading(find: Callable[[], Document]) -> Act:
    def act(fields: Fields, _: Document) -> Document:
        read(Nothing, fields)
        return find()

    return act


def _events(account: Account, asked: ListEvents) -> list[Document]:
    undelivered = {one.event for one in account.books.undelivered()} if asked.delivery_success is not None else set()
    wanted = {asked.type} if asked.type else set(asked.types)
    return [
        one
        for one in account.books.newest("event")
        if (not wanted or one["type"] in wanted)
        and (asked.delivery_success is None or (one["id"] in undelivered) is not asked.delivery_success)
    ]

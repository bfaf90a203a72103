"""Posts events to the webhook endpoint, signed as Stripe signs, again and again until the answer is 2xx.

Like Stripe it promises no order, may post one twice, and gives up at last; unlike Stripe it does so within minutes.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterable

import httpx
from pydantic import Field

from deploy.local.stripe.account import Account
from deploy.local.stripe.books import Books
from deploy.local.stripe.wire import Document, Params

_TIMEOUT_S = 10.0
_FIRST_WAIT_S, _LONGEST_WAIT_S, _TRIES = 0.5, 15.0, 30
_AT_ONCE = 8
_LOOK_AT_SESSIONS_S = 30.0
UNREACHABLE = 0
"""In place of a status code."""


class Knobs(Params):
    """How deliveries go wrong, for tests; as it is, they go right. Times are seconds."""

    endpoint: str | None = Field(default=None, pattern=r"^https?://")
    """Where to post, instead of where the server was told at its start."""
    secret: str | None = None
    """What to sign with, instead of our own secret."""
    age_s: int = 0
    """How old the signature says that it is."""
    livemode: bool | None = None
    """What the event says of itself, whatever the account is."""
    copies: int = Field(default=1, ge=1, le=100)
    """How often each event is posted, at the same moment."""
    delay_s: float = Field(default=0, ge=0, le=600)
    """How long an event waits before it is first posted."""
    hold: bool = False
    """Events are kept until they are released."""
    down: bool = False
    """No post gets through."""
    api_delay_s: float = Field(default=0, ge=0, le=60)
    """How long every request to the API takes."""


class Deliveries:
    """`knobs` may be replaced at any moment and hold from then on."""

    def __init__(self, books: Books, endpoint: str, secret: str) -> None:
        self.knobs = Knobs()
        self._books = books
        self._endpoint = endpoint
        self._secret = secret
        self._wake = asyncio.Event()
        self._under_way: set[str] = set()
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._http = httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT_S)

    def wake(self) -> None:
        """There is something to deliver."""
        self._wake.set()

    @contextlib.asynccontextmanager
    async def running(self, account: Account) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks, self._http:
            loops = [tasks.create_task(self._deliver(tasks)), tasks.create_task(_expire(account))]
            try:
                yield
            finally:
                for loop in loops:
                    loop.cancel()

    async def send(self, event: Document, knobs: Knobs) -> int:
        """Post one event now; returns what was answered, UNREACHABLE where nothing was."""
        if knobs.down:
            return UNREACHABLE
        if knobs.livemode is not None:
            event = event | {"livemode": knobs.livemode}
        body = json.dumps(event, indent=2).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": signature(body, knobs.secret or self._secret, int(time.time()) - knobs.age_s),
        }
        posts = [
            self._http.post(knobs.endpoint or self._endpoint, content=body, headers=headers)
            for _ in range(knobs.copies)
        ]
        answers = await asyncio.gather(*posts, return_exceptions=True)
        return max(answer.status_code if isinstance(answer, httpx.Response) else UNREACHABLE for answer in answers)

    async def release(self, events: Iterable[str]) -> list[int]:
        """Post these one after the other, each once answered; returns what was answered."""
        return [await self.attempt(event_id, retry=False) for event_id in events]

    async def attempt(self, event_id: str, *, retry: bool) -> int:
        """Try to deliver one event, and write down how that went."""
        event = self._books.find("event", event_id)
        assert event is not None, "what is promised is written"
        answered = await self.send(event, self.knobs)
        delivered = 200 <= answered < 300
        tries = self._books.deliveries()[event_id].tries + 1
        wait = min(_FIRST_WAIT_S * 2 ** (tries - 1), _LONGEST_WAIT_S)
        again = retry and not delivered and tries < _TRIES
        with self._books.transaction():
            self._books.tried(event_id, answered, delivered=delivered, due=time.time() + wait if again else None)
            if delivered:
                self._books.put(event | {"pending_webhooks": 0})
        return answered

    async def _deliver(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            self._wake.clear()
            waiting = [one for one in self._books.due() if one.event not in self._under_way]
            ready = [one for one in waiting if self._due(one.tries, one.due) <= time.time()]
            for one in ready:
                self._under_way.add(one.event)
                tasks.create_task(self._one(one.event))
            upcoming = [self._due(one.tries, one.due) for one in waiting if one not in ready]
            wait = max(0.0, min(upcoming) - time.time()) if upcoming else None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)

    def _due(self, tries: int, due: float | None) -> float:
        return (due or 0) + (self.knobs.delay_s if tries == 0 else 0)

    async def _one(self, event_id: str) -> None:
        try:
            async with self._places:
                await self.attempt(event_id, retry=True)
        finally:
            self._under_way.discard(event_id)
            self.wake()


def signature(body: bytes, secret: str, timestamp: int) -> str:
    """The header `Stripe-Signature`, as Stripe describes it: a test has the SDK check it, which knows better."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={signed}"


async def _expire(account: Account) -> None:
    while True:
        with account.books.transaction():
            account.expire_overdue()
        await asyncio.sleep(_LOOK_AT_SESSIONS_S)

"""What a customer does before paying: choose a package, describe the business, come back another day, order.

A draft belongs to whoever bears its secret. Money is `api.selling.payments`, a profile's faults are `api.profile`.
"""

import asyncio
import dataclasses
from collections.abc import Sequence
from uuid import UUID

from api.patience import within
from api.profile import logo
from api.profile.reading import read
from api.selling.payments import NoSuchPayment, PaymentsService
from schema import secrets
from schema.contracts.base import Contract
from schema.contracts.draft import Draft, FieldNote, TypedProfile
from schema.contracts.job import Tier
from schema.contracts.payment import PaymentStatus
from schema.store import directories, drafts, links
from schema.store.database import AWAY, Pool

PREFIX = "dbd_"
_COUNTED_WITHIN_S = 2.0
_SOLD_OUT = FieldNote(
    field="tier",
    message="No directory of this package is open right now: choose another package, or come back later.",
)
_NO_CONSENT = FieldNote(
    field="consent", message="Confirm that the details are right and that we may submit them for you."
)


class Package(Contract):
    """One tier as it is sold. `eligible`: directories it would be sent to now; None while nobody can count them."""

    tier: Tier
    name: str
    price_cents: int
    size: int
    eligible: int | None


class NotOrderable(Exception):
    """Something keeps the draft from being ordered; `problems` say what."""

    def __init__(self, *problems: FieldNote) -> None:
        super().__init__("This cannot be ordered as it is.")
        self.problems = problems


@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    """A draft with the secret that opens it."""

    secret: str
    draft: Draft


@dataclasses.dataclass(frozen=True, slots=True)
class Arrival:
    """What awaits a customer who comes back from paying: their job, with a link for this browser, or patience.

    No link where the job's links were replaced: this browser may be the one that was to be kept out.
    """

    status: PaymentStatus
    job_id: UUID | None = None
    link: str = ""


class CheckoutService:
    """Keeps drafts and turns one into an order."""

    def __init__(self, pool: Pool, payments: PaymentsService) -> None:
        self._pool = pool
        self._payments = payments

    async def packages(self) -> tuple[Package, ...]:
        """What can be bought, the smallest first, counted now."""
        eligible: tuple[int | None, ...]
        try:
            eligible = await within(_COUNTED_WITHIN_S, directories.deliverable(self._pool, *Tier))
        except AWAY:
            eligible = (None,) * len(Tier)
        return tuple(
            Package(tier=tier, name=tier.title(), price_cents=tier.price_cents, size=tier.package_size, eligible=count)
            for tier, count in zip(Tier, eligible, strict=True)
        )

    async def find(self, secret: str | None) -> Held | None:
        """The draft of this secret, if there is one."""
        draft = await drafts.find(self._pool, secret) if secret else None
        return Held(secret, draft) if secret and draft else None

    async def open(self, secret: str | None) -> Held:
        """The draft of this secret; else a new one, under a secret of ours: none is taken from strangers."""
        held = await self.find(secret)
        if held is None:
            minted = secrets.mint(PREFIX)
            held = Held(minted, await drafts.create(self._pool, minted, Tier.STARTER))
        return held

    async def save(self, secret: str | None, tier: Tier, profile: TypedProfile) -> Held:
        """Keep what stands in the form, in the draft of this secret or in a new one."""
        held = await self.open(secret)
        saved = await drafts.save(self._pool, held.draft.id, tier, profile)
        # Deleted in another tab a moment ago: what is typed here goes on in a draft of its own.
        return Held(held.secret, saved) if saved else await self.save(None, tier, profile)

    async def save_logo(self, secret: str | None, file: bytes) -> Held:
        """Keep this picture as the logo. Raises LogoRefused."""
        url = await asyncio.to_thread(logo.data_url, file)
        held = await self.open(secret)
        await drafts.save_logo(self._pool, held.draft.id, url)
        return await self.find(held.secret) or held

    async def remove_logo(self, held: Held) -> Held:
        await drafts.save_logo(self._pool, held.draft.id, "")
        return await self.find(held.secret) or held

    async def logo(self, held: Held) -> str:
        """The logo as a `data:` URL, or ""."""
        return await drafts.logo(self._pool, held.draft.id)

    async def start_over(self, held: Held) -> None:
        """Forget the draft; what was ordered stays ordered."""
        await drafts.delete(self._pool, held.draft.id)

    async def order(self, held: Held, *, consent: bool, also: Sequence[FieldNote] = ()) -> str:
        """The address at which the draft, as it is, is paid.

        `also` is wrong besides. Raises NotOrderable, and what `PaymentsService.open_checkout` raises.
        """
        draft = held.draft
        reading = read(draft.profile, await drafts.logo(self._pool, draft.id) if draft.has_logo else "")
        problems = [*also, *reading.check.problems]
        if await directories.deliverable(self._pool, draft.tier) == (0,):
            problems.insert(0, _SOLD_OUT)
        if not consent:
            problems.append(_NO_CONSENT)
        if problems or reading.profile is None:
            raise NotOrderable(*problems)
        await drafts.consent(self._pool, draft.id)
        return await self._payments.open_checkout(draft.id, draft.tier, reading.profile, draft.version)

    async def arrive(self, session_id: str, secret: str | None) -> Arrival | None:
        """How the payment of that session stands, for the browser in which it was begun and for nobody else."""
        held = await self.find(secret)
        if held is None:
            return None
        try:
            payment = await self._payments.settle(session_id)
        except NoSuchPayment:
            return None
        if payment.draft_id != held.draft.id:
            return None
        if payment.job_id is None:
            return Arrival(payment.status)
        if await links.any_revoked(self._pool, payment.job_id):
            return Arrival(payment.status, payment.job_id)
        link = await links.mint(self._pool, payment.job_id, "came back from paying")
        return Arrival(payment.status, payment.job_id, link)

"""The gateway to Stripe, by the settings."""

import contextlib
from collections.abc import AsyncIterator

from api.selling.stripe import StripeGateway
from deploy.runtime.settings import Settings


@contextlib.asynccontextmanager
async def stripe_gateway(settings: Settings) -> AsyncIterator[StripeGateway | None]:
    """None without a key: then nothing can be bought, and nothing is asked."""
    if settings.stripe_secret_key is None:
        yield None
        return
    gateway = StripeGateway(settings.stripe_secret_key.get_secret_value(), api_base=settings.stripe_api_base)
    try:
        yield gateway
    finally:
        await gateway.close()

"""The Temporal client, as every process of ours makes it."""

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from deploy.runtime.settings import Settings


async def connect(settings: Settings, *, lazy: bool = False) -> Client:
    """`lazy` connects at the first call. Otherwise raises RuntimeError when the server cannot be reached."""
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        api_key=settings.temporal_api_key.get_secret_value() if settings.temporal_api_key else None,
        tls=settings.temporal_tls,
        data_converter=pydantic_data_converter,
        lazy=lazy,
    )

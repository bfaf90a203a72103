"""Where people find what, by the settings."""

from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import SecretStr

from api.dependencies import Site
from deploy.runtime.artifacts import linker
from deploy.runtime.settings import Settings

_STRIPE = "https://checkout.stripe.com"


def site(settings: Settings) -> Site:
    """What the API's pages and headers say of the service."""
    return Site(
        public_url=settings.public_url,
        support_email=settings.support_email,
        temporal_ui_url=settings.temporal_ui_url,
        temporal_namespace=settings.temporal_namespace,
        temporal_task_queue=settings.temporal_task_queue,
        cors_origins=settings.origins,
        artifact_origin=_artifact_origin(settings),
        paying_origin=_origin(settings.stripe_api_base) if settings.stripe_api_base else _STRIPE,
    )


def _artifact_origin(settings: Settings) -> str:
    """Where links to the artifact store lead: whatever the keys are, which may take seconds to find."""
    anybody = SecretStr("none")
    keyed = settings.model_copy(update={"aws_access_key_id": anybody, "aws_secret_access_key": anybody})
    return _origin(linker(keyed, timedelta(minutes=1))("key"))


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"

"""What the layers know of the service they stand in front of."""

from typing import cast

from starlette.types import Scope

from api.dependencies import Services, Site

_UNKNOWN = Site()


def services_of(scope: Scope) -> Services | None:
    """The application's clients; None before it has started."""
    return cast("Services | None", getattr(scope["app"].state, "services", None))


def site_of(scope: Scope) -> Site:
    """Where we are reached, as the settings say."""
    services = services_of(scope)
    return services.site if services else _UNKNOWN

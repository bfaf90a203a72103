"""The OpenID provider by which staff sign in, by the settings."""

from api.access.oidc import Provider
from deploy.runtime.settings import Settings
from schema.contracts.access import Scope

_CALLBACK = "/staff/sign-in/done"
"""What to register at the provider, behind PUBLIC_URL."""


def oidc_provider(settings: Settings) -> Provider | None:
    """None where none is set."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    groups = {
        settings.oidc_read_group: Scope.READ,
        settings.oidc_act_group: Scope.ACT,
        settings.oidc_admin_group: Scope.ADMIN,
    }
    return Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        groups={group: scope for group, scope in groups.items() if group},
        redirect_uri=settings.public_url + _CALLBACK,
    )

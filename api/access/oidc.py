"""Signing in by an OpenID provider: the authorization code flow, with PKCE; nonce and state are kept by the browser.

The provider says who somebody is and in which groups; what a group may do is said by the settings. Whoever is in none
of them, or whose address nobody has verified, is not let in. No token of the provider is kept.
"""

import base64
import dataclasses
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from pydantic import SecretStr, ValidationError

from schema.contracts.access import Principal, Scope
from schema.contracts.base import Contract

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""By which an identity may be signed: none with which the client's own secret would be the key."""

_SCOPES = ("openid", "email", "profile", "groups")
_TIMEOUT_S = 10.0
_LEEWAY_S = 60
_log = structlog.get_logger(__name__)


class SignInRefused(Exception):
    """Nobody is signed in; the text says why, in a sentence for the one who tried."""


class ProviderAway(Exception):
    """The provider does not answer, or says what cannot be understood."""


class Attempt(Contract):
    """What the browser keeps between leaving for the provider and coming back; `next` is where it goes then."""

    state: str
    nonce: str
    verifier: str
    next: str

    def packed(self) -> str:
        """As the value of a cookie."""
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode()

    @classmethod
    def unpacked(cls, value: str) -> "Attempt | None":
        """None for what is not one."""
        try:
            return cls.model_validate_json(base64.urlsafe_b64decode(value))
        except (ValueError, ValidationError):
            return None


class _Metadata(Contract):
    """What we need of `/.well-known/openid-configuration`."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    scopes_supported: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Provider:
    """One OpenID provider, and which of its groups may do what. Without a secret we are a public client."""

    issuer: str
    client_id: str
    client_secret: SecretStr | None
    groups: Mapping[str, Scope]
    redirect_uri: str

    @property
    def name(self) -> str:
        """As people know it."""
        return urlsplit(self.issuer).hostname or self.issuer

    async def begin(self, next_page: str) -> tuple[str, Attempt]:
        """Where to send the browser, and what it is to keep. Raises ProviderAway."""
        attempt = Attempt(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            next=next_page,
        )
        async with self._client() as client:
            metadata = await self._discovered(client)
            url, _ = client.create_authorization_url(
                metadata.authorization_endpoint,
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
                scope=" ".join(_wanted(metadata)),
            )
        return url, attempt

    async def finish(self, attempt: Attempt, state: str, code: str) -> Principal:
        """Who has come back from the provider. Raises SignInRefused, ProviderAway."""
        if not secrets.compare_digest(state.encode(), attempt.state.encode()):
            raise SignInRefused("This sign-in was not begun in this browser: please begin again.")
        async with self._client() as client:
            metadata = await self._discovered(client)
            try:
                token = await client.fetch_token(
                    metadata.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=attempt.verifier,
                )
                keys = (await client.request("GET", metadata.jwks_uri, withhold_token=True)).raise_for_status().json()
                claims = self._checked(str(token["id_token"]), jwk.KeySet.import_key_set(keys), attempt.nonce)
                if "groups" not in claims and metadata.userinfo_endpoint is not None:
                    more = (await client.get(metadata.userinfo_endpoint)).raise_for_status().json()
                    # It must speak of the same one.
                    claims = {**more, **claims} if more.get("sub") == claims["sub"] else claims
            except httpx2.HTTPError as error:
                raise _away(error) from None
            except (AuthlibBaseError, JoseError, KeyError, ValueError, TypeError) as error:
                _log.warning("sign-in refused", error=type(error).__name__)
                raise SignInRefused("The provider did not confirm who you are: please begin again.") from None
        return self._known(claims)

    def _client(self) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self.client_id,
            self.client_secret.get_secret_value() if self.client_secret else None,
            token_endpoint_auth_method="client_secret_basic" if self.client_secret else "none",
            code_challenge_method="S256",
            redirect_uri=self.redirect_uri,
            timeout=_TIMEOUT_S,
        )

    async def _discovered(self, client: AsyncOAuth2Client) -> _Metadata:
        address = f"{self.issuer}/.well-known/openid-configuration"
        try:
            answer = await client.request("GET", address, withhold_token=True)
            metadata = _Metadata.model_validate(answer.raise_for_status().json())
        except (httpx2.HTTPError, ValueError) as error:
            raise _away(error) from None
        if metadata.issuer.rstrip("/") != self.issuer:
            raise _away(ValueError("another issuer"))
        return metadata

    def _checked(self, id_token: str, keys: jwk.KeySet, nonce: str) -> dict[str, Any]:
        """What the provider says, once its signature and all that it must say have been checked."""
        claims: dict[str, Any] = jwt.decode(id_token, keys, algorithms=ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "values": [self.issuer, f"{self.issuer}/"]},
            aud={"essential": True, "value": self.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
        audience = claims["aud"]
        if (isinstance(audience, list) and len(audience) > 1) or "azp" in claims:
            jwt.JWTClaimsRegistry(azp={"essential": True, "value": self.client_id}).validate(claims)
        return claims

    def _known(self, claims: Mapping[str, Any]) -> Principal:
        email = claims.get("email")
        if not isinstance(email, str) or not email or claims.get("email_verified") is not True:
            raise SignInRefused("The provider knows no verified e-mail address of yours.")
        groups = claims.get("groups")
        given = groups if isinstance(groups, list) else ()
        scopes = frozenset(self.groups[group] for group in given if isinstance(group, str) and group in self.groups)
        if not scopes:
            raise SignInRefused(f"{email} is in no group that may come in here: ask whoever administers them.")
        return Principal(name=email, scopes=scopes, via=f"oidc:{self.name}")


def _wanted(metadata: _Metadata) -> tuple[str, ...]:
    """What is asked for: some providers refuse what they do not know."""
    known = metadata.scopes_supported
    return tuple(scope for scope in _SCOPES if scope in known or (scope != "groups" and not known) or scope == "openid")


def _away(error: Exception) -> ProviderAway:
    _log.warning("OpenID provider away", error=type(error).__name__)
    return ProviderAway("The sign-in provider does not answer as it should: try again, or sign in with a token.")

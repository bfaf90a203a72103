"""Who may ask one of our HTTP services: whoever bears its token. Shared by the API and by the brain's service."""

import hmac
from http import HTTPStatus

from fastapi import HTTPException
from fastapi.security import HTTPAuthorizationCredentials


def demand(token: str, given: HTTPAuthorizationCredentials | None) -> None:
    """Raises HTTPException (401) where a request does not bear the token. Any guess takes the same time."""
    if given is None or not hmac.compare_digest(given.credentials.encode(), token.encode()):
        raise HTTPException(HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})

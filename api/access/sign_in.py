"""The one service behind signing in and out in a browser: who is let in, for how long, and that it is written down."""

from schema.contracts.access import STAFF_SCOPES, Principal
from schema.store import audit, sessions, tokens
from schema.store.database import Pool


class NotKnown(Exception):
    """What was shown lets nobody in; the text says it in a sentence."""


class SignInService:
    """Begins and ends the sessions of staff."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def by_token(self, secret: str, request_id: str) -> str:
        """Sign in whose token it is. Returns the secret that their browser keeps. Raises NotKnown."""
        token = await tokens.find(self._pool, secret.strip())
        if token is None:
            raise NotKnown("This token is not known here, or it holds no more.")
        scopes = STAFF_SCOPES & set(token.scopes)
        if not scopes:
            raise NotKnown("This token is a service's: nobody signs in with it.")
        who = Principal(name=token.name, scopes=scopes, via="token", request_id=request_id)
        async with self._pool.acquire() as connection, connection.transaction():
            await audit.write(connection, who, "session.begin")
            return await sessions.begin(connection, who.name, scopes, token.id)

    async def by_provider(self, who: Principal) -> str:
        """Sign in whom the provider knows. Returns the secret that their browser keeps."""
        async with self._pool.acquire() as connection, connection.transaction():
            await audit.write(connection, who, "session.begin")
            return await sessions.begin(connection, who.name, who.scopes)

    async def out(self, secret: str, request_id: str) -> None:
        """Sign out. Safe to repeat."""
        who = await sessions.find(self._pool, secret)
        if who is not None:
            async with self._pool.acquire() as connection, connection.transaction():
                await audit.write(connection, who.model_copy(update={"request_id": request_id}), "session.end")
                await sessions.end(connection, secret)

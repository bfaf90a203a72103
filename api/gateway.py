"""The one module of the API that talks to Temporal."""

from temporalio.client import Client


class WorkflowGateway:
    """What the API asks of Temporal."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def check(self) -> None:
        """Raises temporalio's RPCError, or RuntimeError, when the server does not answer."""
        await self._client.service_client.check_health()

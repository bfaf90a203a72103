"""What Temporal says of workflows, for pages: the same looks as the commands take."""

from temporalio.client import Client

from activities.executions import is_paused, look_at
from schema.contracts.explanation import Execution


class TemporalExecutions:
    """Looks at one workflow at a time. Raises RPCError, or RuntimeError, when the server does not answer."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def look(self, workflow_id: str) -> Execution:
        """Its state and what it is at; timers are left out: they are read from the whole history."""
        return await look_at(self._client, workflow_id, timers=False)

    async def paused(self, workflow_id: str) -> bool | None:
        """Whether somebody holds the job back; None when no worker can tell."""
        return await is_paused(self._client, workflow_id)

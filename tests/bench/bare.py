"""The measure for JobWorkflow: a parent whose children do nothing at all, a window of them at a time."""

import asyncio

from temporalio import workflow


@workflow.defn
class BareChild:
    @workflow.run
    async def run(self) -> None:
        return


@workflow.defn
class BareParent:
    @workflow.run
    async def run(self, children: int, window: int) -> None:
        places = asyncio.Semaphore(window)

        async def child(number: int) -> None:
            async with places:
                await workflow.execute_child_workflow(BareChild.run, id=f"{workflow.info().workflow_id}-{number}")

        await asyncio.gather(*(child(number) for number in range(children)))

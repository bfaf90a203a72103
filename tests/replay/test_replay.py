"""Workflows in flight survive a deploy: today's code takes every recorded history to where it was.

Where this fails after a change on purpose, guard the change with `workflow.patched`, and only then record anew.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from deploy.cli.example import example_profile
from deploy.runtime.worker import workflow_runner
from tests.replay import stored
from tests.replay.changed import CHANGED
from workflows.registry import WORKFLOWS

FILES = sorted(stored.FOLDER.rglob("*.json"))
LARGEST = 60_000
"""Bytes: a history is evidence of a shape, not of a load."""


async def replay(history: WorkflowHistory, workflows: Sequence[type]) -> None:
    replayer = Replayer(
        workflows=workflows,
        data_converter=pydantic_data_converter,
        workflow_runner=workflow_runner(),
        # Otherwise a workflow that does not get the processor for two seconds is taken for one that hangs.
        debug_mode=True,
    )
    await replayer.replay_workflow(history)


def by_name(file: Path) -> str:
    return str(file.relative_to(stored.FOLDER).with_suffix(""))


@pytest.mark.parametrize("file", FILES, ids=by_name)
async def test_a_recorded_history_replays(file: Path) -> None:
    await replay(stored.read(file), WORKFLOWS)


@pytest.mark.parametrize("file", FILES, ids=by_name)
async def test_a_careless_change_does_not(file: Path) -> None:
    with pytest.raises(NondeterminismError):
        await replay(stored.read(file), CHANGED)


def test_every_registered_workflow_has_histories() -> None:
    recorded = {stored.workflow_type(stored.read(file)) for file in FILES}
    assert recorded == {workflow.__name__ for workflow in WORKFLOWS}


@pytest.mark.parametrize("file", FILES, ids=by_name)
def test_a_history_holds_nothing_of_the_customer_nor_of_the_machine(file: Path) -> None:
    profile = example_profile()
    website = urlsplit(profile.website).hostname or ""
    canaries = [profile.email, profile.business_name, profile.street, "Congress", profile.contact_last_name, website]
    # A worker's own identity is pid@host, and a stack trace is full of paths.
    canaries += ["@", "/home/", "/root/", f"{Path.cwd()}/", "site-packages", ".py"]
    text = "\n".join(stored.words(stored.read(file))).casefold()
    assert [canary for canary in canaries if canary.casefold() in text] == []
    phone = re.sub(r"\D", "", profile.phone)
    assert phone[-7:] not in re.sub(r"[ ().-]", "", text)
    assert file.stat().st_size < LARGEST

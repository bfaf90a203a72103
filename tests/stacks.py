"""Stacks for tests: the same parts as the embedded stack, on free ports and in folders of their own."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from rich.console import Console

from deploy.local.checklist import Checklist
from deploy.local.environment import Configured, StackEnvironment
from deploy.local.ours import ROOT
from deploy.local.parts import Piece, StackPlan, plan_stack
from deploy.local.ports import HOST, free_port
from deploy.local.stack import Stack
from deploy.local.temporal import load_temporal_dev, temporal_part

NOTHING_CONFIGURED = Configured.model_construct()
"""A test never touches what the machine's environment points at."""


def quiet() -> Checklist:
    return Checklist(Console(quiet=True))


@contextlib.asynccontextmanager
async def running(folder: Path, *pieces: Piece, workers: int = 1) -> AsyncIterator[Stack]:
    """A stack of these pieces for the length of the block, and then nothing of it, its data included."""
    try:
        plan = plan_stack(folder, frozenset(pieces), NOTHING_CONFIGURED, usual_ports=False, workers=workers)
        async with Stack(folder, plan, quiet()) as stack:
            yield stack
    finally:
        discard(folder)


@contextlib.asynccontextmanager
async def short_histories(folder: Path, events: int) -> AsyncIterator[StackEnvironment]:
    """A Temporal server like the stack's, except that it suggests continue-as-new after so many events."""
    config = load_temporal_dev(ROOT / "temporal-dev.yaml")
    config = config.model_copy(
        update={"dynamic_config": {**config.dynamic_config, "limit.historyCount.suggestContinueAsNew": events}}
    )
    taken: set[int] = set()
    port = free_port(0, taken)
    part = temporal_part(config, folder=folder / "data", frontend=port, ui=free_port(0, taken))
    values = {"TEMPORAL_ADDRESS": f"{HOST}:{port}", "TEMPORAL_NAMESPACE": config.namespace.name}
    try:
        async with Stack(folder, StackPlan(((part,),), StackEnvironment(values)), quiet()) as stack:
            yield stack.environment
    finally:
        discard(folder)


def discard(folder: Path) -> None:
    """Remove a stopped stack's folder, and what lies elsewhere for it."""
    elsewhere = folder / "data" / "elsewhere"
    if elsewhere.is_symlink():
        shutil.rmtree(elsewhere.resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)

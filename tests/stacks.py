"""Stacks for tests: the same parts as the embedded stack, on free ports and in folders of their own."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from rich.console import Console

from deploy.local.checklist import Checklist
from deploy.local.environment import Configured
from deploy.local.parts import Piece, plan_stack
from deploy.local.stack import Stack

NOTHING_CONFIGURED = Configured.model_construct()
"""A test never touches what the machine's environment points at."""


def quiet() -> Checklist:
    return Checklist(Console(quiet=True))


@contextlib.asynccontextmanager
async def running(folder: Path, *pieces: Piece) -> AsyncIterator[Stack]:
    """A stack of these pieces for the length of the block, and then nothing of it, its data included."""
    try:
        plan = plan_stack(folder, frozenset(pieces), NOTHING_CONFIGURED, usual_ports=False)
        async with Stack(folder, plan, quiet()) as stack:
            yield stack
    finally:
        discard(folder)


def discard(folder: Path) -> None:
    """Remove a stopped stack's folder, and what lies elsewhere for it."""
    elsewhere = folder / "data" / "elsewhere"
    if elsewhere.is_symlink():
        shutil.rmtree(elsewhere.resolve())
    shutil.rmtree(folder, ignore_errors=True)

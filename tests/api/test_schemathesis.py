"""Schemathesis asks the running API everything that its own description allows, and much that it does not.

With a staff token, and with a customer's link. Never a 5xx, and every answer as it is described. It runs as a program
of its own: its plugin for pytest would bring Hypothesis's, which this project's runs leave out.
"""

import asyncio
import sys
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from api.dependencies import Services
from api.gateway import WorkflowGateway
from api.selling.stripe import Webhooks
from schema.contracts.access import Scope
from schema.store import links, tokens
from schema.store.database import Pool, Seat, open_pool
from tests.api.browsing import live
from tests.factories import add_begun_job

_CONFIG = Path(__file__).with_name("schemathesis.toml")
_EXAMPLES = 5
"""Of each operation; they are the same each time, in the same order: what fails is the code."""
_SECONDS = 25
"""How far a run comes on its way; to the end of it takes two minutes."""


def _services(everything: Pool, customers: Pool, dev: WorkflowEnvironment) -> Services:
    gateway, webhooks = WorkflowGateway(dev.client), Webhooks(("whsec_test",), livemode=False)
    return Services(pool=everything, customers=customers, gateway=gateway, webhooks=webhooks)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("who", ["staff", "customer"])
async def test_nothing_that_can_be_asked_breaks_it(
    pool: Pool, database_url: str, dev: WorkflowEnvironment, tmp_path: Path, who: str
) -> None:
    job_id = await add_begun_job(pool, ["alpha", "beta"])
    if who == "staff":
        secret = (await tokens.create(pool, "fuzzer", list(Scope), "test")).secret
        about = ["--exclude-path-regex", "events$"]
    else:
        secret = await links.mint(pool, job_id, "test")
        about = ["--include-path-regex", r"^/api/jobs/\{job_id\}", "--exclude-path-regex", "events$"]
    async with (
        await open_pool(database_url, 8, Seat.STAFF) as everything,
        await open_pool(database_url, 4, Seat.CUSTOMERS) as customers,
        live(_services(everything, customers, dev)) as url,
    ):
        process = await asyncio.create_subprocess_exec(
            *(str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(_CONFIG)),
            *("run", f"{url}/openapi.json", "--header", f"Authorization: Bearer {secret}"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", str(_EXAMPLES)),
            *("--generation-deterministic", "--suppress-health-check", "all", "--max-time", str(_SECONDS)),
            *("--request-timeout", "120", "--no-color", *about),
            cwd=tmp_path,
            env={"JOB_ID": str(job_id), "PATH": "/usr/bin:/bin", "NO_PROXY": "*"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()

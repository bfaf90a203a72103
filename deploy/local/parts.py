"""Which parts the embedded stack has, and what each of them is told: a typed list, in the order of their start.

Ports are chosen and addresses known before anything runs, so that every part can be told of all the others.
"""

import asyncio
import secrets
import sys
from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import httpx

from deploy.local.aws import aws_part
from deploy.local.environment import Configured, StackEnvironment
from deploy.local.ports import HOST, free_port
from deploy.local.postgres import open_cluster, postgres_part
from deploy.local.process import Part, Step, log_file
from deploy.local.queues import ensure_bucket, ensure_queues
from deploy.local.temporal import TemporalDev, load_temporal_dev, temporal_part
from deploy.runtime.browser_path import find_browser
from schema.contracts.directory import DirectoryEntry
from schema.migrate import migrate
from schema.store.database import open_pool
from schema.store.directories import import_entries

ROOT = Path(__file__).parents[2]
"""The checkout: where `temporal-dev.yaml` lies, and where our own processes run."""

_WORKER_READY = "worker started"
_WORKER_DRAIN_SECONDS = 65.0
_API_DRAIN_SECONDS = 15.0
_POSTGRES_PORT, _AWS_PORT, _SANDBOX_PORT, _STRIPE_PORT, _API_PORT = 5433, 4566, 8090, 12111, 8080


class Piece(StrEnum):
    """Everything a stack can consist of."""

    POSTGRES = "postgresql"
    AWS = "sqs and s3"
    TEMPORAL = "temporal"
    SANDBOX = "sandbox"
    STRIPE = "stripe"
    MIGRATIONS = "migrations"
    QUEUES = "queues"
    DIRECTORIES = "directories"
    WORKER = "worker"
    API = "api"


WHOLE_STACK = frozenset(Piece)

_WAVES = (
    (Piece.POSTGRES, Piece.AWS, Piece.TEMPORAL, Piece.SANDBOX, Piece.STRIPE),
    (Piece.MIGRATIONS, Piece.QUEUES),
    (Piece.DIRECTORIES,),
    (Piece.WORKER, Piece.API),
)
"""What starts together; each wave needs those before it."""


@dataclass(frozen=True, slots=True)
class StackPlan:
    """Everything decided about a stack before its first process: what starts together, wave by wave."""

    waves: tuple[tuple[Part | Step, ...], ...]
    environment: StackEnvironment


@dataclass(frozen=True, slots=True)
class _Ports:
    postgres: int
    aws: int
    temporal: int
    temporal_ui: int
    sandbox: int
    stripe: int
    api: int

    @classmethod
    def choose(cls, config: TemporalDev, *, usual: bool) -> "_Ports":
        wanted = (
            *(_POSTGRES_PORT, _AWS_PORT, config.ports.frontend, config.ports.ui),
            *(_SANDBOX_PORT, _STRIPE_PORT, _API_PORT),
        )
        taken: set[int] = set()
        return cls(*(free_port(port if usual else 0, taken) for port in wanted))


def plan_stack(
    folder: Path,
    wanted: Set[Piece] = WHOLE_STACK,
    configured: Configured | None = None,
    *,
    usual_ports: bool = True,
    workers: int = 1,
) -> StackPlan:
    """What to start for `wanted`, with all data below `folder`.

    `usual_ports` False takes any free ports, for stacks that must not get in anybody's way. `workers` is how many
    processes `Piece.WORKER` is, named by `worker_names`. Raises PartFailed, TemporalConfigError and BrowserNotFound.
    """
    configured = configured or Configured()
    config = load_temporal_dev(ROOT / "temporal-dev.yaml")
    ports = _Ports.choose(config, usual=usual_ports)
    data = folder.resolve() / "data"
    parts: dict[Piece, tuple[Part, ...]] = {}
    values: dict[str, str] = {}
    if configured.database_url:
        values["DATABASE_URL"] = configured.database_url.get_secret_value()
    elif Piece.POSTGRES in wanted:
        cluster = open_cluster(data)
        parts[Piece.POSTGRES] = (postgres_part(cluster, ports.postgres),)
        values["DATABASE_URL"] = cluster.url(ports.postgres)
    if Piece.AWS in wanted:
        parts[Piece.AWS] = (aws_part(data / "aws", ports.aws),)
        values |= _aws_values(f"http://{HOST}:{ports.aws}")
    if Piece.TEMPORAL in wanted:
        parts[Piece.TEMPORAL] = (
            temporal_part(config, folder=data / "temporal", frontend=ports.temporal, ui=ports.temporal_ui),
        )
        values |= {
            "TEMPORAL_ADDRESS": f"{HOST}:{ports.temporal}",
            "TEMPORAL_NAMESPACE": config.namespace.name,
            "TEMPORAL_UI_URL": f"http://{HOST}:{ports.temporal_ui}",
        }
    if Piece.SANDBOX in wanted:
        parts[Piece.SANDBOX] = (_sandbox(data / "sandbox", ports.sandbox),)
        values["SANDBOX_URL"] = f"http://{HOST}:{ports.sandbox}"
    public_url = f"http://{HOST}:{ports.api}"
    if Piece.STRIPE in wanted and not configured.stripe_secret_key:
        access = _stripe_access(f"http://{HOST}:{ports.stripe}")
        parts[Piece.STRIPE] = (_stripe(data / "stripe", ports.stripe, public_url, access),)
        values |= access
    if Piece.API in wanted:
        values |= {"API_HOST": HOST, "API_PORT": str(ports.api), "PUBLIC_URL": public_url}
    if Piece.WORKER in wanted:
        values["BROWSER_PATH"] = str(find_browser(configured.browser_path))
    environment = StackEnvironment(values)
    if Piece.WORKER in wanted:
        parts[Piece.WORKER] = tuple(_worker(environment, folder, name) for name in worker_names(workers))
    if Piece.API in wanted:
        parts[Piece.API] = (_api(environment, ports.api),)
    known: dict[Piece, tuple[Part | Step, ...]] = {**parts, **_steps(environment)}
    waves = (tuple(item for piece in wave if piece in wanted for item in known.get(piece, ())) for wave in _WAVES)
    return StackPlan(tuple(filter(None, waves)), environment)


def worker_names(workers: int) -> tuple[str, ...]:
    """What the stack calls its worker processes, the first one as it would be called alone."""
    return (Piece.WORKER, *(f"{Piece.WORKER} {number}" for number in range(2, workers + 1)))


def _aws_values(address: str) -> dict[str, str]:
    return {
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_SQS": address,
        "AWS_ENDPOINT_URL_S3": address,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }


def _sandbox(folder: Path, port: int) -> Part:
    return Part(
        name=Piece.SANDBOX,
        command=(
            *(sys.executable, "-m", "deploy.local.sandbox"),
            *("--host", HOST, "--port", str(port), "--data", str(folder)),
        ),
        address=f"http://{HOST}:{port}",
        ready=lambda: _answers(f"http://{HOST}:{port}/_health"),
        run_in=ROOT,
    )


def _stripe_access(address: str) -> dict[str, str]:
    """Secrets of this stack's own: another page in the developer's browser must not be able to forge an event."""
    return {
        "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(24)}",
        "STRIPE_WEBHOOK_SECRETS": f"whsec_{secrets.token_hex(24)}",
        "STRIPE_API_BASE": address,
    }


def _stripe(folder: Path, port: int, public_url: str, access: dict[str, str]) -> Part:
    return Part(
        name=Piece.STRIPE,
        command=(
            *(sys.executable, "-m", "deploy.local.stripe"),
            *("--host", HOST, "--port", str(port), "--data", str(folder)),
            *("--endpoint", f"{public_url}/api/webhooks/stripe"),
        ),
        address=access["STRIPE_API_BASE"],
        ready=lambda: _answers(f"{access['STRIPE_API_BASE']}/_health"),
        environment=access,
        run_in=ROOT,
    )


def _worker(environment: StackEnvironment, folder: Path, name: str) -> Part:
    async def ready() -> bool:
        return await asyncio.to_thread(_contains, log_file(folder, name), _WORKER_READY)

    return Part(
        name=name,
        command=(sys.executable, "-m", "deploy.runtime.worker"),
        address=f"browser {environment.values['BROWSER_PATH']}",
        ready=ready,
        environment=environment.for_children(),
        run_in=ROOT,
        stop_seconds=_WORKER_DRAIN_SECONDS,
    )


def _api(environment: StackEnvironment, port: int) -> Part:
    return Part(
        name=Piece.API,
        command=(sys.executable, "-m", "deploy.runtime.api"),
        address=f"http://{HOST}:{port}",
        ready=lambda: _answers(f"http://{HOST}:{port}/ready"),
        environment=environment.for_children(),
        run_in=ROOT,
        stop_seconds=_API_DRAIN_SECONDS,
    )


def _steps(environment: StackEnvironment) -> dict[Piece, tuple[Step]]:
    async def migrations() -> str:
        applied = await migrate(environment.values["DATABASE_URL"])
        return f"{len(applied.splitlines())} applied" if applied else "up to date"

    async def queues() -> str:
        settings = environment.settings()
        await asyncio.to_thread(ensure_queues, settings)
        bucket = await asyncio.to_thread(ensure_bucket, settings)
        return f"{settings.sqs_queue_name}, its dead-letter queue, bucket {bucket}"

    async def directories() -> str:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            answer = (await client.get(f"{environment.values['SANDBOX_URL']}/_directories")).raise_for_status()
        entries = [DirectoryEntry.model_validate(row) for row in answer.json()]
        async with await open_pool(environment.values["DATABASE_URL"], 1) as pool:
            await import_entries(pool, entries)
        return f"{len(entries)} imported from the sandbox"

    return {
        Piece.MIGRATIONS: (Step(Piece.MIGRATIONS, migrations),),
        Piece.QUEUES: (Step(Piece.QUEUES, queues),),
        Piece.DIRECTORIES: (Step(Piece.DIRECTORIES, directories),),
    }


def _contains(log: Path, words: str) -> bool:
    return log.exists() and words in log.read_text(errors="replace")


async def _answers(url: str) -> bool:
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            return (await client.get(url)).is_success
    except httpx.HTTPError:
        return False

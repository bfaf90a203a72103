"""The parts of the stack that are Python processes of this project: how each is started, and when it can be used."""

import asyncio
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from deploy.local.environment import StackEnvironment
from deploy.local.ports import HOST
from deploy.local.process import Part, log_file

ROOT = Path(__file__).parents[2]
"""The checkout: where our own processes run."""

_WORKER_READY = "worker started"
_WORKER_DRAIN_SECONDS = 65.0
_API_DRAIN_SECONDS = 15.0


def sandbox_part(name: str, folder: Path, port: int) -> Part:
    return Part(
        name=name,
        command=_serving("deploy.local.sandbox", port, folder),
        address=f"http://{HOST}:{port}",
        ready=lambda: _answers(f"http://{HOST}:{port}/_health"),
        run_in=ROOT,
    )


def stripe_values(port: int) -> dict[str, str]:
    """Secrets of this stack's own: another page in the developer's browser must not be able to forge an event."""
    return {
        "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(24)}",
        "STRIPE_WEBHOOK_SECRETS": f"whsec_{secrets.token_hex(24)}",
        "STRIPE_API_BASE": f"http://{HOST}:{port}",
    }


def stripe_part(name: str, folder: Path, port: int, public_url: str, values: Mapping[str, str]) -> Part:
    """Tells what is paid to the site at `public_url`."""
    return Part(
        name=name,
        command=(
            *_serving("deploy.local.stripe", port, folder),
            *("--endpoint", f"{public_url}/api/webhooks/stripe"),
        ),
        address=f"http://{HOST}:{port}",
        ready=lambda: _answers(f"http://{HOST}:{port}/_health"),
        environment=values,
        run_in=ROOT,
    )


def mail_part(name: str, folder: Path, port: int, smtp_port: int) -> Part:
    return Part(
        name=name,
        command=(*_serving("deploy.local.mail", port, folder), "--smtp-port", str(smtp_port)),
        address=f"http://{HOST}:{port}",
        ready=lambda: _answers(f"http://{HOST}:{port}/_health"),
        run_in=ROOT,
    )


def worker_part(name: str, environment: StackEnvironment, folder: Path) -> Part:
    """`folder` is the stack's, where the worker's log tells that it has started."""

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


def api_part(name: str, environment: StackEnvironment) -> Part:
    address = environment.values["PUBLIC_URL"]
    return Part(
        name=name,
        command=(sys.executable, "-m", "deploy.runtime.api"),
        address=address,
        ready=lambda: _answers(f"{address}/ready"),
        environment=environment.for_children(),
        run_in=ROOT,
        stop_seconds=_API_DRAIN_SECONDS,
    )


def _serving(module: str, port: int, folder: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", module, "--host", HOST, "--port", str(port), "--data", str(folder))


def _contains(log: Path, words: str) -> bool:
    return log.exists() and words in log.read_text(errors="replace")


async def _answers(url: str) -> bool:
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            return (await client.get(url)).is_success
    except httpx.HTTPError:
        return False

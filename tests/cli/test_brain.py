"""`directorybolt brain`: it runs with a browser and nothing else, and is open to nobody by mistake."""

import asyncio
import socket

import httpx
import pytest

from deploy.local.ports import HOST, free_port
from tests.cli.conftest import Command
from tests.cli.test_entry_point import SCRIPT
from tests.patience import PATIENCE_S


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_it_listens_to_strangers_only_with_a_token(nowhere: Command, host: str) -> None:
    assert nowhere("brain", "--host", host).failed(2, host, "BRAIN_TOKEN", "127.0.0.1")
    assert nowhere("brain", BRAIN_HOST=host).failed(2, host, "BRAIN_TOKEN")


@pytest.mark.parametrize("command", ["api", "brain"])
def test_a_number_that_is_no_port_is_refused(nowhere: Command, command: str) -> None:
    for number in ("-1", "0", "65536"):
        ran = nowhere(command, "--port", number)
        assert (ran.code, "--port" in ran.err, "Traceback" in ran.err) == (2, True, False), ran


def test_a_host_that_is_none_is_said(nowhere: Command) -> None:
    ran = nowhere("brain", "--host", "nosuch.invalid", BRAIN_TOKEN="t0ken")
    assert ran.failed(2, "nosuch.invalid", "--host", "BRAIN_HOST")
    assert "Unknown error" not in ran.err


def test_a_port_that_is_taken_is_said(nowhere: Command) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        assert nowhere("brain", "--port", str(port)).failed(2, str(port), "--port", "BRAIN_PORT")


def test_a_machine_without_a_browser_is_said(nowhere: Command) -> None:
    port = str(free_port(0, set()))
    ran = nowhere("brain", "--port", port, BROWSER_PATH="/nosuch/chromium")
    assert ran.failed(1, "/nosuch/chromium", "BROWSER_PATH")


def test_a_wrong_setting_is_named(nowhere: Command) -> None:
    assert nowhere("brain", BRAIN_PORT="http").failed(2, "BRAIN_PORT")


async def test_it_starts_answers_and_ends_when_told(browsing: Command) -> None:
    port = free_port(0, set())
    process = await asyncio.create_subprocess_exec(
        SCRIPT,
        "brain",
        "--port",
        str(port),
        cwd=browsing.folder,
        env=browsing.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE_S), httpx.AsyncClient(trust_env=False) as client:
            while True:
                assert process.returncode is None
                try:
                    answer = await client.get(f"http://{HOST}:{port}/health")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
            process.terminate()
            _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert answer.json() == {"status": "healthy", "service": "brain"}
    assert b"Traceback" not in said, said.decode()

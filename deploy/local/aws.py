"""The local SQS and S3: one small server that speaks both APIs and keeps queues and objects between runs.

Only for a laptop and for CI. It keeps queues when it is stopped, not when it is killed.
"""

import sys
from pathlib import Path

import httpx

from deploy.local.ports import HOST
from deploy.local.process import Part

_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
"""The server takes any, but for signed links: those it checks by its own."""


def aws_values(port: int) -> dict[str, str]:
    """The settings of who uses the server on `port`."""
    address = f"http://{HOST}:{port}"
    return {
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_SQS": address,
        "AWS_ENDPOINT_URL_S3": address,
        **_CREDENTIALS,
    }


def aws_part(folder: Path, port: int) -> Part:
    """The server on `port`, with its state below `folder`."""
    address = f"http://{HOST}:{port}"
    temporary = folder / "tmp"

    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
                return (await client.get(f"{address}/_ministack/ready")).is_success
        except httpx.HTTPError:
            return False

    return Part(
        name="sqs and s3",
        command=(sys.executable, "-m", "ministack"),
        address=address,
        ready=ready,
        data=temporary,
        environment={
            "GATEWAY_PORT": str(port),
            "BIND_HOST": HOST,
            "SERVICES": "sqs,s3",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(folder / "sqs"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(folder / "s3"),
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            # It would look for containers of its own to remove; there are none.
            "DOCKER_HOST": "unix:///nonexistent",
            "TMPDIR": str(temporary),
            **_CREDENTIALS,
            "AWS_SESSION_TOKEN": "",
        },
    )

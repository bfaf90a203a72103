"""Runs the street: `python -m deploy.local.sandbox --host 127.0.0.1 --port 8090 --data .local/sandbox`."""

import argparse
from pathlib import Path

import uvicorn

from deploy.local.sandbox.app import create_app


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8090, help="port to listen on (default: %(default)s)")
    parser.add_argument("--data", type=Path, default=Path(".local/sandbox"), help="folder of the books")
    arguments = parser.parse_args()
    uvicorn.run(create_app(arguments.data), host=arguments.host, port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()

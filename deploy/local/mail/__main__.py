"""Runs it: `python -m deploy.local.mail --smtp-port 1025 --port 8025 --data .local/mail`."""

import argparse
from pathlib import Path

import uvicorn

from deploy.local.mail.app import create_app


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.mail", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--smtp-port", type=int, default=1025, help="port that takes mails (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8025, help="port of the page (default: %(default)s)")
    parser.add_argument("--data", type=Path, default=Path(".local/mail"), help="folder of the mails (a Maildir)")
    arguments = parser.parse_args()
    app = create_app(arguments.data, arguments.host, arguments.smtp_port)
    uvicorn.run(app, host=arguments.host, port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()

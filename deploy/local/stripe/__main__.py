"""Runs it: `python -m deploy.local.stripe --port 12111 --endpoint http://127.0.0.1:8080/api/webhooks/stripe`.

The account's key and the webhook's secret come from STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRETS (its first one), as
they do for the service that talks to it: a command line can be read by everybody on the machine.
"""

import argparse
import os
from pathlib import Path

import uvicorn

from deploy.local.stripe.app import Access, create_app


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.stripe", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=12111, help="port to listen on (default: %(default)s)")
    parser.add_argument("--data", type=Path, default=Path(".local/stripe"), help="folder of the books")
    parser.add_argument(
        "--endpoint",
        default="http://127.0.0.1:8080/api/webhooks/stripe",
        help="where events are posted (default: %(default)s)",
    )
    arguments = parser.parse_args()
    missing = [name for name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS") if not os.environ.get(name)]
    if missing:
        parser.error(f"{missing[0]} is not set")
    access = Access(
        key=os.environ["STRIPE_SECRET_KEY"],
        webhook_secret=os.environ["STRIPE_WEBHOOK_SECRETS"].split(",")[0].strip(),
        endpoint=arguments.endpoint,
    )
    uvicorn.run(create_app(arguments.data, access), host=arguments.host, port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()

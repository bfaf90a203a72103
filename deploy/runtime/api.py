"""The API's process: `python -m deploy.runtime.api`, or `directorybolt api`. It ends in good order.

Told to stop, it says on `/ready` that it wants no more requests, ends its event streams (whose readers come back to
another process, or to the next one here), finishes what is in hand, and exits with 0.
"""

import asyncio
import gc
import signal
import sys
import time

import uvicorn

from api.main import app
from deploy.runtime.settings import Settings, SettingsError, load_settings

_NOTICE_S = 1.0
"""How long connections are still taken after the signal: whoever balances loads has to hear of it first."""

_DRAIN_S = 10
"""The longest that a request in hand may still take."""

_KEEP_ALIVE_S = 75
"""Longer than what stands in front of us keeps a connection, so that it never sends into one that is closing."""


class _Server(uvicorn.Server):
    """Says that it is going before it goes."""

    async def on_tick(self, counter: int) -> bool:
        ends = await super().on_tick(counter)
        if ends:
            app.state.draining = True
            began = time.monotonic()
            while time.monotonic() < began + _NOTICE_S and not self.force_exit:
                await asyncio.sleep(0.1)
        return ends


def serve(settings: Settings, host: str, port: int) -> None:
    """Returns once it was told to stop and has stopped."""
    proxies = settings.trusted_proxies
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        # Ours: one line per request that names its route and never its address, which may hold a secret.
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=proxies is not None,
        forwarded_allow_ips=proxies,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_DRAIN_S,
    )
    # What is loaded by now stays for good: neither a collection, nor the interpreter's end, which took seconds, need
    # look at it.
    gc.freeze()
    # The server raises the signal anew once it has stopped; to be told to stop is no failure.
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: None)
    _Server(config).run()


def main() -> None:
    """The process of the embedded stack: where to listen is in the settings."""
    try:
        settings = load_settings()
    except SettingsError as error:
        sys.exit(str(error))
    serve(settings, settings.api_host, settings.api_port)


if __name__ == "__main__":
    main()

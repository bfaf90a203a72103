"""Our own requests to strangers' addresses: each redirect is a request of its own, and judged like the first."""

import httpx

from activities.egress.reach import Reach


class Judged(httpx.AsyncHTTPTransport):
    """Connects to the addresses that `reach` holds. A request raises PrivateAddress, or httpx.ConnectError."""

    def __init__(self, reach: Reach) -> None:
        # A connection that was kept is known by its address alone: it must not serve another name's request.
        super().__init__(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
        self._reach = reach

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            address = (await self._reach.addresses(host, port))[0]
        except OSError as error:
            raise httpx.ConnectError(f"The name {host} is not known.", request=request) from error
        # The headers name the host already, and the certificate must.
        judged = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await super().handle_async_request(judged)

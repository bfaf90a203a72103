"""Which addresses may be connected to: public ones, and those of private networks that the settings name.

The address that was judged is the one that is connected to: a name that leads elsewhere when it is asked a second time
(DNS rebinding) gains nothing.
"""

import asyncio
import dataclasses
import functools
import ipaddress
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_RESOLVES_WITHIN_S = 10.0
_RESOLVERS = ThreadPoolExecutor(16, "resolver")
"""Of their own: names that nobody answers for, of which a page may hold hundreds, must not keep the threads busy in
which everything else waits for queue and artifact store."""

_TRANSLATED = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""IPv6 that carries an IPv4 address somewhere else: what it leads to depends on the network we are in."""


class PrivateAddress(Exception):
    """The host is not a public one; the text is for people."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reach:
    """Public addresses, and those in the networks `besides`."""

    besides: tuple[Network, ...] = ()

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of the host. Raises PrivateAddress if one may not be reached, OSError for none."""
        addresses = await _resolved(host, port)
        if not all(map(self._holds, addresses)):
            raise PrivateAddress(f"{host} is not a public address.")
        return addresses

    async def including(self, url: str) -> "Reach":
        """And the address's own host, wherever that is: for what one of ours has typed. Raises OSError, ValueError."""
        host = urlsplit(url).hostname
        found = await _resolved(host, 0) if host else []
        return Reach((*self.besides, *(ipaddress.ip_network(_bare(address)) for address in found)))

    def _holds(self, address: str) -> bool:
        ip = ipaddress.ip_address(_bare(address))
        return any(ip in network for network in self.besides) or _is_public(address)


PUBLIC = Reach()


async def _resolved(host: str, port: int) -> list[str]:
    """Raises OSError."""
    ask = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        async with asyncio.timeout(_RESOLVES_WITHIN_S):
            found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, ask)
    except UnicodeError as error:
        raise socket.gaierror(f"{host} is no name.") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _bare(address: str) -> str:
    """Without the interface that a link-local one names."""
    return address.partition("%")[0]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(_bare(address))
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return _is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in _TRANSLATED):
            return False
    return ip.is_global and not ip.is_multicast

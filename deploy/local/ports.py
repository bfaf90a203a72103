"""Free TCP ports on the loopback interface: the usual one where it is free, otherwise one near it."""

import socket

HOST = "127.0.0.1"
_NEIGHBOURS = 50


def free_port(preferred: int, taken: set[int]) -> int:
    """A port nobody listens on and that is not in `taken`, to which it is added. `preferred` 0: any.

    Raises OSError where the machine has none left.
    """
    nearby = range(preferred, min(preferred + _NEIGHBOURS, 65536)) if preferred else range(0)
    port = next((candidate for candidate in nearby if candidate not in taken and _is_free(candidate)), None)
    while port is None or port in taken:
        port = _any_port()
    taken.add(port)
    return port


def accepts(port: int) -> bool:
    """Whether something listens on the port."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((HOST, port)) == 0


def _any_port() -> int:
    """One that the system gives to nobody else for the next minute: a connection on it has just been closed.

    Whoever asks for this port by its number gets it all the same, as servers do that are restarted.
    """
    with socket.socket() as listener, socket.socket() as client:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, 0))
        listener.listen(1)
        client.connect(listener.getsockname())
        # It lingers on the side that closes first.
        listener.accept()[0].close()
        return int(listener.getsockname()[1])


def _is_free(port: int) -> bool:
    # A connection is tried as well: some systems let a second socket bind beside one that listens everywhere.
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return not accepts(port)

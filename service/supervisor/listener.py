"""The socket of the API, opened before anything else starts and kept while the API restarts."""

import errno
import socket

from service.errors import AddressInUse

_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `AddressInUse`, or `OSError` for an address not ours."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressInUse(
                f"Another program already listens on {host} port {port}; stop it, or choose another GRADCLINIC_PORT."
            ) from error
        raise
    return listener


def local_address(listener: socket.socket) -> tuple[str, int]:
    """Where a client on this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 (told apart, not bound)


def url(listener: socket.socket) -> str:
    """The same, as a URL without a path."""
    host, port = local_address(listener)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"

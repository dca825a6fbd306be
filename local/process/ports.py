"""Free ports of the loopback address."""

import errno
import random
import socket

LOOPBACK = "127.0.0.1"
# Below the range from which systems take ports for outgoing connections: a child that is started
# again finds its port still free.
_OURS = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as exc:
            if exc.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def free(taken: set[int]) -> int:
    """A free port that is not in `taken`; the caller adds it there."""
    for _ in range(1000):
        port = random.choice(_OURS)  # noqa: S311 - no secret
        if port not in taken and is_free(port):
            return port
    raise OSError(errno.EADDRINUSE, "no free port found")

"""Choosing ports on the loopback interface."""

import errno
import random
import socket

LOOPBACK = "127.0.0.1"
# Below the ephemeral ranges of Linux (32768–) and macOS (49152–), so that no outgoing connection takes a port
# between two starts of an instance.
_RANGE = range(20000, 32000)


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` of the loopback interface now.

    Raises OSError when the reason is another than the port being taken.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
        return True


def choose(taken: set[int]) -> int:
    """A free port that is not in ``taken``. At random, so that instances that start at once seldom collide."""
    for port in random.sample(_RANGE, len(_RANGE)):
        if port not in taken and is_free(port):
            return port
    raise OSError(errno.EADDRINUSE, f"no free port between {_RANGE.start} and {_RANGE.stop}")

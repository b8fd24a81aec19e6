"""What the program's tests share."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest


@pytest.fixture
def listener() -> Iterator[Callable[[int], int]]:
    """Takes a port of the loopback interface (0: any) for the length of the test; returns which."""
    with ExitStack() as opened:

        def listen(port: int) -> int:
            taken = opened.enter_context(socket.socket())
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", port))
            taken.listen()
            return int(taken.getsockname()[1])

        yield listen

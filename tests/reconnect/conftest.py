"""What the program's tests share."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from reconnect.embedded import Addresses
from tests.reconnect.shell import Run, command


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


@pytest.fixture(scope="module")
def short_lived() -> Iterator[str]:
    """For servers that live for a minute: Java spends nothing on a speed that would come later. Its options."""
    options = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECONNECT_NEO4J_JAVA_OPTIONS", options)
        yield options


@pytest.fixture
def run(addresses: Addresses, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs ``reconnect`` as a process of its own, on the session's servers, with an own home."""
    environment = {
        **os.environ,
        "RECONNECT_HOME": str(tmp_path),
        "RECONNECT__NEO4J__URI": addresses.bolt_uri,
        "RECONNECT__NEO4J__PASSWORD": addresses.password,
        "RECONNECT__REDIS__URL": addresses.redis_url,
    }
    environment.pop("COLUMNS", None)  # pytest-xdist sets it; a command's output goes to a file here
    output = tmp_path_factory.mktemp("output")

    def reconnect(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        done = command(arguments, environment | settings, tmp_path, output)
        password = addresses.redis_url.split(":")[2].split("@")[0]
        for secret in (addresses.password, password):
            assert secret not in done.stdout + done.stderr
        return done

    return reconnect

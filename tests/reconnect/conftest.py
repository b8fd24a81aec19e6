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


@pytest.fixture
def environment(addresses: Addresses, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of a ``reconnect`` on the session's servers, with an own home and temporary folder of the machine."""
    made = {
        **os.environ,
        "RECONNECT_HOME": str(tmp_path),
        "TMPDIR": str(tmp_path_factory.mktemp("machine")),
        "RECONNECT__NEO4J__URI": addresses.bolt_uri,
        "RECONNECT__NEO4J__PASSWORD": addresses.password,
        "RECONNECT__REDIS__URL": addresses.redis_url,
    }
    made.pop("COLUMNS", None)  # pytest-xdist sets it; a command's output goes to a file here
    made.pop("PYTHONHASHSEED", None)  # a test that gives one wants a process of its own
    return made


@pytest.fixture
def run(
    addresses: Addresses, environment: dict[str, str], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """Runs ``reconnect`` as a process of its own. What it writes must be closed to others, and nothing left over."""
    output, machine_temporary = tmp_path_factory.mktemp("output"), Path(environment["TMPDIR"])

    def reconnect(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        before = set(tmp_path.rglob("*"))
        done = command(arguments, environment | settings, tmp_path, output)
        open_to_others = [each for each in set(tmp_path.rglob("*")) - before if each.stat().st_mode & 0o077]
        assert open_to_others == [], "made so that other users can read it"
        assert list(machine_temporary.iterdir()) == [], "left in the machine's temporary folder"
        password = addresses.redis_url.split(":")[2].split("@")[0]
        for secret in (addresses.password, password):
            assert secret not in done.stdout + done.stderr
        return done

    return reconnect

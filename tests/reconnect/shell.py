"""The command line as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import mkdtemp

from reconnect import cli
from tests.forked import started

Run = Callable[..., subprocess.CompletedProcess[str]]

_PATIENCE = 120
"""Seconds."""


def command(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, output: Path
) -> subprocess.CompletedProcess[str]:
    """Run ``reconnect`` with these arguments in a folder. ``output``: a folder for what it says.

    Forked processes share the hash seed of the tests, so one with a seed of its own (``PYTHONHASHSEED``) is started
    anew: for whatever must be equal in another process.
    """
    if "PYTHONHASHSEED" in environment:
        return subprocess.run(
            [sys.executable, "-m", "reconnect", *arguments],
            env=environment, cwd=folder, umask=0, capture_output=True, text=True, timeout=_PATIENCE, check=False,
        )  # fmt: skip
    own = Path(mkdtemp(dir=output))  # two commands may run at once
    said = [own / "stdout", own / "stderr"]
    process = started(_reconnect, arguments, environment, folder, said)
    process.join(_PATIENCE)
    if process.is_alive():
        process.kill()
        raise subprocess.TimeoutExpired(arguments, _PATIENCE)
    return subprocess.CompletedProcess(arguments, process.exitcode, *(each.read_text() for each in said))


@contextmanager
def beside(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, output: Path
) -> Iterator[ForkServerProcess]:
    """``reconnect`` with these arguments beside the test, such as a worker; it is killed at the end of the block."""
    said = [output / f"{arguments[0]}.stdout", output / f"{arguments[0]}.stderr"]
    process = started(_reconnect, arguments, environment, folder, said)
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _reconnect(arguments: Sequence[str], environment: Mapping[str, str], folder: Path, said: Sequence[Path]) -> None:
    for number, file in enumerate(said, start=1):
        with file.open("wb") as out:
            os.dup2(out.fileno(), number)
    os.umask(0)  # so that it is the program which keeps others out of its files
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["reconnect", *arguments]
    cli.main()

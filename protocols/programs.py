"""Programs of an installation, such as a hook or a scanner: started without a shell, ended with all they started."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress

_ENVIRONMENT = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""What a program gets of the worker's environment, which has the secrets of every source and target."""


def start(program: Sequence[str]) -> subprocess.Popen[bytes]:
    """A program with pipes to its input and from its output. Raises OSError."""
    return subprocess.Popen(
        program,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program, and what it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)

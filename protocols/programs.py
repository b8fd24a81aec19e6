"""Programs of an installation, such as a hook or a scanner: started without a shell, ended with all they started."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

_ENVIRONMENT = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""What a program gets of the worker's environment, which has the secrets of every source and target."""
_PIECE = 1 << 16
_LOOK = 0.1
"""Seconds between two looks whether a program has ended, whose pipes somebody keeps open."""


@dataclass(frozen=True, slots=True)
class Ended:
    """``code``: its exit code; below 0 the signal that ended it. ``output``: the first of it. ``has_all``: whether it
    was given its whole input, and not only what it wanted."""

    code: int
    output: bytes
    has_all: bool


class SaidTooMuch(Exception):
    """A program's output is longer than it may be."""


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


def exchange(
    process: subprocess.Popen[bytes],
    pieces: Iterable[bytes],
    seconds: float,
    largest: int,
    *,
    refuse_more: bool = False,
) -> Ended:
    """Give a program its input, and read its output until it has ended, however long what it has started lives on with
    its pipes. ``largest``: bytes of output that are kept; ``refuse_more``: a longer one is an error.

    Raises TimeoutError after ``seconds``, SaidTooMuch, and what ``pieces`` raises; the program is ended then.
    """
    until = time.monotonic() + seconds
    try:
        output, has_all = _exchanged(process, iter(pieces), until, largest, refuse_more)
        code = process.wait(max(until - time.monotonic(), 0))
    except subprocess.TimeoutExpired as late:
        raise TimeoutError from late
    finally:
        if process.returncode is None:
            end(process)
            process.wait()
    return Ended(code, output, has_all)


def _exchanged(
    process: subprocess.Popen[bytes], pieces: Iterator[bytes], until: float, largest: int, refuse_more: bool
) -> tuple[bytes, bool]:
    assert process.stdin is not None
    assert process.stdout is not None
    output, has_all = bytearray(), False
    with process.stdout as source, selectors.DefaultSelector() as pipes:
        with process.stdin as target:
            for pipe, event in ((target, selectors.EVENT_WRITE), (source, selectors.EVENT_READ)):
                os.set_blocking(pipe.fileno(), False)
                pipes.register(pipe, event)
            waiting = memoryview(b"")
            while not has_all and not _is_over(process, until):
                ready = _ready(pipes, until)
                if source in ready and not _read(source, output, largest, refuse_more):
                    pipes.unregister(source)
                if target in ready:
                    try:
                        waiting = waiting[os.write(target.fileno(), waiting) :]
                    except BrokenPipeError:  # it has seen enough
                        break
                    if not waiting:
                        piece = next(pieces, None)
                        has_all, waiting = piece is None, memoryview(piece or b"")
            pipes.unregister(target)
        while pipes.get_map():
            is_over = _is_over(process, until)
            if source in _ready(pipes, time.monotonic() if is_over else until):
                if not _read(source, output, largest, refuse_more) or (is_over and len(output) == largest):
                    break
            elif is_over:
                break
    return bytes(output), has_all


def _is_over(process: subprocess.Popen[bytes], until: float) -> bool:
    """Whether the program has ended. Raises TimeoutError where its time is over first."""
    if process.poll() is not None:
        return True
    if time.monotonic() > until:
        raise TimeoutError
    return False


def _ready(pipes: selectors.BaseSelector, until: float) -> list[object]:
    left = max(until - time.monotonic(), 0)
    return [key.fileobj for key, _ in pipes.select(min(left, _LOOK))]


def _read(source: IO[bytes], output: bytearray, largest: int, refuse_more: bool) -> bool:
    """Whether there may be more. It must not wait for us, so all is read, and the first of it kept."""
    read = os.read(source.fileno(), _PIECE)
    if refuse_more and len(output) + len(read) > largest:
        raise SaidTooMuch
    output += read[: largest - len(output)]
    return bool(read)

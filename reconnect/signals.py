"""How the program ends on request: Ctrl-C and SIGTERM mean the same, however it was started."""

import signal
from types import FrameType
from typing import NoReturn


def listen() -> None:
    """Let SIGINT and SIGTERM interrupt the command, which then closes what it has opened (exit code 130).

    A shell without job control starts its background processes with SIGINT ignored, and they would never end on it.
    SIGTERM's default ends a process at once, in the middle of its work. Libraries with handlers of their own (uvicorn,
    the queue) set them later. To be called in the main thread.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt

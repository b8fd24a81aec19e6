"""Processes that a test kills in the middle of their work.

Each is a real one, with connections of its own. They are forked from one that has loaded what they need: to load it
takes longer than most of them live.
"""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["tests.importers.killed_import", "tests.exporters.killed_export"])


def started(work: Callable[..., None], *arguments: Any) -> tuple[ForkServerProcess, Connection]:
    """Start ``work(tell, *arguments)``; its process, and where ``tell.send`` arrives. EOFError when it has ended."""
    told, tell = _FORKING.Pipe(duplex=False)
    process = _FORKING.Process(target=work, args=(tell, *arguments))
    process.start()
    tell.close()
    return process, told

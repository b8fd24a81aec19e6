"""Processes for tests, forked from one that has loaded what they need.

Each is a real one, with an environment, output and connections of its own, that can be killed; but to load the program
takes longer than most of them live.
"""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

from reconnect.root import MODULES

FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(
    [
        *sorted({f"reconnect.commands.{module}" for module in MODULES.values()}),
        # What the commands load when they run.
        "api.access.tokens",
        "graph.questions.kle_changes",
        "graph.writing.difference_text",
        "graph.writing.protection",
        "reconnect.analyst",
        "reconnect.cli",
        "reconnect.foreseen",
        "reconnect.graphiql",
        "reconnect.keys",
        "reconnect.local_api",
        "reconnect.logs.setup",
        "reconnect.private_files",
        "reconnect.service",
        "reconnect.settings.file",
        "reconnect.source_health",
        "reconnect.work.worker",
        "tests.importers.killed_import",
        "tests.processes.killed_starts",
        "tests.processes.killed_work",
        "tests.processes.two_complete",
        "tests.exporters.active_directory.killed_run",
        "tests.exporters.killed_export",
        "tests.graph.runs.exchanges",
        "tests.reconnect.plan_process",
        "tests.reconnect.shell",
    ]
)


def started(work: Callable[..., None], *arguments: Any) -> ForkServerProcess:
    """A process that does ``work(*arguments)``."""
    process = FORKING.Process(target=work, args=arguments)
    process.start()
    return process


def telling(work: Callable[..., None], *arguments: Any) -> tuple[ForkServerProcess, Connection]:
    """A process that does ``work(tell, *arguments)``, and where ``tell.send`` arrives: EOFError when it has ended."""
    told, tell = FORKING.Pipe(duplex=False)
    process = started(work, tell, *arguments)
    tell.close()
    return process, told

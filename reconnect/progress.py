"""Progress of long work: a bar on a terminal, log lines elsewhere. Always on stderr; stdout is for answers."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

Report = Callable[[str, int, int], None]
"""Called with the name of the work, how much is done, and the total (0: unknown)."""

_LINE_EVERY = 5.0
"""Seconds between two log lines about the same work."""


@contextmanager
def progress() -> Iterator[Report]:
    """A function to report to while the block runs. May be called from several threads."""
    if sys.stderr.isatty():
        with _bars() as report:
            yield report
    else:
        yield _lines()


@contextmanager
def _bars() -> Iterator[Report]:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield report


def _lines() -> Report:
    from structlog.stdlib import get_logger  # here, as the commands' help needs none of it

    log = get_logger("reconnect.progress")
    told: dict[str, float] = {}

    def report(what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if what in told and now - told[what] < _LINE_EVERY and done != total:
            return
        told[what] = now
        log.info(what, done=done, total=total)

    return report

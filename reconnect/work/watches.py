"""What a worker watches beside its jobs, each in a thread of its own: it waits for no slot and for no job."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from structlog.stdlib import get_logger

from reconnect.logs.tracebacks import told

_LONGEST = 30.0
"""Seconds between two looks at most, while they fail, of a watch that looks more often."""
_PATIENCE = 10.0
"""Seconds for which the end of the worker waits for a look."""

_log = get_logger("reconnect.work.watches")


@dataclass(frozen=True)
class Watch:
    """``look`` is called ``every`` so many seconds. What it raises is logged, and the next look comes later."""

    name: str
    every: float
    look: Callable[[], object]


@contextmanager
def kept(watches: Sequence[Watch]) -> Iterator[None]:
    """Keep the watches while the block runs."""
    ended = threading.Event()
    threads = [threading.Thread(target=_keep, args=(each, ended), name=each.name, daemon=True) for each in watches]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        ended.set()
        for each in threads:
            each.join(_PATIENCE)


def _keep(watch: Watch, ended: threading.Event) -> None:
    wait = watch.every
    while not ended.wait(wait):
        try:
            watch.look()
        except Exception as error:  # of any kind: the watch goes on
            wait = max(min(wait * 2, _LONGEST), watch.every)
            _log.warning("watch failed", watch=watch.name, error=told(error), again_in=wait)
        else:
            wait = watch.every

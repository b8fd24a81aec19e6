"""What a command about a process is refused for, as a failure of the command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from reconnect.exits import CommandFailed


@contextmanager
def refusing() -> Iterator[None]:
    """Raises CommandFailed for what is refused, also since a definition or a case can't be read any more."""
    from graph.errors import GraphError
    from processes.engine.errors import ProcessError

    try:
        yield
    except (GraphError, ProcessError) as refused:
        raise CommandFailed(str(refused)) from refused

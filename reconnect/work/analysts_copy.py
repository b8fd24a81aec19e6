"""Whoever is erased, or gets a protected name, is taken out of the analysts' copy too (``reconnect.analyst``).

By the worker that has the copy's folder in its RECONNECT_HOME, while the copy runs: nobody reads one that doesn't.
"""

from structlog.stdlib import get_logger

from graph.connection import connect
from reconnect import analyst
from reconnect.context import Context
from reconnect.embedded import Instance

_log = get_logger("reconnect.work.analysts_copy")


def look(context: Context) -> None:
    """Raises what either graph raises where it does not answer: the next look goes on."""
    found = Instance(context.instance.home.path / analyst.FOLDER).status()
    if found.neo4j_pid is None or found.addresses is None:
        return
    with connect(found.addresses.bolt_uri, found.addresses.user, found.addresses.password) as target:
        erased = analyst.forget(context.driver(), target)
    if erased:
        _log.info("erased in the analysts' copy", things=erased)

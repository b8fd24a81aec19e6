"""Processes of their own that complete a task, or end a case."""

from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection

import neo4j

from graph.connection import connect
from graph.errors import ChangeRejected
from processes.cases import ending, tasks
from processes.errors import AlreadyDone, TaskClosed
from reconnect.embedded import Addresses


def completed(tell: Connection, addresses: Addresses, task: str, by: str) -> None:
    """Tell when ready, complete the task, and tell how it went: "done", who was first, or "task_closed"."""

    def complete(driver: neo4j.Driver) -> str:
        try:
            tasks.complete(driver, task, by, {"decision": "yes"}, datetime.now(UTC))
        except AlreadyDone as refused:
            return str(refused.by)
        except TaskClosed as refused:
            return refused.code
        return "done"

    _told(tell, addresses, complete)


def ended(tell: Connection, addresses: Addresses, case: str) -> None:
    """Tell when ready, end the case, and tell how it went: "done", or the code of the refusal."""

    def end(driver: neo4j.Driver) -> str:
        try:
            ending.end(driver, case, None, datetime.now(UTC), "x")
        except ChangeRejected as refused:
            return refused.code
        return "done"

    _told(tell, addresses, end)


def _told(tell: Connection, addresses: Addresses, do: Callable[[neo4j.Driver], str]) -> None:
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        driver.verify_connectivity()
        tell.send("ready")
        tell.send(do(driver))

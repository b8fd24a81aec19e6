"""A process of its own that completes a task."""

from datetime import UTC, datetime
from multiprocessing.connection import Connection

from graph.connection import connect
from processes.cases import tasks
from processes.errors import AlreadyDone
from reconnect.embedded import Addresses


def completed(tell: Connection, addresses: Addresses, task: str, by: str) -> None:
    """Tell when ready, complete the task, and tell how it went: "done", or who was first."""
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        driver.verify_connectivity()
        tell.send("ready")
        try:
            tasks.complete(driver, task, by, {"decision": "yes"}, datetime.now(UTC))
        except AlreadyDone as refused:
            tell.send(refused.by)
        else:
            tell.send("done")

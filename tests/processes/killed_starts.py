"""A process of its own that starts cases by what happened, until it is killed."""

from datetime import datetime
from multiprocessing.connection import Connection

from graph.connection import connect
from processes.cases import by_itself
from reconnect.embedded import Addresses


def started(tell: Connection, addresses: Addresses, now: datetime) -> None:
    """Tell when ready; start what is due, a few changes in each transaction; tell "done"."""
    by_itself.WINDOW = 3  # type: ignore[misc]  # so that there are many points at which it can be killed
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        driver.verify_connectivity()
        tell.send("ready")
        by_itself.start_due(driver, now)
        tell.send("done")

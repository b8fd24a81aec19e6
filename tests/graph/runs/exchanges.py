"""A process of its own that counts in a cursor."""

from multiprocessing.connection import Connection

from graph.connection import connect
from graph.runs.cursors import read_cursor, replace_cursor
from reconnect.embedded import Addresses

SOURCE = "counted"


def counted(tell: Connection, addresses: Addresses, tries: int) -> None:
    """Tell when ready, count up in the cursor as often as it goes in so many tries, and tell how often that was."""
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        driver.verify_connectivity()
        tell.send("ready")
        won = 0
        for _ in range(tries):
            known = read_cursor(driver, SOURCE)
            won += replace_cursor(driver, SOURCE, known, {"count": str(int(known.get("count", "0")) + 1)})
        tell.send(won)

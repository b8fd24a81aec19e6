"""Messages that count once: the IDs of requests, and of assertions that others sent."""

from datetime import datetime

import neo4j
from neo4j.exceptions import ConstraintError


def use(driver: neo4j.Driver, sender: str, identity: str, until: datetime) -> bool:
    """Use a message's ID up, in every process at once. False if it was used already.

    ``until``: after that the message would be refused for its age anyway.
    """
    try:
        driver.execute_query(
            "CREATE (:UsedMessage {key: $key, until: $until})", key=f"{sender}\n{identity}", until=until
        )
    except ConstraintError:
        return False
    return True

"""Steps by hand in manual systems: opened and dropped after each day turn, for rights that have come and gone."""

import neo4j

from graph.care.manual_steps import Refreshed, refresh
from graph.change_log import Origin
from graph.statements.precedence import MANUAL
from graph.writing.graph_writer import GraphWriter
from reconnect.context import Context


def refresh_steps(context: Context, user: str) -> Refreshed:
    """Compare the rights held today with what was done. Where no system is manual, nothing is compared.

    Raises Stale where others refresh at the same time, and what the graph raises where it does not answer.
    """
    driver = context.driver()
    rows, _, _ = driver.execute_query(
        "RETURN EXISTS { (:ItSystem {manual: true}) } OR EXISTS { (:ManualStep) } AS needed",
        routing_=neo4j.RoutingControl.READ,
    )
    if not rows[0]["needed"]:
        return Refreshed()
    writer = GraphWriter(driver, context.keyring, context.order)
    return refresh(driver, writer, Origin(MANUAL, user=user, reason="rights held after the day turn"))

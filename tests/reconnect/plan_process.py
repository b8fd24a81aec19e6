"""Plans that are applied by processes of their own, and told of change by change."""

import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

import neo4j

from api.mutations.planned import PlannedWriting, writer_of
from graph.connection import connect
from graph.cpr.keyring import Keyring
from graph.plans import applying, kept
from graph.plans.plan import NotInState
from graph.statements.precedence import SourceOrder
from reconnect.embedded import Addresses

RING = Keyring({"k": b"k" * 32}, "k", b"h" * 32)


def applied(tell: Connection, addresses: Addresses, plan: str, waits: bool) -> None:
    """Apply a plan; tell of each change that is made, and ``waits`` after the last one for ever. At the end, how."""
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        with driver.session() as session:
            found = kept.found(session, plan)
        make = PlannedWriting(RING, SourceOrder()).carry_out(found, writer_of(found))
        left = len(found.changes)

        def telling(one: neo4j.Driver, mutation: str, arguments: Mapping[str, Any]) -> Sequence[str]:
            nonlocal left
            done = make(one, mutation, arguments)
            left -= 1
            tell.send(mutation)
            if waits and left == 0:
                time.sleep(600)
            return done

        try:
            applying.apply(driver, found, telling, "worker")
            tell.send("applied")
        except NotInState:
            tell.send("was applied")

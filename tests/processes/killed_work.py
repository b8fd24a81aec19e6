"""A process of its own that lets cases run to their end, until it is killed."""

from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

import neo4j

from api.mutations.services import services as mutations
from graph.connection import connect
from graph.statements.precedence import SourceOrder
from processes.cases import kept, tasks
from processes.cases.service_work import carry_out_due
from processes.engine.known import Arguments
from processes.services import Call, Service, Services
from reconnect.embedded import Addresses
from tests.graph.questions.rights.imported import RING

CALLED = "call"


def services(noted: Path) -> Services:
    """The mutations, and a system that notes each key by which it is called."""

    def call(driver: neo4j.Driver, called: Call) -> None:
        with noted.open("a") as file:
            file.write(f"{called.key}\n")

    return {**mutations(RING, SourceOrder()), CALLED: Service(Arguments(), call, repeatable=True)}


def worked(tell: Connection, addresses: Addresses, noted: Path, now: datetime) -> None:
    """Tell when ready; complete every task and carry out every service, until no case is open; tell "done"."""
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        driver.verify_connectivity()
        known = services(noted)
        tell.send("ready")
        while True:
            with driver.session() as session:
                waiting = kept.open_tasks(session)
                is_open = session.run("RETURN EXISTS { (:Case {open: true}) } AS open").single(strict=True)["open"]
            if not is_open:
                break
            for each in waiting:
                tasks.complete(driver, each.id, "anna", {}, now)
            carry_out_due(driver, known, lambda: now)
        tell.send("done")

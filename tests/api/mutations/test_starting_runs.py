"""A run of a source or target is started through the API: who may, and what the program is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import neo4j
import pytest

from api.runs import LastRun, RunKind, RunOrder
from graph.errors import ChangeRejected
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.graph.questions.rights.imported import RING

START = """mutation($type: RunKind!, $name: String!, $dry: Boolean!) {
  startRun(type: $type, name: $name, dryRun: $dry, reason: "Ny fil er kommet") { name isNew }
}"""
JOB = "query($type: RunKind!, $name: String!) { runJob(type: $type, name: $name) { state text started ended } }"


@dataclass
class Queue:
    """Knows the source ``sd`` and the target ``plan2learn``."""

    orders: list[RunOrder] = field(default_factory=list)

    def last(self, kind: RunKind, name: str) -> LastRun | None:
        return next(
            (LastRun("queued", each.reason, "2026-01-01T12:00:00+01:00", None) for each in self.orders
             if (each.kind, each.name) == (kind, name)),
            None,
        )  # fmt: skip

    def require(self, kind: RunKind, name: str) -> None:
        if (kind, name) not in ((RunKind.IMPORT, "sd"), (RunKind.EXPORT, "plan2learn")):
            raise ChangeRejected("not_set_up", f"name: there is no {name}", field="name")

    def start(self, order: RunOrder) -> bool:
        self.require(order.kind, order.name)
        is_new = order not in self.orders
        self.orders.append(order)
        return is_new


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def service(clean_graph: neo4j.Driver, addresses: Addresses, queue: Queue) -> Iterator[Served]:
    with serving(addresses, clean_graph, RING, runs=queue) as served:
        yield served


def test_operations_starts_a_run_with_a_reason(service: Served, queue: Queue) -> None:
    assert service.data(JOB, "operations", type="IMPORT", name="sd") == {"runJob": None}
    for is_new in (True, False):
        started = service.data(START, "operations", type="IMPORT", name="sd", dry=False)
        assert started == {"startRun": {"name": "sd", "isNew": is_new}}
    service.data(START, "operations", type="EXPORT", name="plan2learn", dry=True)
    *_, last = queue.orders
    assert (last.kind, last.name, last.is_dry, last.reason) == (RunKind.EXPORT, "plan2learn", True, "Ny fil er kommet")
    assert last.by.startswith("test operations")
    job = service.data(JOB, "auditor", type="IMPORT", name="sd")["runJob"]
    assert (job["state"], job["text"], job["ended"]) == ("QUEUED", "Ny fil er kommet", None)


@pytest.mark.parametrize(("roles", "type_", "name", "code"), [
    (("hr", "organisation", "rights", "auditor"), "IMPORT", "sd", "forbidden"),
    (("operations",), "IMPORT", "plan2learn", "not_set_up"),
    (("operations",), "EXPORT", "sd", "not_set_up"),
])  # fmt: skip
def test_what_cannot_be_started_is_refused(
    service: Served, queue: Queue, roles: tuple[str, ...], type_: str, name: str, code: str
) -> None:
    (error,) = service.ask(START, *roles, type=type_, name=name, dry=False)["errors"]
    assert error["extensions"]["code"] == code
    assert queue.orders == []


def test_a_preview_starts_nothing(service: Served, queue: Queue) -> None:
    variables = {"type": "IMPORT", "name": "sd", "dry": False}
    body = {"query": START, "variables": variables, "extensions": {"preview": True}}
    answer = service.send(body, {"Authorization": f"Bearer {service.token('operations')}"}).json()
    assert answer["data"] == {"startRun": {"name": "sd", "isNew": True}}
    assert queue.orders == []


def test_without_a_queue_it_says_so(clean_graph: neo4j.Driver, addresses: Addresses) -> None:
    with serving(addresses, clean_graph, RING) as served:
        (error,) = served.ask(START, "operations", type="IMPORT", name="sd", dry=False)["errors"]
        assert error["extensions"]["code"] == "not_set_up"
        assert served.data(JOB, "operations", type="IMPORT", name="sd") == {"runJob": None}

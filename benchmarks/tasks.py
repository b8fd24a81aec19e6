"""Processes: an inbox with many tasks open elsewhere, completing a task, and the cases that an import starts.

The inbox is that of the manager of a unit without units below, who has as many tasks in both measurements: what differs
is how many others are open in the municipality. Both are measured on one graph: with all of them open, and with all
but 1,000 closed. Cases that start by themselves are compared with SpiffWorkflow alone, which runs the same diagram as
far and writes its state as JSON, and keeps nothing.

What Neo4j plans once, the first tasks and the first few cases pay for, and they are not counted: the goal is for 10,000
cases, and to plan a statement takes as long as hundreds of them.

On a machine that others used too (30 November 2026, size S) an inbox took 0.9 to 1.0 times as long, some minutes after
the 100,000 had been made; the 1.9 to 3.2 of earlier were measured at once, probably while Neo4j still wrote them.
Completing a task takes four statements in one transaction, where the bare one has one: who has it is asked of the
organisation while the case is locked. In turn with the code before (1 December 2026, size XS, nine statements), it
went from 7 to 11 times the bare transaction at the median to 4 to 6, and at p99 from 4 to 9 times to 3 to 6; on a
calmer machine from 13 ms at the median, and 6 of Neo4j's processor, to 7 and 3.

Cases that an import starts are begun together (``processes.cases.by_itself``): what they need is asked once for up to
200, and one statement writes them. That took 3 to 5 times as long as SpiffWorkflow alone, where it was 30 to 97 one
by one. The engine needs less of a processor than SpiffWorkflow alone (0.4 ms a case, and 0.5); the rest is what the
driver sends and Neo4j writes: a case, its task, its log, their indexes.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import neo4j
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

from benchmarks.measured import Measured
from benchmarks.preview import import_facts
from graph.cpr.keyring import Keyring
from processes.cases import by_itself, definitions
from processes.cases.inbox import PARTS, inbox
from processes.cases.tasks import complete, start

FEW, MANY, OWN, PAGE = 1_000, 100_000, 30, 50
COMPLETED, STARTED, FIRST = 200, 1_000, 20
OF_INBOX, OF_COMPLETING, OF_STARTING = 1.5, 5.0, 2.0
WARMING, ROUNDS = 10, 30
_PROCESS = "bench_tasks"
_FLOW = '<sequenceFlow id="f_{0}_{1}" sourceRef="{0}" targetRef="{1}"/>'
_DIAGRAM = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:reconnect="urn:reconnect:bpmn:1" '
    f'targetNamespace="urn:bench"><process id="{_PROCESS}" isExecutable="true">'
    '<startEvent id="start"><extensionElements><reconnect:trigger kind="Employment" on="created"/>'
    '<reconnect:argument name="unit" value="unit.uuid"/><reconnect:argument name="person" value="person.uuid"/>'
    '<reconnect:form name="request"/></extensionElements></startEvent>'
    '<userTask id="approve"><extensionElements><reconnect:place role="manager" unit="unit"/>'
    '<reconnect:form name="approval"/></extensionElements></userTask><endEvent id="end"/>'
    f"{_FLOW.format('start', 'approve')}{_FLOW.format('approve', 'end')}</process></definitions>"
).encode()
_FORMS: Mapping[str, object] = {
    "request": {"type": "object", "properties": {"unit": {"format": "unit"}, "person": {"format": "person"}}},
    "approval": {"type": "object", "properties": {"decision": {"type": "string"}}},
}
# Each stands for a case of its own, as a case that was started has them.
_COPIES = """
MATCH (t:Task {id: $task})-[:OF_CASE]->(c:Case)-[:RUNS]->(v)
UNWIND range(1, $count) AS number
CALL (t, c, v, number) {
    CREATE (other:Case)-[:RUNS]->(v)
    SET other = c {.*, id: $name + number}
    CREATE (task:Task)-[:OF_CASE]->(other)
    SET task = t {.*, id: $name + number, unit: $units[number % size($units)]}
} IN TRANSACTIONS OF 5000 ROWS
"""
_CLOSED = """
MATCH (t:Task {state: 'open'})
WHERE t.unit <> $unit
WITH t SKIP $left
CALL (t) { SET t.state = 'cancelled' } IN TRANSACTIONS OF 5000 ROWS
"""
_MANAGER = """
MATCH (p:Person)-[:HAS]->({active: true})-[:HOLDS]->(a:Assignment {active: true})-[:OF]->(:Role {key: 'manager'})
MATCH (a)-[:FOR]->(u:Unit {active: true})
WHERE NOT EXISTS { (:Unit)-[:PART_OF]->(u) } AND COUNT { (p)-[:HAS]->()-[:HOLDS]->(:Assignment) } = 1
RETURN p.uuid AS person, u.uuid AS unit, COLLECT {
    MATCH (other:Unit {active: true}) WHERE other <> u RETURN other.uuid ORDER BY other.uuid
} AS others
ORDER BY person
LIMIT 1
"""


def measure(driver: neo4j.Driver, keyring: Keyring, size: str, folder: Path) -> Iterator[Measured]:
    """On a graph with a payroll and its managers."""
    now = datetime.now(UTC)
    definitions.deploy(driver, _PROCESS, {"main.bpmn": _DIAGRAM}, _FORMS, "benchmark", now)
    row = driver.execute_query(_MANAGER).records[0]
    person, unit, others = row["person"], row["unit"], row["others"]
    yield _completing(driver, size, person, unit)
    yield _starting(driver, keyring, size, unit, folder)
    yield _inbox(driver, size, person, unit, others)


def _inbox(driver: neo4j.Driver, size: str, person: str, unit: str, others: list[str]) -> Measured:
    first = _task(driver, start(driver, _PROCESS, {"unit": unit, "person": person}, None, datetime.now(UTC)))
    with driver.session() as session:
        session.run(
            "MATCH (t:Task {state: 'open'}) WHERE t.id <> $task SET t.state = 'cancelled'", task=first
        ).consume()
    _copy(driver, first, [unit], OWN - 1)

    def seconds() -> float:
        taken = []
        for _ in range(WARMING + ROUNDS):  # Neo4j plans anew where there is much more than before
            with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
                started = time.perf_counter()
                entries = inbox(session, person, PARTS, datetime.now(UTC), first=PAGE)
                taken.append(time.perf_counter() - started)
            if len(entries) != OWN:
                raise RuntimeError(f"the inbox has {len(entries)} tasks instead of {OWN}")
        return min(taken[WARMING:])

    _copy(driver, first, others, FEW - OWN)
    before = seconds()
    _copy(driver, first, others, MANY - FEW)
    many = seconds()
    with driver.session() as session:
        session.run(_CLOSED, unit=unit, left=FEW - OWN).consume()
    few = seconds()
    notes: dict[str, float | int | str] = {"own": OWN, "to 1,000 that there are": round(many / before, 2)}
    return Measured(
        f"inbox with {MANY} open tasks", f"with {FEW}, others closed", size, "s", many, few, many / few, OF_INBOX,
        True, notes,
    )  # fmt: skip


def _copy(driver: neo4j.Driver, task: str, units: list[str], count: int) -> None:
    with driver.session() as session:
        session.run(_COPIES, task=task, units=units, count=count, name=f"{uuid4()}-").consume()


def _task(driver: neo4j.Driver, case: str) -> str:
    query = "MATCH (t:Task {state: 'open'})-[:OF_CASE]->(:Case {id: $case}) RETURN t.id AS id"
    return str(driver.execute_query(query, case=case).records[0]["id"])


def _completing(driver: neo4j.Driver, size: str, person: str, unit: str) -> Measured:
    values = {"unit": unit, "person": person}
    count = FIRST + COMPLETED
    tasks = [_task(driver, start(driver, _PROCESS, values, None, datetime.now(UTC))) for _ in range(count)]
    given = {"decision": "yes"}
    ours = [_taken(partial(complete, driver, each, person, given, datetime.now(UTC))) for each in tasks][FIRST:]

    def bare() -> None:
        with driver.session() as session:
            session.execute_write(lambda tx: tx.run("CREATE (:BenchmarkNote {at: datetime()})").consume())

    theirs = [_taken(bare) for _ in tasks][FIRST:]
    our, their = _p99(ours), _p99(theirs)
    notes: dict[str, float | int | str] = {
        "tasks": COMPLETED, "ratio of medians": round(statistics.median(ours) / statistics.median(theirs), 2),
    }  # fmt: skip
    return Measured(
        "completing a task, p99", "one bare write transaction, p99", size, "s", our, their, our / their, OF_COMPLETING,
        True, notes,
    )  # fmt: skip


def _starting(driver: neo4j.Driver, keyring: Keyring, size: str, unit: str, folder: Path) -> Measured:
    by_itself.switch(driver, _PROCESS, "benchmark", "it is measured", datetime.now(UTC), on=True)
    import_facts(driver, keyring, folder, "hired_first", _hired(unit, "a", FIRST))
    by_itself.start_due(driver, datetime.now(UTC))
    import_facts(driver, keyring, folder, "hired", _hired(unit, "b", STARTED))
    started = time.perf_counter()
    found = by_itself.start_due(driver, datetime.now(UTC))
    ours = time.perf_counter() - started
    by_itself.switch(driver, _PROCESS, "benchmark", "it was measured", datetime.now(UTC), on=False)
    if found.cases != STARTED or found.failed:
        raise RuntimeError(f"{found.cases} cases instead of {STARTED} have started; {dict(found.failed)}")
    theirs = _bare_cases(unit)
    return Measured(
        f"{STARTED} cases started by an import", "SpiffWorkflow alone, and JSON", size, "s", ours, theirs,
        ours / theirs, OF_STARTING, True, {"milliseconds a case": round(1000 * ours / STARTED, 1)},
    )  # fmt: skip


def _hired(unit: str, name: str, count: int) -> dict[str, object]:
    """Facts with so many new employees of a unit."""
    ids = [f"{name}{each}" for each in range(count)]
    return {
        "format": 1,
        "persons": [{"id": each, "name": f"Bo Berg {each}"} for each in ids],
        "employments": [{"id": each, "person": each, "title": "Kok", "units": [{"unit": unit}]} for each in ids],
    }


def _bare_cases(unit: str) -> float:
    """Seconds for as many cases, without anything else: no form, no graph, no task that anybody could find."""
    diagram = etree.fromstring(_DIAGRAM)
    for extension in diagram.iter("{http://www.omg.org/spec/BPMN/20100524/MODEL}extensionElements"):
        extension.clear()
    with tempfile.NamedTemporaryFile("wb", suffix=".bpmn") as file:
        file.write(etree.tostring(diagram))
        file.flush()
        parser = BpmnParser()
        parser.add_bpmn_file(file.name)
    specification = parser.get_spec(_PROCESS)
    serializer = BpmnWorkflowSerializer()
    started = time.perf_counter()
    for number in range(STARTED):
        case = BpmnWorkflow(specification)
        case.task_tree.data.update({"unit": unit, "person": str(number)})
        case.do_engine_steps()
        json.dumps(serializer.to_dict(case))
    return time.perf_counter() - started


def _taken(do: Callable[[], Any]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


def _p99(taken: list[float]) -> float:
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * 0.99))]

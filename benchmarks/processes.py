"""Processes: an inbox among many open tasks, completing a task, and cases that an import starts.

The inbox is that of a manager with five tasks; all others are of other units. A bare write is one transaction with one
node. Bare SpiffWorkflow starts the same process and serialises it to JSON, with no graph.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import neo4j
import yaml
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

from benchmarks.measured import Measured
from benchmarks.servers import fresh_servers
from graph.cpr.keyring import Keyring
from graph.identity.lookup import find
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.pipeline.brake import BrakeSettings
from importers.pipeline.import_run import run_import
from processes.cases import by_itself, definitions, tasks
from processes.cases.inbox import Part, inbox

INBOX_GOAL, COMPLETE_GOAL, START_GOAL = 1.5, 5.0, 2.0
FEW, MANY = 1_000, 100_000
"""Open tasks of all."""
OWN = 5
STARTED = {"XS": 100, "S": 1_000, "L": 10_000}
UNITS = 100
_INBOXES, _COMPLETED, _BATCH = 30, 300, 10_000
_PARTS: tuple[Part, ...] = ("mine", "standing_in", "asked")
_PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:reconnect="urn:reconnect:bpmn:1"
    targetNamespace="urn:benchmark">
  <process id="welcome" isExecutable="true">
    <startEvent id="start"><extensionElements>
      <reconnect:trigger kind="Employment" on="created"/>
      <reconnect:argument name="unit" value="unit.uuid"/><reconnect:argument name="person" value="person.uuid"/>
      <reconnect:form name="request"/>
    </extensionElements></startEvent>
    <userTask id="see"><extensionElements>
      <reconnect:place role="manager" unit="unit"/><reconnect:form name="seen"/>
    </extensionElements></userTask>
    <endEvent id="end"/>
    <sequenceFlow id="start_see" sourceRef="start" targetRef="see"/>
    <sequenceFlow id="see_end" sourceRef="see" targetRef="end"/>
  </process>
</definitions>"""
_FORMS = {
    "request": {"type": "object", "properties": {"unit": {"format": "unit"}, "person": {"format": "person"}}},
    "seen": {"type": "object", "properties": {"note": {"type": "string"}}},
}


def measure(size: str) -> Iterator[Measured]:
    """Raises RuntimeError if a case or a task is missing."""
    keyring = Keyring.generate()
    with tempfile.TemporaryDirectory(prefix="rc-bench-processes-") as folder, fresh_servers() as (_, driver):
        file = Path(folder) / "facts.yaml"
        _import(driver, keyring, file, 0)
        definitions.deploy(
            driver, "welcome", {"welcome.bpmn": _PROCESS.encode()}, _FORMS, "benchmark", datetime.now(UTC)
        )
        yield _inbox(driver)
        yield _completing(driver)
        yield _started(driver, keyring, file, STARTED[size])


def _inbox(driver: neo4j.Driver) -> Measured:
    """The same manager's inbox among few, then among many open tasks of other managers."""
    with driver.session() as session:
        mine, *others = (find(session, "Unit", f"unit{number}").uuid for number in range(UNITS))
        manager, someone = find(session, "Person", "manager0").uuid, find(session, "Person", "manager1").uuid
    started = [_start(driver, mine, someone) for _ in range(OWN)]
    taken: dict[int, float] = {}
    have = OWN
    for number in (FEW, MANY):
        _copy(driver, started[0], others, number - have)
        have = number
        taken[number] = statistics.median(_inboxes(driver, manager))
    few, many = taken[FEW], taken[MANY]
    notes: dict[str, float | int | str] = {"tasks in the inbox": OWN, "milliseconds": round(many * 1000, 1)}
    return Measured(
        f"an inbox, {MANY:,} open tasks", f"{FEW:,} open tasks", "any", "s", many, few, many / few, INBOX_GOAL, True,
        notes,
    )  # fmt: skip


def _inboxes(driver: neo4j.Driver, manager: str) -> Iterator[float]:
    for number in range(_INBOXES + 5):
        begun = time.perf_counter()
        with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            found = inbox(session, manager, _PARTS, datetime.now(UTC))
        if len(found) != OWN:
            raise RuntimeError(f"{len(found)} tasks are in the inbox; {OWN} are the manager's")
        if number >= 5:
            yield time.perf_counter() - begun


def _completing(driver: neo4j.Driver) -> Measured:
    """One task after another, and as many bare writes in turns; of each the slowest but one in a hundred."""
    with driver.session() as session:
        unit = find(session, "Unit", "unit0").uuid
        manager, someone = find(session, "Person", "manager0").uuid, find(session, "Person", "manager1").uuid
    ours: list[float] = []
    bare: list[float] = []
    for number in range(_COMPLETED + 20):
        case = _start(driver, unit, someone)
        rows, _, _ = driver.execute_query("MATCH (t:Task)-[:OF_CASE]->(:Case {id: $id}) RETURN t.id AS id", id=case)
        task = rows[0]["id"]
        one = _seconds(lambda: tasks.complete(driver, task, manager, {"note": "x"}, datetime.now(UTC), "seen"))  # noqa: B023
        other = _seconds(lambda: driver.execute_query("CREATE (:Bare {number: $number})", number=number))  # noqa: B023
        if number >= 20:
            ours.append(one)
            bare.append(other)
    notes: dict[str, float | int | str] = {
        "median, ms": round(statistics.median(ours) * 1000, 1),
        "bare median, ms": round(statistics.median(bare) * 1000, 1),
    }
    one, other = _p99(ours), _p99(bare)
    return Measured(
        "completing a task, p99", "one bare write transaction, p99", "any", "s", one, other, one / other,
        COMPLETE_GOAL, True, notes,
    )  # fmt: skip


def _started(driver: neo4j.Driver, keyring: Keyring, file: Path, number: int) -> Measured:
    """Cases that one import starts, by what becomes known; the import itself is not counted."""
    by_itself.switch(driver, "welcome", "benchmark", "measured", datetime.now(UTC), on=True)
    _import(driver, keyring, file, number)
    begun = time.perf_counter()
    done = by_itself.start_due(driver, datetime.now(UTC))
    ours = time.perf_counter() - begun
    if done.cases != number or done.failed:
        raise RuntimeError(f"{done.cases} of {number} cases have started: {dict(done.failed)}")
    bare = _bare(number)
    notes: dict[str, float | int | str] = {"a case, ms": round(ours / number * 1000, 2)}
    return Measured(
        "cases started by one import", "bare SpiffWorkflow with JSON", f"{number:,} cases", "s", ours, bare,
        ours / bare, START_GOAL, True, notes,
    )  # fmt: skip


def _bare(number: int) -> float:
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(_PROCESS.encode()).getroottree())
    specification = parser.get_spec("welcome")
    serializer = BpmnWorkflowSerializer()

    def start() -> None:
        workflow = BpmnWorkflow(specification)
        workflow.data.update({"unit": "x" * 36, "person": "y" * 36})
        workflow.do_engine_steps()
        serializer.serialize_json(workflow)

    start()
    begun = time.perf_counter()
    for _ in range(number):
        start()
    return time.perf_counter() - begun


def _start(driver: neo4j.Driver, unit: str, person: str) -> str:
    return tasks.start(driver, "welcome", {"unit": unit, "person": person}, None, datetime.now(UTC))


def _copy(driver: neo4j.Driver, case: str, units: Sequence[str], number: int) -> None:
    """So many more cases like this one, of other units."""
    for start in range(0, number, _BATCH):
        driver.execute_query(
            """
            MATCH (t:Task)-[:OF_CASE]->(c:Case {id: $case})-[:RUNS]->(v)
            UNWIND range(1, $count) AS number
            WITH t, c, v, $units[number % size($units)] AS unit
            CREATE (other:Case)-[:RUNS]->(v)
            SET other = c {.*, id: randomUUID(), unit: unit}
            CREATE (task:Task)-[:OF_CASE]->(other)
            SET task = t {.*, id: randomUUID(), unit: unit}
            """,
            case=case,
            units=list(units),
            count=min(_BATCH, number - start),
        )
    driver.execute_query("CALL db.awaitIndexes(300)")


def _import(driver: neo4j.Driver, keyring: Keyring, file: Path, employments: int) -> None:
    """Units with a manager each, and so many others who work there."""
    managers = range(UNITS)
    since = "2020-01-01"
    content: dict[str, Any] = {
        "format": 1,
        "roles": {"manager": {"title": "Leder", "covers_all": True}},
        "units": [
            {"id": "town", "title": "Town", "from": since, "parents": []},
            *(
                {"id": f"unit{each}", "title": f"Unit {each}", "from": since, "parents": [{"unit": "town"}]}
                for each in managers
            ),
        ],
        "persons": [
            *({"id": f"manager{each}", "name": f"Manager {each}"} for each in managers),
            *({"id": f"person{each}", "name": f"Person {each}"} for each in range(employments)),
        ],
        "employments": [
            *(_employment(f"manager{each}", each) for each in managers),
            *(_employment(f"person{each}", each % UNITS) for each in range(employments)),
        ],
        "assignments": [
            {
                "id": f"assignment{each}", "holder": {"employment": f"of_manager{each}"}, "role": "manager",
                "from": since, "for": [{"unit": f"unit{each}"}], "primary": True,
            }
            for each in managers
        ],
    }  # fmt: skip
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    report = run_import(
        driver, Facts(FactsSettings(path=file, name="facts")), keyring, brake=BrakeSettings(at_least=1_000_000)
    )
    if report.problems:
        raise RuntimeError(f"{len(report.problems)} problems: {report.problems[0]}")


def _employment(person: str, unit: int) -> dict[str, Any]:
    return {"id": f"of_{person}", "person": person, "from": "2020-01-01", "units": [{"unit": f"unit{unit}"}]}


def _seconds(do: Callable[[], object]) -> float:
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun


def _p99(taken: Sequence[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.99)]

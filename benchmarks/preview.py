"""The preview of a unit's move: seconds for a unit with about 500 people, and for a smaller one.

The sample's rights reach everyone, and depend on units above and below. The goal is in seconds, not a ratio, since
there is no equivalent by hand. The first round warms Neo4j's plans, as everyday queries do.
"""

import time
from datetime import date, timedelta
from pathlib import Path

import neo4j
import orjson

from benchmarks.measured import Measured
from benchmarks.payroll import SEED, TODAY
from graph.cpr.keyring import Keyring
from graph.questions.preview.consequences import Preview, preview
from graph.statements.precedence import SourceOrder
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.pipeline.brake import BrakeSettings
from importers.pipeline.import_run import run_import
from importers.pipeline.report import ImportReport
from sample.facts import Keys, facts
from sample.municipality import CLIENT, Municipality

PEOPLE, FEWER, GOAL, ROUNDS = 500, 100, 2.0, 4
_CHANGE = "change"


def measure(driver: neo4j.Driver, keyring: Keyring, size: str, today: date, folder: Path) -> Measured:
    """The fastest of the rounds."""
    import_facts(driver, keyring, folder, "facts", facts(Municipality(size, SEED, TODAY), opus_keys(keyring)))
    day = today + timedelta(days=30)
    seconds, found = _fastest(driver, keyring, folder, day, PEOPLE)
    fewer, of_fewer = _fastest(driver, keyring, folder, day, FEWER)
    notes: dict[str, float | int | str] = {
        "touched": found.touched, "consequences": len(found.consequences), "touched by the smaller": of_fewer.touched,
        "seconds of the smaller": round(fewer, 3),
    }  # fmt: skip
    return Measured(
        "preview of a move", "the goal, in seconds", size, "s", seconds, GOAL, seconds / GOAL, 1.0, True, notes
    )


def _fastest(
    driver: neo4j.Driver, keyring: Keyring, folder: Path, day: date, people: int
) -> tuple[float, Preview[ImportReport]]:
    unit, to = _move(driver, people)
    content = {"units": [{"id": "move", "adds_to": unit, "parents": [{"unit": to, "from": day}]}]}
    taken: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        found = preview(driver, lambda rehearsal: import_facts(rehearsal, keyring, folder, _CHANGE, content))
        taken.append(time.perf_counter() - started)
    return min(taken), found


def _move(driver: neo4j.Driver, people: int) -> tuple[str, str]:
    """uuids of a unit with about this many people, and of another to which it can move."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (unit:Unit {active: true})-[part:PART_OF]->(parent:Unit)-[:PART_OF]->(:Unit)
        WHERE part.to IS NULL
        WITH unit, parent, COUNT { (unit)<-[:PART_OF*0..]-(:Unit)<-[:IN]-(:Employment {active: true}) } AS people
        ORDER BY abs(people - $people), unit.uuid
        LIMIT 1
        MATCH (to:Unit {active: true})
        WHERE to <> parent AND NOT EXISTS { (unit)<-[:PART_OF*0..]-(to) }
        RETURN unit.uuid AS unit, to.uuid AS to
        ORDER BY to
        LIMIT 1
        """,
        people=people,
    )
    return rows[0]["unit"], rows[0]["to"]


def opus_keys(keyring: Keyring) -> Keys:
    """How the imported payroll names what facts add to."""
    return Keys(
        unit=lambda unit: f"opus:{CLIENT}:unit:{unit.number}",
        employment=lambda employment: f"opus:{CLIENT}:employment:{employment.number}",
        person=lambda employment: f"opus:{keyring.hash(employment.person.cpr)}",
    )


def import_facts(
    driver: neo4j.Driver, keyring: Keyring, folder: Path, name: str, content: object, *, whole: bool = False
) -> ImportReport:
    """Import facts. ``whole``: what the file of that name said before, and says no more, ends."""
    file = folder / f"{name}.json"
    file.write_bytes(orjson.dumps(content))
    source = Facts(FactsSettings(path=file, name=name, whole=whole))
    no_brake = BrakeSettings(at_least=2**31)
    return run_import(driver, source, keyring, order=SourceOrder((_CHANGE, "opus", "facts")), brake=no_brake)

"""The demonstration: a sample municipality from its payroll to a target system, on embedded servers.

Each step can be repeated; an interrupted demo goes on where it ended, and a repeated one finds nothing new to do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import neo4j
import orjson
import tomli_w

from api.access import tokens
from exporters.report import ExportReport
from graph.cpr.keyring import Keyring
from graph.plans import kept
from graph.plans.plan import OPEN, Draft, PlannedChange
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.pipeline.report import ImportReport
from importers.source import Source
from reconnect.context import Context
from reconnect.demo import found
from reconnect.embedded.home import write_whole
from reconnect.progress import Report
from reconnect.settings.file import FILE_NAME
from reconnect.work import jobs
from sample import demo_settings, write_opus
from sample.facts import Keys, facts
from sample.logins import SYSTEM
from sample.municipality import CLIENT, SIZES, Municipality, Unit

_AUTHOR = "demo"
_BEGUN = "municipality.json"
_CATALOGUE = frozenset({"roles", "kle", "functions", "groups", "systems"})
"""Sections of the facts that rules about payroll refer to, and which are therefore read before it."""


@dataclass(frozen=True)
class Demo:
    """The places of one home's demo files."""

    home: Path

    @property
    def settings_file(self) -> Path:
        return self.home / FILE_NAME

    def supplied(self, target: str) -> Path:
        """The folder that takes the place of the target's server."""
        return self.home / "supplied" / target

    @property
    def payroll(self) -> Path:
        return self.home / "sample" / "opus"

    @property
    def own_facts(self) -> Path:
        return self.home / "sample"

    def municipality(self) -> Municipality:
        """The sample with which the demo began, on its day."""
        kept = orjson.loads((self.own_facts / _BEGUN).read_bytes())
        return Municipality(kept["size"], kept["seed"], date.fromisoformat(kept["day"]))


def prepare(demo: Demo) -> None:
    """Write the demo's settings, unless the home has settings already."""
    if demo.settings_file.exists():
        return
    tree: dict[str, Any] = demo_settings.tree(opus_folder=demo.payroll)
    tree["targets"] = {name: found.supplied_to(name, demo.supplied(name)) for name in found.targets()}
    for name in found.targets():
        demo.supplied(name).mkdir(parents=True, exist_ok=True)
    tree["idp"] = {"system": SYSTEM, "name": "Klitkøbing"}
    tree["processes"] = {"attachments": {"unscanned": True}}  # of its invented people, files can be tried
    head = "# The settings of the demo; change them as you like. `reconnect config` shows all there are.\n\n"
    write_whole(demo.settings_file, head + tomli_w.dumps(tree))


def make_payroll(demo: Demo, size: str, seed: int, day: date, keyring: Keyring, report: Report) -> None:
    """Write the sample's Opus file and its own facts, unless they are there."""
    if not (demo.own_facts / _BEGUN).exists():
        demo.own_facts.mkdir(parents=True, exist_ok=True)
        begun = {"size": size, "seed": seed, "day": day.isoformat()}
        write_whole(demo.own_facts / _BEGUN, orjson.dumps(begun).decode())
    if not any(demo.payroll.glob("*.xml")):
        total = SIZES[size].employments
        write_opus(demo.payroll, size, seed, day, lambda done: report("Making the sample's payroll", done, total))
        report("Making the sample's payroll", total, total)
    if not _facts_file(demo, "facts").exists():
        keys = Keys(
            unit=unit_key,
            employment=lambda employment: f"opus:{CLIENT}:employment:{employment.number}",
            person=lambda employment: f"opus:{keyring.hash(employment.person.cpr)}",
        )
        told = facts(Municipality(size, seed, day), keys)
        catalogue = {name: entries for name, entries in told.items() if name in _CATALOGUE}
        rest = {name: entries for name, entries in told.items() if name not in _CATALOGUE}
        for name, content in (("catalogue", {"format": told["format"], **catalogue}), ("facts", rest)):
            write_whole(_facts_file(demo, name), orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())


def unit_key(unit: Unit) -> str:
    """How the demo's facts name a unit of payroll."""
    return f"opus:{CLIENT}:unit:{unit.number}"


def import_all(context: Context, demo: Demo, report: Report) -> Iterator[ImportReport]:
    """Import the catalogue of roles and tasks, then payroll, then the municipality's own facts about people."""
    caller = jobs.Caller(report)
    yield jobs.import_from(context, caller, _facts(demo, "catalogue"))
    yield jobs.import_source(context, caller, "opus")
    yield jobs.import_from(context, caller, _facts(demo, "facts"))


def supply(context: Context, report: Report) -> Iterator[ExportReport]:
    """Supply the targets in the home's settings, one after the other."""
    for name in found.targets():
        if context.settings.targets.of(name) is not None:
            yield jobs.export_target(context, jobs.Caller(report), name)


@dataclass(frozen=True)
class Questions:
    """Questions for the demo, each of which has an answer.

    ``unit`` has no manager of its own; ``person`` works there. ``cases`` has a case worker for KLE ``kle``. Units by
    Opus's keys and by name.
    """

    unit: str
    unit_name: str
    cases: str
    cases_name: str
    kle: str
    person: str
    name: str


def questions(driver: neo4j.Driver) -> Questions | None:
    """Things of the imported municipality to ask about; None if it has none."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (:Role {key: 'case_worker'})<-[:OF]-(worker:Assignment {active: true})-[:FOR]->(cases:Unit {active: true})
        MATCH (worker)-[:ABOUT]->(kle:KleNode {active: true})
        MATCH (worker)<-[:HOLDS]-(holder:Employment {active: true})
        WHERE NOT coalesce(holder.on_leave, false)
        WITH cases, kle
        ORDER BY cases.name, kle.number
        LIMIT 1
        MATCH (person:Person)-[:HAS]->(employment:Employment {active: true})-[at:IN]->(unit:Unit {active: true})
        WHERE at.to IS NULL
          AND NOT EXISTS { (unit)<-[:FOR]-(:Assignment)-[:OF]->(:Role {key: 'manager'}) }
        MATCH (told:SourceRecord {source: 'opus'})-[:TELLS]->(unit)
        MATCH (also:SourceRecord {source: 'opus'})-[:TELLS]->(cases)
        RETURN told.key AS unit, unit.name AS unit_name, also.key AS cases, cases.name AS cases_name,
               kle.number AS kle, person.uuid AS person, person.name AS name
        ORDER BY unit, name
        LIMIT 1
        """
    )
    return Questions(**rows[0].data()) if rows else None


@dataclass(frozen=True)
class MayDo:
    """A person whose rights in a system the demo shows. ``unit``: the unit for which they are case worker."""

    person: str
    name: str
    unit: str


def two_case_workers(driver: neo4j.Driver) -> list[MayDo]:
    """Case workers for two units that perform different subjects; fewer if the municipality does not have them."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (:Role {key: 'case_worker'})<-[:OF]-(a:Assignment {active: true})-[:FOR]->(unit:Unit {active: true})
        MATCH (unit)-[:PERFORMS]->(kle:KleNode {active: true})
        MATCH (a)<-[:HOLDS]-(:Employment {active: true})<-[:HAS]-(person:Person {active: true})
        WITH kle, unit, person
        ORDER BY kle.number, unit.name, person.name
        WITH kle, head(collect({person: person.uuid, name: person.name, unit: unit.name})) AS first
        RETURN first
        ORDER BY kle.number
        """
    )
    found: dict[str, MayDo] = {}
    for row in rows:
        found.setdefault(row["first"]["unit"], MayDo(**row["first"]))
    return [*found.values()][:2]


@dataclass(frozen=True, slots=True)
class Move:
    """A unit that is to move: as a facts file to preview, and as a plan (its id) to decide on."""

    file: Path
    plan: str
    unit: str
    to: str


def planned_move(driver: neo4j.Driver, file: Path, day: date) -> Move | None:
    """Write to ``file`` that a unit with a case worker moves on ``day``; preferably one that inherits KLE numbers.

    The same is a plan, which waits for a person to approve it.
    """
    rows, _, _ = driver.execute_query(
        """
        MATCH (:Role {key: 'case_worker'})<-[:OF]-(:Assignment {active: true})-[:FOR]->(unit:Unit {active: true})
        MATCH (unit)-[part:PART_OF]->(parent:Unit)
        WHERE part.to IS NULL
        MATCH (to:Unit {active: true})<-[:PART_OF]-(:Unit)
        WHERE to <> parent AND NOT EXISTS { (unit)<-[:PART_OF*0..]-(to) }
        RETURN unit.uuid AS uuid, unit.name AS unit, to.uuid AS below, to.name AS to
        ORDER BY coalesce(parent.passes_kle_down, false) DESC, unit, to, uuid, below
        LIMIT 1
        """
    )
    if not rows:
        return None
    row = rows[0]
    moved = {"id": "move", "adds_to": row["uuid"], "parents": [{"unit": row["below"], "from": day}]}
    write_whole(file, orjson.dumps({"units": [moved]}, option=orjson.OPT_INDENT_2).decode())
    places = [{"unit": row["below"], "from": "@day"}]
    moves = PlannedChange("placeUnits", {"units": [{"unit": row["uuid"], "parents": places}]})
    draft = Draft(f"{row['unit']} moves", day, "To be tried with the sample municipality", (moves,))
    with driver.session() as session:
        known = next((each for each in kept.plans(session, OPEN) if each.name == draft.name), None)
    plan = kept.create(driver, draft, _AUTHOR) if known is None else kept.change(driver, known, draft, _AUTHOR)
    return Move(file, plan.id, row["unit"], row["to"])


def token(driver: neo4j.Driver) -> str:
    """A new token for the demo; the one of an earlier run ends."""
    tokens.revoke(driver, "demo")
    return tokens.create(driver, "demo", ["reader", "hr", "organisation", "rights", "operations", "auditor"])


def _facts(demo: Demo, name: str) -> Source:
    return Facts(FactsSettings(path=_facts_file(demo, name), name=name))


def _facts_file(demo: Demo, name: str) -> Path:
    return demo.own_facts / f"{name}.json"

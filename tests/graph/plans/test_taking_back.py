"""A plan is taken back while another person edits what it has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import neo4j

from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.plans import applying, kept
from graph.plans.plan import Draft, PlannedChange
from graph.plans.taking_back import take_back
from graph.statements.statement import DatedValue, Statement
from graph.time import Period, today
from graph.writing.amending import Amendment, Guard
from graph.writing.graph_writer import GraphWriter, Written
from importers.pipeline.import_run import run_import
from tests.graph.organisation import START, Stating, unit

RING = Keyring.generate()


def uuid_of(driver: neo4j.Driver) -> str:
    rows, _, _ = driver.execute_query("MATCH (:SourceRecord {key: 'root'})-[:TELLS]->(n) RETURN n.uuid AS uuid")
    return str(rows[0]["uuid"])


def named(name: str) -> Any:
    def edit(kept: Statement) -> Statement:
        return replace(kept, values={**kept.values, "name": (DatedValue(Period(START), name),)})

    return edit


class Overtaken(GraphWriter):
    """Another person is faster, once."""

    was: bool = False

    def amend_all(self, amendments: Sequence[Amendment], origin: Origin, guard: Guard | None = None) -> list[Written]:
        if not self.was:
            self.was = True
            self.amend("Unit", uuid_of(self.driver), named("Nyere"), Origin("manual", user="karen"))
        return super().amend_all(amendments, origin, guard)


def test_what_is_changed_while_it_is_taken_back_stays_and_is_named(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(unit("root")), RING)

    def made(driver: neo4j.Driver, mutation: str, arguments: Mapping[str, Any]) -> Sequence[str]:
        edit = named(arguments["value"])
        return [GraphWriter(driver, RING).amend("Unit", uuid_of(driver), edit, Origin("manual", user="hanne")).uuid]

    draft = Draft("Navn", today(), "Nyt navn", (PlannedChange("setValue", {"value": "Planlagt"}),))
    plan = kept.approve(clean_graph, kept.create(clean_graph, draft, "hanne"), "poul", "Godkendt")
    plan = applying.apply(clean_graph, plan, made, "worker")

    told = take_back(Overtaken(clean_graph, RING), plan, "hanne", "Fortrudt")
    assert told.state == "taken_back"
    assert told.stays == (f"Unit {uuid_of(clean_graph)}: changed while the plan was taken back",)
    rows, _, _ = clean_graph.execute_query("MATCH (u:Unit) RETURN u.name AS name")
    assert [row["name"] for row in rows] == ["Nyere"]

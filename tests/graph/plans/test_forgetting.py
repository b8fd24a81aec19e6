"""A plan is personal data where it names a person: that goes with the person; and analysts see no plan."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import neo4j
import pytest

from graph.change_log import Origin
from graph.corrections.person_erasure import erase_person
from graph.cpr.keyring import Keyring
from graph.plans import applying, kept
from graph.plans.plan import Draft, Plan, PlannedChange, mark
from graph.statements.statement import DatedValue, Statement
from graph.time import Period, today
from graph.writing.graph_writer import GraphWriter
from importers.pipeline.import_run import run_import
from tests.graph.organisation import START, Stating, employment, person, unit

RING = Keyring.generate()
LEFT = date(2024, 1, 1)


def uuid_of(driver: neo4j.Driver, key: str) -> str:
    rows, _, _ = driver.execute_query("MATCH (:SourceRecord {key: $key})-[:TELLS]->(n) RETURN n.uuid AS uuid", key=key)
    return str(rows[0]["uuid"])


REASON = f"Fordi Vilda holder op{mark('Vildas titel')}"


def written_title(driver: neo4j.Driver, mutation: str, arguments: Mapping[str, Any]) -> Sequence[str]:
    """In place of the API: the title of an employment, by hand."""

    def edit(told: Statement) -> Statement:
        return replace(told, values={"title": (DatedValue(Period(START, LEFT), arguments["value"]),)})

    uuid, origin = uuid_of(driver, arguments["thing"]), Origin("manual", user="hanne", reason=REASON)
    return [GraphWriter(driver, RING).amend("Employment", uuid, edit, origin).uuid]


def change(thing: str, value: str) -> PlannedChange:
    return PlannedChange("setValue", {"thing": thing, "value": value})


def plan(driver: neo4j.Driver, name: str, *changes: PlannedChange) -> Plan:
    made = kept.create(driver, Draft(name, today(), f"Fordi {name}", changes), "hanne")
    return kept.approve(driver, made, "poul", "Godkendt")


def everything(driver: neo4j.Driver) -> str:
    nodes, _, _ = driver.execute_query(
        "MATCH (n) WHERE n:Plan OR n:PlanEffect RETURN labels(n) AS labels, properties(n) AS values"
    )
    reasons, _, _ = driver.execute_query("MATCH (c:Change) RETURN c.uuid AS uuid, c.reason AS reason")
    return repr([each.data() for each in (*nodes, *reasons)])


@pytest.fixture
def graph(clean_graph: neo4j.Driver) -> neo4j.Driver:
    gone = replace(employment("e1", "p1", "root", title="Vejmand"), exists=(Period(START, LEFT),))
    people = [person("p1", "Vilda Forsvunden", "1101575001"), person("p2", "Birk Prøvesen", "0202575002")]
    run_import(clean_graph, Stating(unit("root"), *people, gone, employment("e2", "p2", "root")), RING)
    return clean_graph


def test_of_an_erased_person_plans_keep_nothing(graph: neo4j.Driver) -> None:
    done = plan(graph, "Vildas titel", change("e1", "Vejmand af første grad"), change("e2", "Bager"))
    applying.apply(graph, done, written_title, "worker")
    named = replace(change(uuid_of(graph, "e1"), "Tidligere vejmand"), name="vildas")
    waiting = plan(graph, "Vildas afsked", named, change("e2", "Smed"), change("@vildas", "Chef"))
    other = plan(graph, "Birks titel", change("e2", "Maler"))
    assert "Vejmand af første grad" in everything(graph)

    erase_person(graph, uuid_of(graph, "p1"), Origin("manual", user="hanne", reason="asked to be forgotten"))
    left = everything(graph)
    for text in ("Vejmand", "vejmand", "Vilda", "vilda", "'e1'", '"e1"'):
        assert text not in left, text
    with graph.session() as session:
        plans = {each.id: each for each in kept.plans(session)}
    assert [each.erased for each in plans[done.id].changes] == [True, False]
    assert (plans[done.id].state, plans[done.id].approved_by) == ("applied", "poul")
    assert (plans[waiting.id].state, plans[waiting.id].is_approved) == ("draft", False)
    assert plans[waiting.id].changes[1:] == (change("e2", "Smed"), change("@erased-1", "Chef"))
    assert plans[other.id] == other

    with pytest.raises(applying.DoesNotFit) as misfit:
        applying.carried_out(graph, plans[waiting.id], written_title)
    assert (misfit.value.failure.change, misfit.value.failure.code) == (1, "erased")

"""Plans as they are kept: each is found by its own id, and decided as it was read."""

from collections.abc import Mapping, Sequence
from typing import Any

import neo4j
import pytest

from graph.errors import ChangeRejected
from graph.plans import applying, kept
from graph.plans.plan import Draft, Plan, PlannedChange
from graph.time import today


def approved(driver: neo4j.Driver, name: str) -> Plan:
    draft = Draft(name, today(), "Ny struktur", (PlannedChange("createUnit", {"name": "Center"}),))
    return kept.approve(driver, kept.create(driver, draft, "hanne"), "poul", "Godkendt")


def test_an_id_leads_to_its_plan_whatever_another_is_called(clean_graph: neo4j.Driver) -> None:
    plan = approved(clean_graph, "Flyt")
    other = approved(clean_graph, plan.id)
    with clean_graph.session() as session:
        assert kept.found(session, plan.id) == plan
        assert kept.found(session, other.id) == other
    kept.withdraw(clean_graph, plan, "hanne", "Droppet")
    with clean_graph.session() as session:
        assert kept.found(session, plan.id).state == "withdrawn"
        assert kept.found(session, other.id).state == "approved"


def test_what_was_changed_and_approved_again_since_it_was_read_is_not_applied(clean_graph: neo4j.Driver) -> None:
    read = approved(clean_graph, "Flyt")
    other = Draft(read.name, read.day, "En anden grund", read.changes)
    again = kept.approve(clean_graph, kept.change(clean_graph, read, other, "karen"), "poul", "Godkendt")

    def made(driver: neo4j.Driver, mutation: str, arguments: Mapping[str, Any]) -> Sequence[str]:
        return []

    with pytest.raises(ChangeRejected) as refused:
        applying.apply(clean_graph, read, made, "worker")
    assert refused.value.code == "plan_changed"
    assert applying.apply(clean_graph, again, made, "worker").state == "applied"

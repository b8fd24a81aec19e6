"""Statements about what is known now become statements about what was known then (``graph.as_of.as_known``)."""

import re

import pytest

from graph.as_of import as_known
from graph.model import KINDS

KNOWN = "WHERE coalesce({r}.known_from <= $known, true) AND coalesce({r}.known_to > $known, true)"


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("(n)-[s:STATE]->(v)", f"(n)-[s:STATE|WAS_STATE {KNOWN.format(r='s')}]->(v)"),
        ("(n)<-[:IN|FOR]-()", f"(n)<-[known1:IN|FOR|WAS_IN|WAS_FOR {KNOWN.format(r='known1')}]-()"),
        ("(n)-[:WITHIN*0..]->(m)", f"(n) (()-[known1:WITHIN|WAS_WITHIN {KNOWN.format(r='known1')}]->()){{0,}} (m)"),
        ("(c)-[r:CONCERNS]->(n)", "(c)-[r:CONCERNS WHERE startNode(r).number <= $known]->(n)"),
        ("(r)-[:TELLS]->(n)", "(r)-[:TELLS]->(n)"),
        ("m:UnitState AND m.x", "m:UnitState|WasUnitState AND m.x"),
        ("['UnitState', m.name]", "['UnitState', m.name]"),
    ],
)
def test_a_relationship_is_widened_to_what_was_known(now: str, then: str) -> None:
    assert as_known(now) == then


def test_each_step_of_a_walk_was_known() -> None:
    walk = "MATCH (a)-[up:PART_OF*1..3]->(b) WHERE all(part IN up WHERE part.from < 1) AND all(x IN other WHERE x)"
    known = KNOWN.format(r="part").removeprefix("WHERE ")
    assert as_known(walk) == (
        "MATCH (a)-[up:PART_OF|WAS_PART_OF*1..3]->(b) "
        f"WHERE all(part IN up WHERE {known} AND part.from < 1) AND all(x IN other WHERE x)"
    )
    with pytest.raises(AssertionError, match="a walk over periods"):
        as_known("MATCH (a)-[up:PART_OF*1..3]->(b) RETURN b")


def test_every_link_of_the_model_is_widened() -> None:
    for type_ in {"STATE", *(link.type for kind in KINDS.values() for link in kind.links)}:
        assert re.search(rf":{type_}\|WAS_{type_} WHERE", as_known(f"(a)-[:{type_}]->(b)"))

"""CPR numbers: a right of their own, opened after the query, each reading logged before it is answered."""

from collections.abc import Iterator
from dataclasses import replace

import neo4j
import pytest

from api.access.field_groups import whole_roles
from api.access.rights import FIELDS
from tests.api.reads.asking import Asking

QUESTION = '{ persons(filter: {nameContains: "test"}) { nodes { name cpr employments { person { cpr } } } } }'


@pytest.fixture
def readings(graph: neo4j.Driver) -> Iterator[neo4j.Driver]:
    graph.execute_query("MATCH (r:CprReading) DELETE r")
    yield graph


def logged(driver: neo4j.Driver) -> list[dict[str, object]]:
    rows, _, _ = driver.execute_query("MATCH (r:CprReading) RETURN r.by AS by, size(r.persons) AS persons")
    return [dict(row) for row in rows]


def test_opened_wherever_it_stands_and_logged(asking: Asking, readings: neo4j.Driver) -> None:
    (alma,) = asking.data(QUESTION)["persons"]["nodes"]
    assert alma == {"name": "Alma Testrup", "cpr": "1101575001", "employments": [{"person": {"cpr": "1101575001"}}]}
    assert logged(readings) == [{"by": "tests", "persons": 2}]


def test_a_block_of_rows_is_one_entry(asking: Asking, readings: neo4j.Driver) -> None:
    asking.data("{ persons(first: 1000) { nodes { cpr } } }")
    assert logged(readings) == [{"by": "tests", "persons": 3}]


def test_without_number_nothing_is_logged(asking: Asking, readings: neo4j.Driver) -> None:
    assert asking.data('{ person(key: "rosa") { cpr } }') == {"person": {"cpr": None}}
    assert logged(readings) == []


@pytest.mark.parametrize(("field", "right"), [("cpr", "cpr"), ("street", "private"), ("privatePhone", "private")])
def test_refused_without_the_right(asking: Asking, readings: neo4j.Driver, field: str, right: str) -> None:
    others = replace(asking, rights=frozenset({"private", "cpr"} - {right}))
    error = others.refusal(f"{{ persons {{ nodes {{ {field} }} }} }}")
    assert error.extensions == {"code": "forbidden", "retry": "never", "roles": whole_roles(FIELDS[right])}
    assert repr(right) in error.message
    assert logged(readings) == []
    # A plan that was compiled for somebody else is not used.
    asking.data(f"{{ persons {{ nodes {{ {field} }} }} }}")
    assert others.code(f"{{ persons {{ nodes {{ {field} }} }} }}") == "forbidden"


def test_lookups_of_a_person_who_was_joined_are_found(asking: Asking, graph: neo4j.Driver) -> None:
    old, now = (f"{number:08x}-0000-4000-8000-000000000000" for number in (1, 2))
    graph.execute_query(
        """
        CREATE (old:Person {uuid: $old})-[:JOINED_INTO]->(now:Person {uuid: $now}),
            (a:CprLookup {id: 'a', at: datetime(), person: $old}), (b:CprLookup {id: 'b', at: datetime(), person: $now})
        """,
        old=old,
        now=now,
    )
    try:
        for uuid in (old, now):
            found = asking.data(f'{{ cprLookups(person: "{uuid}") {{ nodes {{ id }} }} }}')["cprLookups"]["nodes"]
            assert sorted(each["id"] for each in found) == ["a", "b"]
    finally:
        graph.execute_query("MATCH (n:Person|CprLookup WHERE n.uuid IN $uuids OR n.person IN $uuids) DETACH DELETE n",
                            uuids=[old, now])  # fmt: skip

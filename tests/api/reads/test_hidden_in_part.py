"""What a caller of a part of the organisation must not learn of the rest in roundabout ways: by costs, by names that
several things share, through what lies between, or by what a limit leaves out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import neo4j
import orjson
import pytest

from api.access.budget import Account
from api.access.held import subtree
from api.access.rights import Access
from api.access.roles import ROLES
from api.reads.lengths import Length, Lengths
from api.reads.question import question_of
from graph.questions import search
from tests.api.reads.asking import Asking

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def line(graph: neo4j.Driver) -> tuple[str, str, str]:
    """Three units, each below the one before, and the last with people."""
    row = graph.execute_query(
        """
        MATCH (top:Unit)<-[a:PART_OF]-(middle:Unit)<-[b:PART_OF]-(low:Unit)<-[:IN]-(e:Employment)<-[:HAS]-(:Person)
        WHERE top.active AND middle.active AND low.active AND e.active AND a.to IS NULL AND b.to IS NULL
            AND low.name =~ '(?i)[a-zæøå]{3}.*'  // a search for its first letters finds it
        WITH top, middle, low
        ORDER BY low.name, low.uuid
        LIMIT 1
        RETURN top.uuid AS top, middle.uuid AS middle, low.uuid AS low
        """
    ).records[0]
    return row["top"], row["middle"], row["low"]


def limited(asking: Asking, *units: str) -> Asking:
    """Every role, in exactly these units."""
    access = Access("nord", frozenset(ROLES), None, dict.fromkeys(ROLES, frozenset(units)))
    return replace(asking, access=access)


@contextmanager
def added(graph: neo4j.Driver, statement: str, **parameters: Any) -> Iterator[None]:
    """With nodes of the property ``hidden_test``, which are taken away again."""
    graph.execute_query(statement, parameters)
    try:
        yield
    finally:
        graph.execute_query("MATCH (n {hidden_test: true}) DETACH DELETE n")


def test_the_cost_of_a_query_does_not_tell_how_much_there_is_elsewhere(asking: Asking, line: tuple[str, ...]) -> None:
    def cost(asking: Asking, people: int) -> int:
        asking.reader._lengths = Lengths({"Person": people}, {("Person", "employments"): Length(people / 1000, 3.0)})
        assert asking.access is not None
        question = question_of(
            '{ persons(filter: {nameContains: "a"}) { totalCount nodes { employments { uuid } } } }', None
        )
        answer = asking.runner.run(
            asking.reader.answer(
                question, {}, frozenset(), "nord", Account(1e9), asking.access.everywhere, asking.access
            )
        )
        assert isinstance(answer, bytes)
        requested: int = orjson.loads(answer)["extensions"]["cost"]["requested"]
        return requested

    part = limited(replace(asking, reader=replace(asking.reader)), line[2])
    everywhere = replace(part, access=Access("all", frozenset(ROLES)))
    cost(part, 1500), cost(everywhere, 1500)  # plans are new once, and cost more then
    assert cost(part, 1500) == cost(part, 1501) == cost(part, 2000) < cost(part, 3000)
    assert cost(everywhere, 1500) < cost(everywhere, 1501)
    assert Lengths({"Attestation": 0}).rounded == Lengths({"Attestation": 7}).rounded


def test_of_things_with_one_name_those_count_that_may_be_read(
    asking: Asking, graph: neo4j.Driver, line: tuple[str, ...]
) -> None:
    top, middle, low = line
    both = """
    UNWIND $units AS uuid
    MATCH (u:Unit {uuid: uuid})
    CREATE (r:SourceRecord {id: 'twice ' + uuid, source: 'a ' + uuid, key: 'twice', kind: 'Unit'})-[:TELLS]->(u)
    SET r.hidden_test = true
    """
    part = limited(asking, low)
    question = '{ units(filter: {below: "twice"}) { nodes { uuid } } }'
    provenance = '{ provenance(kind: Unit, thing: "twice") { __typename } }'
    with added(graph, both, units=[top, middle]):
        assert replace(asking, access=None).code(question) == "ambiguous"
        assert part.code(question) == part.code(provenance) == "unknown_unit"
        assert part.data('{ unit(key: "twice") { uuid } }')["unit"] is None
    with added(graph, both, units=[top, low]):
        assert part.data(question)["units"]["nodes"] == [{"uuid": low}]
        assert part.data('{ unit(key: "twice") { uuid } }')["unit"] == {"uuid": low}


def test_a_filter_does_not_pass_through_what_may_not_be_read(
    asking: Asking, graph: neo4j.Driver, line: tuple[str, ...]
) -> None:
    top, _, low = line
    part = limited(asking, low)
    person = part.data("{ persons(first: 1) { nodes { uuid } } }")["persons"]["nodes"][0]["uuid"]
    question = '{ persons(filter: {role: "hidden"}) { totalCount } }'
    other = """
    MATCH (p:Person {uuid: $person}), (there:Unit {uuid: $there}), (low:Unit {uuid: $low})
    CREATE (role:Role {uuid: 'hidden role', key: 'hidden', hidden_test: true})
    CREATE (p)-[:HAS {from: date('2020-01-01')}]->(e:Employment {uuid: 'hidden tie', hidden_test: true})
    CREATE (e)-[:IN {from: date('2020-01-01')}]->(there)
    CREATE (e)-[:HOLDS {from: date('2020-01-01')}]->(a:Assignment {uuid: 'hidden one', hidden_test: true})
    CREATE (a)-[:OF {from: date('2020-01-01')}]->(role), (a)-[:FOR {from: date('2020-01-01')}]->(low)
    """
    with added(graph, other, person=person, there=top, low=low):
        assert part.data(question)["persons"]["totalCount"] == 0
        assert replace(asking, access=None).data(question)["persons"]["totalCount"] == 1
    with added(graph, other, person=person, there=low, low=low):
        assert part.data(question)["persons"]["totalCount"] == 1


def test_a_walk_does_not_lead_over_units_that_may_not_be_read(asking: Asking, line: tuple[str, ...]) -> None:
    top, middle, low = line
    walk = f"""{{ unit(uuid: "{low}") {{
        ancestors {{ uuid }} ancestorsConnection {{ totalCount edges {{ cursor }} }}
    }} }}"""
    below = f'{{ units(filter: {{below: "{top}"}}) {{ nodes {{ uuid }} }} }}'
    down = f'{{ unit(uuid: "{top}") {{ descendants {{ uuid }} }} }}'

    gap = limited(asking, top, low)
    assert gap.data(walk)["unit"] == {"ancestors": [], "ancestorsConnection": {"totalCount": 0, "edges": []}}
    assert gap.data(below)["units"]["nodes"] == [{"uuid": top}]
    assert gap.data(down)["unit"]["descendants"] == []

    whole = limited(asking, top, middle, low)
    assert [each["uuid"] for each in whole.data(walk)["unit"]["ancestors"]] == [middle, top]
    cursors = [each["cursor"] for each in whole.data(walk)["unit"]["ancestorsConnection"]["edges"]]
    assert len(set(cursors)) == 2 and not [each for each in cursors if middle in each or top in each]
    assert {each["uuid"] for each in whole.data(below)["units"]["nodes"]} == {top, middle, low}
    assert {each["uuid"] for each in whole.data(down)["unit"]["descendants"]} == {middle, low}


def test_the_change_feed_goes_on_to_the_end_of_the_log(asking: Asking, line: tuple[str, ...]) -> None:
    part = limited(asking, line[2])
    listed = part.data("{ changes(first: 10000) { nodes { number } } }")["changes"]["nodes"]
    fed = part.data("{ changeFeed(first: 10000) { number } }")["changeFeed"]
    assert fed == listed[::-1]
    last = fed[-1]["number"]
    assert part.data(f"{{ changeFeed(first: 1, before: {last + 1}) {{ number }} }}")["changeFeed"] == fed[-1:]


def test_a_search_is_cut_off_after_the_choice(
    asking: Asking, line: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    part = limited(asking, *asking.runner.run(subtree(asking.reader.reading, [line[1]])))
    (name,) = {part.data(f'{{ unit(uuid: "{line[2]}") {{ name }} }}')["unit"]["name"]}
    question = "query($text: String!) { search(text: $text, kinds: [Unit]) { thing { ... on Unit { uuid } } } }"
    wanted = part.data(question, {"text": name})["search"]
    assert {"thing": {"uuid": line[2]}} in wanted
    begun = part.data(question, {"text": name[:2]})["search"]
    monkeypatch.setattr(search, "CANDIDATES", 1)
    assert len(part.data(question, {"text": name[:2]})["search"]) == min(1, len(begun)) == 1

"""Imports, with what they changed, what they found wrong and what stopped them."""

import neo4j

from api.access import tokens
from graph.cpr.keyring import Keyring
from importers.pipeline.brake import BrakeSettings
from importers.pipeline.import_run import run_import
from tests.api.reads.asking import Asking
from tests.graph.organisation import Stating, unit

IMPORTS = """
{ runs(type: IMPORT, first: 100) { nodes {
    name state changes(first: 3) { number kind } badRecords { key rule } brakes { state summary }
} } }
"""


def test_a_run_with_its_changes_and_brakes(asking: Asking, graph: neo4j.Driver) -> None:
    report = run_import(
        graph,
        Stating(unit("root"), name="sd"),
        Keyring.generate(),
        brake=BrakeSettings(share=0.01, count=1, at_least=0),
    )
    runs = asking.data(IMPORTS)["runs"]["nodes"]
    assert report.brake is not None
    stopped = [each for each in runs if each["brakes"]]
    assert [each["state"] for each in stopped] == ["STOPPED"]
    assert stopped[0]["brakes"][0]["state"] == "WAITING"
    assert any(each["changes"] for each in runs)


def test_changed_after_a_moment(asking: Asking) -> None:
    question = "query($m: Moment) { units(filter: {changedAfter: $m}) { totalCount } }"
    assert asking.data(question, {"m": "2020-01-01"})["units"]["totalCount"] > 15
    assert asking.data(question, {"m": "2099-01-01T00:00:00+00:00"})["units"]["totalCount"] == 0
    assert "yesterday" in asking.refusal(question, {"m": "yesterday"}).message


def test_runs_are_listed_newest_first_from_page_to_page(asking: Asking, graph: neo4j.Driver) -> None:
    """The ids of runs mean nothing; of runs that began at the same moment, each comes once."""
    graph.execute_query(
        """
        UNWIND range(0, 39) AS place
        CREATE (:Run {
            id: randomUUID(), type: 'closing', name: 'scim-test', state: 'done', dry: false, counts: toString(place),
            started: datetime('2026-06-01T12:00:00.123456Z') + duration({hours: place / 2})
        })
        """
    )
    try:
        ask = """query($after: String) { runs(type: CLOSING, first: 7, after: $after) {
            nodes { id started counts } edges { cursor node { id } } pageInfo { endCursor hasNextPage hasPreviousPage }
        } }"""
        found: list[dict[str, str]] = []
        after, more = None, True
        while more:
            page = asking.data(ask, {"after": after})["runs"]
            assert page["pageInfo"]["hasPreviousPage"] == bool(found)
            assert page["edges"][-1]["cursor"] == page["pageInfo"]["endCursor"]
            found += page["nodes"]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert sorted(int(each["counts"]) for each in found) == [*range(40)]
        one = "query($id: ID!) { runs(id: $id) { nodes { id } } badRecords(run: $id) { totalCount } }"
        asked = asking.data(one, {"id": found[0]["id"].upper()})
        assert asked == {"runs": {"nodes": [{"id": found[0]["id"]}]}, "badRecords": {"totalCount": 0}}
        assert [int(each["counts"]) // 2 for each in found] == [place // 2 for place in range(39, -1, -1)]
        assert [(each["started"], each["id"]) for each in found] == sorted(
            ((each["started"], each["id"]) for each in found), reverse=True
        )
    finally:
        graph.execute_query("MATCH (r:Run {name: 'scim-test'}) DELETE r")


def test_a_record_leads_to_the_person_who_made_it(asking: Asking, graph: neo4j.Driver) -> None:
    """A program is not taken for a person, not even one that is named like one."""
    anna = asking.data("{ persons(first: 1) { nodes { uuid } } }")["persons"]["nodes"][0]["uuid"]
    users = {"a": f"person:{anna}", "b": anna, "c": "payroll", "d": None, "e": "person:joined-into-anna"}
    graph.execute_query(
        "MATCH (p:Person {uuid: $uuid}) CREATE (:Person {uuid: 'joined-into-anna'})-[:JOINED_INTO]->(p)", uuid=anna
    )
    tokens.create(graph, "by-person", ["reader"], person="joined-into-anna")
    graph.execute_query(
        """
        UNWIND keys($users) AS id
        CREATE (:Brake {id: id, source: 'by-person', approved_by: $users[id], learnt: datetime()})
        CREATE (:MatchDecision {id: id, user: $users[id], reason: 'by-person', at: datetime()})
        CREATE (:CprLookup {id: id, by: $users[id], purpose: 'by-person', at: datetime()})
        """,
        users=users,
    )
    try:
        found = asking.data(
            """{
            brakes(source: "by-person") { nodes { id who: approvedByPerson { uuid } } }
            decisions { nodes { id reason who: byPerson { uuid } } }
            cprLookups { nodes { id who: byPerson { uuid } } }
            changes(first: 1) { nodes { byPerson { uuid } } }
            tokens { name who: person { uuid } }
            }"""
        )
        for name in ("brakes", "decisions", "cprLookups"):
            who = {each["id"]: each["who"] for each in found[name]["nodes"] if each["id"] in users}
            # The last was the same person under another uuid, before two were joined.
            assert who == {"a": {"uuid": anna}, "b": None, "c": None, "d": None, "e": {"uuid": anna}}, name
        assert [each["who"] for each in found["tokens"] if each["name"] == "by-person"] == [{"uuid": anna}]
        assert found["changes"]["nodes"] == [{"byPerson": None}]
    finally:
        graph.execute_query(
            """
            MATCH (n:Brake|MatchDecision|CprLookup|Token|Person)
            WHERE 'by-person' IN [n.source, n.reason, n.purpose, n.name] OR n.uuid = 'joined-into-anna'
            DETACH DELETE n
            """
        )

"""What has been approved happens later: with what its approver may do on that day."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import neo4j
import pytest

from api.access.approvers import access_today, can_anyone
from api.access.held import held_by_each
from api.access.own_system import state_own_system
from api.access.rights import Access
from api.access.tokens import create, revoke
from tests.api.access.test_held import granted
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow


def test_tokens_and_rights_of_a_person_count_together(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    state_own_system(clean_graph, RING)
    content = deepcopy(TOWN)
    for grants, settings in (
        granted("g_hr", "hr", "employment:e_anna", derived="unit"),
        granted("g_read", "reader", "person:anna"),
    ):
        content["grants"] += grants
        content["constraint_settings"] += settings
    assert imported(clean_graph, content, tmp_path).problems == []
    rows, _, _ = clean_graph.execute_query("MATCH (r:SourceRecord)-[:TELLS]->(n) RETURN r.key AS key, n.uuid AS uuid")
    of = {row["key"]: row["uuid"] for row in rows}
    name = f"person:{of['anna']}"

    held = access_today(clean_graph, name)
    assert (held.name, held.person, held.everywhere) == (name, of["anna"], {"reader"})
    assert held.within == {"hr": {of["job"]}}

    create(clean_graph, "hers", ["hr", "organisation"], within=[of["citizen"]], person=of["anna"])
    both = access_today(clean_graph, name)
    assert both.within == {"hr": {of["job"], of["citizen"]}, "organisation": {of["citizen"]}}
    create(clean_graph, "hers everywhere", ["hr"], person=of["anna"])
    assert access_today(clean_graph, name).within == {"organisation": {of["citizen"]}}
    for token in ("hers", "hers everywhere"):
        revoke(clean_graph, token)
    assert access_today(clean_graph, name) == held

    clean_graph.execute_query("MATCH (p:Person {uuid: $uuid})-[:STATE]->(s) SET s.stopped = true", uuid=of["anna"])
    clean_graph.execute_query("MATCH (p:Person {uuid: $uuid}) SET p.stopped = true", uuid=of["anna"])
    create(clean_graph, "hers again", ["hr"], person=of["anna"])
    assert access_today(clean_graph, name).roles == frozenset()


def test_a_token_counts_under_its_own_name_and_while_it_is_valid(clean_graph: neo4j.Driver) -> None:
    create(clean_graph, "payroll", ["hr"])
    assert access_today(clean_graph, "payroll").everywhere == {"hr"}
    assert access_today(clean_graph, "pay").roles == frozenset()
    revoke(clean_graph, "payroll")
    assert access_today(clean_graph, "payroll").roles == frozenset()


@pytest.mark.parametrize("to", ["person:anna", "employment:e_anna", "role:case_worker", "unit:town", "position:clerk"])
def test_whether_there_is_anyone_who_could(clean_graph: neo4j.Driver, tmp_path: Path, to: str) -> None:
    """However a right in REConnect reaches them, and only if it does."""
    state_own_system(clean_graph, RING)
    content = deepcopy(TOWN)
    content["positions"] = [{"id": "clerk", "code": "1", "title": "Kontorassistent"}]
    content["employments"][1]["position"] = "clerk"
    grants, settings = granted("g", "organisation", to)
    grants[0]["inherit"] = True
    content["grants"] += grants
    content["constraint_settings"] += settings
    assert imported(clean_graph, content, tmp_path).problems == []
    assert can_anyone(clean_graph, lambda access: "organisation" in access.everywhere) is True
    assert can_anyone(clean_graph, lambda access: "hr" in access.roles) is False
    clean_graph.execute_query("MATCH (:Person)-[:STATE]->(s) SET s.stopped = true")
    clean_graph.execute_query("MATCH (p:Person) SET p.stopped = true")
    assert can_anyone(clean_graph, lambda access: True) is False


def test_however_many_people_there_are_they_are_read_together(
    clean_graph: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state_own_system(clean_graph, RING)
    content = deepcopy(TOWN)
    content["persons"] += [{"id": f"p{n}", "name": f"Per {n}"} for n in range(4)]
    content["employments"] += [{"id": f"e_p{n}", "person": f"p{n}", "units": [{"unit": "job"}]} for n in range(4)]
    for each in ("anna", *(f"p{n}" for n in range(4))):
        content["grants"] += granted(f"g_{each}", "organisation", f"person:{each}")[0]
    assert imported(clean_graph, content, tmp_path).problems == []
    asked: list[str] = []

    def may(access: Access) -> bool:
        assert access.person is not None
        asked.append(access.person)
        return False

    assert can_anyone(clean_graph, may) is False
    assert len(asked) == len({*asked}) == 5
    sent: list[str] = []
    run = neo4j.Session.run

    def noted(self: neo4j.Session, query: str, *more: Any, **how: Any) -> neo4j.Result:
        sent.append(query)
        return run(self, query, *more, **how)

    monkeypatch.setattr(neo4j.Session, "run", noted)
    counts = []
    for people in (asked[:1], asked):
        sent.clear()
        assert len([*held_by_each(clean_graph, people)]) == len(people)
        counts.append(len(sent))
    assert counts[1] < 2 * counts[0], "what is read for one is not read for each"

"""Who was joined into another person is no second person, whatever name the change log has."""

import neo4j
import pytest
from graphql import GraphQLError

from api.access.four_eyes import RULES, require_second
from graph.errors import ChangeRejected
from graph.identity.user_names import names_of_same
from graph.plans import kept
from graph.plans.plan import Draft, PlannedChange
from graph.time import today

JOINED = """
CREATE (:Person {uuid: 'first'})-[:JOINED_INTO]->(:Person {uuid: 'second'})-[:JOINED_INTO]->(:Person {uuid: 'third'})
CREATE (:Person {uuid: 'other'})
"""


def test_a_joined_person_is_no_second_person(clean_graph: neo4j.Driver) -> None:
    clean_graph.execute_query(JOINED)
    same = {"person:first", "person:second", "person:third"}
    with clean_graph.session() as session:
        for name in same:
            assert names_of_same(session, name) == same
        assert names_of_same(session, "person:other") == {"person:other"}
        assert names_of_same(session, "a token") == {"a token"}
    draft = Draft("Navn", today(), "x", (PlannedChange("setValue", {}),))
    plan = kept.create(clean_graph, draft, "person:first")
    with pytest.raises(ChangeRejected, match="has written the plan"):
        kept.approve(clean_graph, plan, "person:third", "x")
    assert kept.approve(clean_graph, plan, "person:other", "x").state == "approved"
    for name in ("person:first", "person:second", "person:third"):
        with pytest.raises(GraphQLError):
            require_second(clean_graph, RULES, "approve_brake", "a line", name)
    require_second(clean_graph, RULES, "approve_brake", "a line", "person:other")

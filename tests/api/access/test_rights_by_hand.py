"""Values by hand: each kind × each system role."""

import pytest
from graphql import GraphQLError

from api.access.rights import BY_HAND, ROLES, WRITE, Access
from graph.model import KINDS
from tests.api.serving import Served

SET = """
mutation($kind: Kind!, $thing: String!, $property: String!) {
  setValue(from: "0001-01-01", kind: $kind, thing: $thing, property: $property, value: "A", reason: "x") { uuid }
}
"""


def test_the_table_names_kinds_and_whoever_is_in_it_may_use_the_mutations() -> None:
    assert set(BY_HAND) <= set(KINDS)
    for roles in BY_HAND.values():
        assert roles <= WRITE["setValue"]
        assert roles <= WRITE["releaseValue"]


@pytest.mark.parametrize("role", ROLES)
def test_each_kind_follows_the_table(role: str) -> None:
    access = Access("somebody", frozenset({role}))
    for kind, roles in BY_HAND.items():
        if role in roles:
            access.require_by_hand(kind)
        else:
            with pytest.raises(GraphQLError, match=kind):
                access.require_by_hand(kind)


def test_over_http(small_service: Served) -> None:
    def code(role: str, kind: str, thing: str, name: str) -> str | None:
        answer = small_service.ask(SET, role, kind=kind, thing=thing, property=name)
        return answer["errors"][0]["extensions"]["code"] if "errors" in answer else None

    assert code("organisation", "Person", "p1", "name") == "forbidden"
    assert code("hr", "Unit", "north", "name") == "forbidden"
    assert code("hr", "Role", "manager", "covers_all") == "forbidden"
    assert code("hr", "KleFacet", "1", "title") == "unknown_kind"
    assert code("hr", "Person", "p1", "name") is None
    assert code("organisation", "Unit", "north", "name") is None

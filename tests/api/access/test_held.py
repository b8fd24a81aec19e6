"""What a person may do in REConnect follows from grants, and holds where they say."""

import asyncio
from copy import deepcopy
from pathlib import Path

import neo4j
import pytest
from graphql import GraphQLError

from api.access.held import access_of_person, subtree
from api.access.own_system import key_of, state_own_system
from api.access.places import PLACES, WHOLE
from api.access.rights import WHERE, WRITE, Access
from reconnect.embedded import Addresses
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow


def granted(name: str, role: str, to: str, **limit: object) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """(a grant of one of REConnect's own system roles, its limit)."""
    grant = {"id": name, "gives": f"system_role:{key_of(role)}", "given_to": [to], "approved_by": "dora"}
    setting = {"id": f"c_{name}", "of": f"grant:{name}", "type": "reconnect_unit", **limit}
    return [grant], [setting] if limit else []


def test_the_roles_held_and_where(clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path) -> None:
    state_own_system(clean_graph, RING)
    content = deepcopy(TOWN)
    content["units"] += [
        {"id": "old", "name": "Gammel afdeling", "parents": [{"unit": "center"}], "to": "2024-01-01"},
        {"id": "room", "name": "Lokale", "parents": [{"unit": "old"}], "to": "2024-01-01"},
        {"id": "new", "name": "Ny afdeling", "from": "2099-01-01",
         "parents": [{"unit": "center", "from": "2099-01-01"}]},
        {"id": "moved", "name": "Flyttet afdeling", "from": "2000-01-01", "to": "2024-01-01",
         "parents": [{"unit": "center", "to": "2010-01-01"}, {"unit": "canteen", "from": "2010-01-01"}]},
    ]  # fmt: skip
    content["persons"] += [{"id": "erik", "name": "Erik Dahl"}, {"id": "finn", "name": "Finn Ege", "stopped": True}]
    wanted = [
        granted("g_hr", "hr", "employment:e_anna", derived="unit_at_level(2)"),
        granted("g_read", "reader", "person:anna"),
        granted("g_read_here", "reader", "employment:e_anna", derived="unit"),
        granted("g_units", "organisation", "employment:e_anna", derived="unit_at_level(2)"),
        granted("g_rights", "rights", "employment:e_anna", derived="managed_units"),
        granted("g_organisation", "organisation", "employment:e_bo", derived="unit"),
        granted("g_organisation_too", "organisation", "employment:e_bo", derived="selected_units", units=["job"]),
        granted("g_finn", "reader", "person:finn"),
        granted("g_phones", "auditor", "person:bo", type="reconnect_fields", fixed=["contact", "pay"]),
    ]
    content["grants"] += [each for grants, _ in wanted for each in grants]
    content["constraint_settings"] += [each for _, settings in wanted for each in settings]
    assert imported(clean_graph, content, tmp_path).problems == []
    with clean_graph.session() as session:
        uuids = {
            row["key"]: row["uuid"]
            for row in session.run("MATCH (r:SourceRecord)-[:TELLS]->(n) RETURN r.key AS key, n.uuid AS uuid")
        }

        def units(*keys: str) -> frozenset[str]:
            return frozenset(uuids[each] for each in keys)

    async def below(*keys: str) -> frozenset[str]:
        async with neo4j.AsyncGraphDatabase.driver(
            addresses.bolt_uri, auth=(addresses.user, addresses.password)
        ) as driver:
            return await subtree(driver, units(*keys))

    assert asyncio.run(below("center")) == units("center", "job", "old", "room", "new")
    assert asyncio.run(below("canteen")) == units("canteen", "moved")

    def access(person: str) -> Access | None:
        return asyncio.run(access_of_person(clean_graph, uuids[person], person))

    anna = access("anna")
    assert anna is not None
    assert (anna.name, anna.person) == ("anna", uuids["anna"])
    assert anna.roles == {"hr", "organisation", "reader"}, "managed_units comes to nothing, so rights is not held"
    center = units("center", "job", "old", "room", "new")
    assert anna.within == {"hr": center, "organisation": center}
    assert anna.within["hr"] is anna.within["organisation"], "each read sends the units of all its roles"
    assert anna.everywhere == {"reader"}
    bo = access("bo")
    assert bo is not None
    assert bo.within == {"organisation": units("citizen", "job")}, "in each way in which it is held"
    assert bo.everywhere == {"auditor:identity", "auditor:contact", "auditor:pay"}
    assert bo.fields() == {"pay"}
    assert access("erik") is None, "nothing is granted"
    assert access("finn") is None, "the person is stopped"
    assert asyncio.run(access_of_person(clean_graph, "00000000-0000-4000-8000-000000000000", "x")) is None


def test_a_limit_of_a_type_that_is_unknown_here_takes_the_role_away(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    state_own_system(clean_graph, RING)
    content = deepcopy(TOWN)
    (grant,), _ = granted("g_read", "reader", "person:anna")
    content["grants"].append(grant)
    assert imported(clean_graph, content, tmp_path).problems == []
    rows, _, _ = clean_graph.execute_query(
        "MATCH (:SourceRecord {key: 'anna'})-[:TELLS]->(p:Person) RETURN p.uuid AS uuid"
    )
    person = rows[0]["uuid"]
    assert asyncio.run(access_of_person(clean_graph, person, "anna")) is not None
    clean_graph.execute_query(
        """
        MATCH (r:SystemRole {key: $role}), (t:ConstraintType {key: 'unit'})
        CREATE (r)-[:MAY_LIMIT {from: date('0001-01-01')}]->(t)
        """,
        role=key_of("reader"),
    )
    content["constraint_settings"].append({"id": "c", "of": "grant:g_read", "type": "unit", "fixed": ["job"]})
    imported(clean_graph, content, tmp_path)
    assert asyncio.run(access_of_person(clean_graph, person, "anna")) is None


def test_a_limited_role_does_not_count_where_nothing_is_known_of_units() -> None:
    access = Access("a", frozenset({"hr", "rights"}), None, {"hr": frozenset({"u"}), "rights": frozenset()})
    assert not any(access.may_read(each) for each, place in PLACES.items() if place == WHOLE)
    assert not any(access.may_write(each) for each in WRITE if WHERE[each] == "everywhere")
    assert access.fields() == frozenset()
    for each in WRITE:
        if WHERE[each] == "everywhere":
            with pytest.raises(GraphQLError):
                access.require_write(each)

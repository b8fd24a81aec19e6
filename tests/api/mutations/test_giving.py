"""Nobody gives themselves a sensitive right by a role; who may not grant REConnect's rights gives none by the way."""

import json
from copy import deepcopy
from pathlib import Path

import neo4j
import pytest

from api.access.own_system import key_of, state_own_system
from api.access.tokens import create
from reconnect.embedded import Addresses
from tests.api.serving import serving
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow


def test_a_role_that_gives_sensitive_rights(clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path) -> None:
    state_own_system(clean_graph, RING)
    content = deepcopy(TOWN)
    content["roles"] = {**content["roles"], "root": {"title": "Systemansvarlig"}, "plain": {"title": "Andet"}}
    content["grants"] += [
        {"id": "g_root", "gives": f"system_role:{key_of('hr')}", "given_to": ["role:root"], "approved_by": "dora"},
    ]
    content["system_roles"]["secret"] = {
        "title": "Hemmeligt", "uri": "http://mail.example/roles/secret/1", "system": "mail", "sensitive": True,
    }  # fmt: skip
    content["grants"].append({
        "id": "g_secret", "gives": "system_role:secret", "given_to": ["unit:center"], "inherit": True,
        "approved_by": "dora",
    })  # fmt: skip
    content["units"].append({"id": "stove", "name": "Komfur", "parents": [{"unit": "canteen"}]})
    content["constraint_settings"] += [
        {"id": "c_root", "of": "grant:g_root", "type": "reconnect_unit", "derived": "unit_and_below"}
    ]
    assert imported(clean_graph, content, tmp_path).problems == []
    with serving(addresses, clean_graph, RING) as service:
        carl = service.data('{ person(key: "carl") { uuid } }')["person"]["uuid"]
        mine = {
            roles: create(clean_graph, " ".join(roles), [*roles, "reader"], person=carl)
            for roles in (("rights",), ("organisation",))
        }

        def assigned(role: str, person: str, token: str) -> str:
            query = f"""mutation {{ createAssignment(holder: {{person: "{person}"}}, role: "{role}", reason: "x",
                units: [{{unit: "job", from: "2026-01-01"}}], from: "2026-01-01") {{ uuid }} }}"""
            answer = service.send({"query": query}, {"Authorization": f"Bearer {token}"}).json()
            return str(answer["errors"][0]["message"]) if "errors" in answer else ""

        rights, organisation = mine["rights",], mine["organisation",]
        assert "it would give you a sensitive right" in assigned("root", "carl", rights)
        assert assigned("root", "bo", rights) == ""
        assert "it gives rights in REConnect itself" in assigned("root", "anna", organisation)
        assert assigned("plain", "carl", organisation) == ""

        def moved(unit: str) -> str:
            query = f"""mutation {{ placeUnits(reason: "x", units: [{{unit: "{unit}", parents: [{{unit: "center",
                from: "2026-01-01"}}]}}]) {{ uuid }} }}"""
            answer = service.send({"query": query}, {"Authorization": f"Bearer {organisation}"}).json()
            return str(answer["errors"][0]["message"]) if "errors" in answer else ""

        assert "it would give you a sensitive right" in moved("canteen"), "Carl works there"
        assert moved("stove") == "", "he does not work below"
        assert moved("citizen") == ""

        def planned(mutation: str, **arguments: object) -> str:
            """What nobody with the author's roles can approve is refused at once."""
            changes = [{"mutation": mutation, "arguments": json.dumps(arguments)}]
            query = """mutation($changes: [PlannedChangeInput!]!) {
                createPlan(name: "Flyt", day: "2099-01-01", changes: $changes, reason: "x") { id } }"""
            body = {"query": query, "variables": {"changes": changes}}
            answer = service.send(body, {"Authorization": f"Bearer {organisation}"}).json()
            return str(answer["errors"][0]["message"]) if "errors" in answer else ""

        given = {"role": "root", "units": [{"unit": "job"}]}
        assert "it gives rights in REConnect itself" in planned("createAssignment", holder={"person": "anna"}, **given)
        parents = [{"unit": "center", "from": "@day"}]
        assert planned("placeUnits", units=[{"unit": "canteen", "parents": parents}]) == "", "another may approve it"

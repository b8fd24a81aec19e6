"""Nobody gives themselves a sensitive right by a role; who may not grant REConnect's rights gives none by the way."""

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

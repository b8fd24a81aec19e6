"""REConnect's own system roles are in the graph, and can be granted."""

from copy import deepcopy
from datetime import date
from pathlib import Path

import neo4j
import pytest

from api.access.own_system import TITLES, key_of, state_own_system
from api.access.roles import ROLES
from graph.questions.rights.asking import asked, rights_on
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow


def test_every_role_of_the_api_has_words() -> None:
    assert set(TITLES) == set(ROLES)


def test_own_roles_are_granted_like_any_other_and_limited_by_unit(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    assert all(each.change for each in state_own_system(clean_graph, RING))
    assert not any(each.recorded for each in state_own_system(clean_graph, RING)), "what is there stays"
    content = deepcopy(TOWN)
    content["grants"] += [
        {
            "id": "g_own",
            "gives": f"system_role:{key_of('organisation')}",
            "given_to": ["role:case_worker"],
            "approved_by": "dora",
        }
    ]
    content["constraint_settings"] += [
        {"id": "c_own", "of": "grant:g_own", "type": "reconnect_unit", "derived": "unit_and_below"}
    ]
    assert imported(clean_graph, content, tmp_path).problems == []
    with clean_graph.session() as session:
        (held,) = rights_on(session, asked(session, "anna", system="reconnect"), date(2026, 6, 15)).held
        job = session.run("MATCH (u:Unit {name: 'Jobcenter'}) RETURN u.uuid AS uuid").single(strict=True)["uuid"]
    assert held.right.key == "reconnect:organisation"
    assert [limit.wire for limit in held.included[0].limits] == [(job,)]

"""The image as the API answers it, in words of the shape."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import neo4j
import pytest

from exporters.active_directory.image import organisation
from exporters.active_directory.settings import ActiveDirectorySettings, Groups
from exporters.active_directory.target import ActiveDirectory
from exporters.image import read_image
from graph.change_log import Origin
from graph.statements.precedence import MANUAL
from graph.time import Period, today
from graph.writing.graph_writer import GraphWriter
from graph.writing.stopping import stopped
from reconnect.embedded import Addresses
from rules.accounts.run import Limits, apply
from tests.exporters.plan2learn.reading import image_reader
from tests.graph.questions.rights.imported import RING, imported
from tests.rules.accounts.account_town import day, town

pytestmark = pytest.mark.slow
SETTINGS = ActiveDirectorySettings.model_construct(
    groups=Groups.model_validate({"kinds": ["right"], "rights": ["no_such_right"]})
)


@dataclass
class Asking:
    """The part of a target that asks."""

    name: str = "active_directory-klit"
    document: str = ActiveDirectory.document
    settings: Any = SETTINGS
    variables = ActiveDirectory.variables


def _uuid(driver: neo4j.Driver, given_name: str) -> str:
    rows, _, _ = driver.execute_query(
        "MATCH (p:Person {given_name: $name}) RETURN p.uuid AS uuid ORDER BY p.surname", name=given_name
    )
    return str(rows[0]["uuid"])


def test_a_stopped_person_who_has_left_is_still_known_as_stopped(
    clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path
) -> None:
    leaving: Any = [{"id": "e_anna", "to": day(1)}, {"id": "e_aase", "to": day(1)}]
    assert imported(clean_graph, town(employments=leaving), tmp_path).problems == []
    writer = GraphWriter(clean_graph, RING)
    assert apply(clean_graph, writer, limits=Limits(at_least=9)).opened == 2
    why = Origin(MANUAL, user="ida", reason="x")
    writer.amend("Person", _uuid(clean_graph, "Anna Marie"), stopped(Period(today()), "Bortvist"), why)
    rows, _, _ = clean_graph.execute_query("MATCH (a:PlannedAccount {login: 'anbe'}) RETURN a.uuid AS uuid")
    at = today() + timedelta(days=1)
    image = read_image(Asking(), image_reader(addresses, clean_graph, RING), at)  # type: ignore[arg-type]
    made = organisation(image, "ad", at)
    assert (made.accounts, made.stopped) == ((), frozenset({rows[0]["uuid"]}))
    assert len(made.delete_on) == 2 and made.rights == ()
    before = today() - timedelta(days=1)
    coming = organisation(read_image(Asking(), image_reader(addresses, clean_graph, RING), before), "ad", before)  # type: ignore[arg-type]
    assert coming.accounts == () and {"anbe", "anbe@solbjerg.example"} <= coming.names


def test_a_role_for_units_is_held_while_one_of_them_is_open(
    clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path
) -> None:
    pool = {"id": "pool", "name": "Vikarkorps", "parents": [{"unit": "town"}], "to": day(10)}
    old = {"id": "old", "name": "Puljen", "parents": [{"unit": "town"}], "to": day(-5)}
    held = [
        {"id": "m1", "holder": {"employment": "e_anna"}, "role": "manager", "for": [{"unit": "pool"}, {"unit": "old"}]},
        {"id": "m2", "holder": {"employment": "e_bo"}, "role": "manager", "for": [{"unit": "old"}]},
        {"id": "m3", "holder": {"employment": "e_carl"}, "role": "manager", "for": []},
        {"id": "m4", "holder": {"employment": "e_aase"}, "role": "manager", "for": [{"unit": "town", "to": day(-1)}]},
    ]
    assert imported(clean_graph, town(units=[pool, old], assignments=held), tmp_path).problems == []

    def holders(after: int) -> set[str]:
        at = today() + timedelta(days=after)
        made = organisation(read_image(Asking(), image_reader(addresses, clean_graph, RING), at), "ad", at)  # type: ignore[arg-type]
        return {each.person for each in made.roles}

    anna, carl = _uuid(clean_graph, "Anna Marie"), _uuid(clean_graph, "Carl")
    assert (holders(0), holders(9), holders(10)) == ({anna, carl}, {anna, carl}, {carl})

"""A home address is shown nowhere without the right to it: not in the log, not in what a source has said."""

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.serving import serving
from tests.graph.organisation import Stating, person, told, unit

LOG = "{ changes(kind: Person, first: 10) { nodes { before after thing { ... on Person { name } } } } }"
SAID = "{ persons(first: 10) { nodes { name sources { key statement } changes { after } } } }"
UNITS = "{ changes(kind: Unit, first: 10) { nodes { after } } }"


@pytest.mark.parametrize(("role", "shown"), [("hr", True), ("auditor", True), ("organisation", False)])
def test_a_home_address_in_the_log(clean_graph: neo4j.Driver, addresses: Addresses, role: str, shown: bool) -> None:
    ring = Keyring.generate()
    at_home = person("p1", "Alma Testrup")
    at_home.values["street"] = told("Skovstien 7")  # type: ignore[index]
    run_import(clean_graph, Stating(unit("root"), at_home), ring)
    with serving(addresses, clean_graph, ring) as service:
        for question in (LOG, SAID):
            answer = str(service.data(question, role))
            assert "Alma" in answer
            assert ("Skovstien" in answer) == shown, question
        assert "Root" in str(service.data(UNITS, role))

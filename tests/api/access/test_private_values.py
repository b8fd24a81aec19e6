"""A home address is shown nowhere without the right to it: not in the log, not in what a source has said."""

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.serving import serving
from tests.graph.organisation import Stating, employment, person, told, unit

LOG = "{ changes(kind: Person, first: 10) { nodes { before after thing { ... on Person { name } } } } }"
SAID = "{ persons(first: 10) { nodes { name sources { key statement } changes { after } } } }"
UNITS = "{ changes(kind: Unit, first: 10) { nodes { after } } }"


_FEED = "changeFeed(kind: Employment) { values { property after { text } } }"
_CLAIMS = 'provenance(kind: Employment, thing: "e1") { property claims { value } }'


@pytest.mark.parametrize(("role", "shown"), [("hr", True), ("auditor", True), ("organisation", False)])
def test_pay_needs_its_right(clean_graph: neo4j.Driver, addresses: Addresses, role: str, shown: bool) -> None:
    """In the field and its history, in the log and its feed, and in what a source has said."""
    ring = Keyring.generate()
    paid = employment("e1", "p1", "root", pay_grade="Trin 41")
    run_import(clean_graph, Stating(unit("root"), person("p1", "Alma Testrup"), paid), ring)
    with serving(addresses, clean_graph, ring) as service:
        for fields in ("payGrade", "history { payGrade }"):
            answer = service.ask(f"{{ employments(first: 1) {{ nodes {{ {fields} }} }} }}", role)
            assert ("Trin 41" in str(answer)) == shown
            if not shown:
                extensions = answer["errors"][0]["extensions"]
                assert (extensions["code"], extensions["roles"]) == ("forbidden", ["auditor", "hr"])
        log = "changes(kind: Employment) { nodes { operation after } }"
        said = "employments(first: 1) { nodes { title sources { source statement } } }"
        for question in (_FEED, _CLAIMS, log, said):
            assert ("Trin 41" in str(service.data(f"{{ {question} }}", role))) == shown, question


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

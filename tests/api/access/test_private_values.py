"""A home address is shown nowhere without the right to it: not in the log, not in what a source has said."""

from datetime import date

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedValue
from graph.time import Period, today
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


def test_no_period_tells_when_the_pay_changed(clean_graph: neo4j.Driver, addresses: Addresses) -> None:
    """Neither in the history of the values, nor in the days on which something changes, nor in what was known, also of
    periods superseded since. A unit's address is open, though a person's is not."""
    ring, raised, promoted, moved = Keyring.generate(), date(2025, 10, 1), date(2026, 1, 1), date(2025, 7, 1)
    root, then = unit("root"), date(2026, 1, 1)
    streets = (DatedValue(Period(end=moved), "Gammel Vej 1"), DatedValue(Period(moved), "Ny Vej 2"))
    root.values = {**root.values, "street": streets}
    at_work = employment("e1", "p1", "root")
    at_work.values = {
        **at_work.values,
        "pay_grade": (DatedValue(Period(end=raised), "Trin 41"), DatedValue(Period(raised), "Trin 42")),
        "title": (DatedValue(Period(end=promoted), "Lærer"), DatedValue(Period(promoted), "Leder")),
    }
    run_import(clean_graph, Stating(root, person("p1", "Alma Testrup"), at_work), ring)
    clean_graph.execute_query("MATCH (c:Change) SET c.at = datetime($at)", at=f"{then}T20:00:00Z")
    at_work.values = {**at_work.values, "phone": told("20304050")}
    run_import(clean_graph, Stating(root, person("p1", "Alma Testrup"), at_work), ring)
    days = 'changeDays(unit: "root", from: "2025-01-01", to: "2027-01-01") { day counts { kind things } }'
    with serving(addresses, clean_graph, ring) as service:
        for known in ("", f', asKnownOn: "{today()}"', f', asKnownOn: "{then}"'):
            history = f"employments(first: 1{known}) {{ nodes {{ history {{ from to title }} }} }}"
            shown = {}
            for role in ("reader", "hr"):
                answer = service.data(f"{{ {history} {days.replace(')', known + ')', 1)} }}", role)
                periods = answer["employments"]["nodes"][0]["history"]
                shown[role] = [(each["from"], each["to"], each["title"]) for each in periods]
                listed = [each["day"] for each in answer["changeDays"]]
                expected = [moved, promoted] if role == "reader" else [moved, raised, promoted]
                assert listed == [str(each) for each in expected], (role, known)
            begun = shown["hr"][0][0]
            assert shown["reader"] == [(begun, str(promoted), "Lærer"), (str(promoted), None, "Leder")]
            assert [each[1] for each in shown["hr"]] == [str(raised), str(promoted), None]
            first = service.data(f"{{ {history.replace('history {', 'history(first: 1) {')} }}", "reader")
            assert first["employments"]["nodes"][0]["history"] == [
                {"from": begun, "to": str(promoted), "title": "Lærer"}
            ]

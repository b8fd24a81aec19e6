"""Merge, seen: who says what of a thing, where sources disagree, who may be one person."""

from collections.abc import Iterator
from dataclasses import replace

import neo4j
import pytest

from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.statements.precedence import SourceOrder
from graph.statements.statement import Statement
from graph.writing.graph_writer import GraphWriter
from reconnect.embedded import Addresses
from tests.api.reads.asking import Asking, closed, open_asking
from tests.graph.organisation import person, small, told

RING = Keyring.generate()


@pytest.fixture
def seen(clean_graph: neo4j.Driver, addresses: Addresses) -> Iterator[Asking]:
    """Payroll and a directory, which do not agree on everything."""
    graph_writer = GraphWriter(clean_graph, RING, SourceOrder())
    graph_writer.state("sd", [*small(), person("p4", "ALMA Testrup", "7101575008")], Origin("sd"))
    directory = [
        Statement("Person", "a", None, {"name": told("Alma Hansen"), "mobile": told("1")}, cpr="1101575001"),
        Statement("Person", "b", None, {"name": told("Birk Prøvesen"), "street": told("Vej 1")}, cpr="0202575002"),
    ]
    graph_writer.state("active_directory", directory, Origin("active_directory"))
    home = Statement("Person", "c", None, {"street": told("Vej 2")}, cpr="0202575002")
    graph_writer.state("facts", [home], Origin("facts"))
    asked = open_asking(addresses.bolt_uri, addresses.user, addresses.password, clean_graph, RING)
    yield asked
    closed(asked)


SAID = """query($thing: String!) { provenance(kind: Person, thing: $thing) {
    property rule disagree claims { source key value learnedAt effective from to thing { ... on Unit { uuid } } } } }"""


def test_each_property_has_its_claims_and_the_effective_one(seen: Asking) -> None:
    told_of = {each["property"]: each for each in seen.data(SAID, {"thing": "p1"})["provenance"]}
    name = told_of["name"]
    assert [(each["source"], each["key"], each["value"], each["effective"]) for each in name["claims"]] == [
        ("sd", "p1", "Alma Testrup", True),
        ("active_directory", "a", "Alma Hansen", False),
    ]
    assert name["disagree"] is True and "sd comes before active_directory" in name["rule"]
    assert all(each["learnedAt"].startswith("20") for each in name["claims"])
    assert (told_of["mobile"]["rule"], told_of["exists"]["claims"][0]["value"]) == (
        "only one source claims anything",
        "true",
    )


def test_a_link_says_where_it_points(seen: Asking) -> None:
    asked = """{ provenance(kind: Employment, thing: "e1") { property claims {
        value thing { __typename ... on Unit { name } ... on Person { name } } } } }"""
    links = {each["property"]: each["claims"] for each in seen.data(asked)["provenance"]}
    assert links["unit"] == [{"value": "north", "thing": {"__typename": "Unit", "name": "North"}}]
    assert links["person"][0]["thing"]["name"] == "Alma Testrup"


def test_disagreements_of_a_kind_go_on_after_the_last(seen: Asking) -> None:
    asked = """query($first: Int, $after: String, $property: String, $source: String) {
        disagreements(kind: Person, first: $first, after: $after, property: $property, source: $source) {
            thing { ... on Person { uuid name } } provenance { property claims { source value } } } }"""
    every = seen.data(asked)["disagreements"]
    assert {(each["thing"]["name"], each["provenance"]["property"]) for each in every} == {
        ("Alma Testrup", "name"),
        ("Birk Prøvesen", "street"),
    }
    (first,) = seen.data(asked, {"first": 1})["disagreements"]
    (second,) = seen.data(asked, {"first": 1, "after": first["thing"]["uuid"]})["disagreements"]
    assert [first, second] == every
    assert [each["thing"]["name"] for each in seen.data(asked, {"property": "name"})["disagreements"]] == [
        "Alma Testrup"
    ]
    assert [each["thing"]["name"] for each in seen.data(asked, {"source": "sd"})["disagreements"]] == ["Alma Testrup"]


def test_private_values_need_their_right(seen: Asking) -> None:
    seen.rights = frozenset()
    of_birk = {each["property"] for each in seen.data(SAID, {"thing": "p2"})["provenance"]}
    assert "name" in of_birk and "street" not in of_birk
    told_of = seen.data("{ disagreements(kind: Person) { provenance { property } } }")["disagreements"]
    assert [each["provenance"]["property"] for each in told_of] == ["name"]


def test_the_same_name_and_birthday_under_two_numbers(seen: Asking) -> None:
    """Payroll first had a replacement number (day + 60): the two may be one, and nothing is joined by itself."""
    (found,) = seen.data("{ possibleDuplicates { why persons { name employments { number } } } }")["possibleDuplicates"]
    assert sorted(each["name"] for each in found["persons"]) == ["ALMA Testrup", "Alma Testrup"]
    assert "birthday" in found["why"]


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ('{ provenance(kind: Person, thing: "nobody") { rule } }', "unknown_person"),
        ("{ disagreements(kind: Person, first: 0) { provenance { rule } } }", "over_limit"),
    ],
)
def test_what_can_not_be_answered_says_why(seen: Asking, question: str, code: str) -> None:
    assert seen.code(question) == code


def test_the_order_of_sources_is_the_settings_own(seen: Asking) -> None:
    order = SourceOrder(properties={"Person.name": ("active_directory", "sd")})
    seen.reader = replace(seen.reader, order=order)
    told_of = {each["property"]: each for each in seen.data(SAID, {"thing": "p1"})["provenance"]}
    assert [each["source"] for each in told_of["name"]["claims"]] == ["active_directory", "sd"]


def test_the_program_provides_the_sources(seen: Asking) -> None:
    assert seen.data("{ sources { name } }")["sources"] == []
    state = {"name": "sd", "state": "done", "silent": False, "records": 7, "badRecords": 0, "notices": 1}
    seen.reader = replace(seen.reader, states=lambda: [state])
    asked = "{ sources { name state silent records notices nextRun } }"
    assert seen.data(asked)["sources"] == [
        {"name": "sd", "state": "DONE", "silent": False, "records": 7, "notices": 1, "nextRun": None}
    ]

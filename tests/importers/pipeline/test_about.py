"""A source that only adds to what others make: its statement waits until that is known (``Statement.about``)."""

from datetime import date

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedLink, Ref, Statement
from graph.time import Period
from importers.pipeline.import_run import run_import
from tests.graph.organisation import Stating, employment, person, small, told
from tests.graph.snapshot import last_write

RING = Keyring.generate()


def adding(number: str, key: str = "account-1") -> Stating:
    statement = Statement(
        "Employment",
        key,
        exists=None,
        values={"email": told("alma@kommune.example")},
        about=Ref("Employment", number, by="employment"),
    )
    return Stating(statement, name="active_directory")


def mail_of(driver: neo4j.Driver, key: str) -> str | None:
    rows, _, _ = driver.execute_query(
        "MATCH (:SourceRecord {source: 'sd', key: $key})-[:TELLS]->(e) RETURN e.email AS email", key=key
    )
    email: str | None = rows[0]["email"]
    return email


def test_it_waits_with_a_notice_and_is_taken_once_the_thing_is_known(clean_graph: neo4j.Driver) -> None:
    waiting = run_import(clean_graph, adding(":e1"), RING)
    assert [(each.rule, each.severity, each.key) for each in waiting.problems] == [
        ("unknown_reference", "notice", "account-1")
    ]
    before = last_write(clean_graph)
    run_import(clean_graph, adding(":e1"), RING)
    assert last_write(clean_graph) == before, "what still waits is no news"

    run_import(clean_graph, Stating(*small()), RING)
    taken = run_import(clean_graph, adding(":e1"), RING)
    assert (taken.as_counts(), taken.problems) == ({"Employment": {"changed": 1}}, [])
    assert mail_of(clean_graph, "e1") == "alma@kommune.example"
    kept, _, _ = clean_graph.execute_query("MATCH (b:BadRecord) RETURN count(b) AS kept")
    assert kept[0]["kept"] == 0

    before = last_write(clean_graph)
    assert run_import(clean_graph, adding(":e1"), RING).unchanged == 1
    assert last_write(clean_graph) == before


@pytest.mark.parametrize(("number", "fits"), [("XA:7", True), ("XB:7", False), (":7", True), (":8", False)])
def test_an_employment_number_with_and_without_its_institution(
    clean_graph: neo4j.Driver, number: str, fits: bool
) -> None:
    run_import(clean_graph, Stating(*small(), employment("7", "p1", "north", institution="XA")), RING)
    run_import(clean_graph, adding(number), RING)
    assert mail_of(clean_graph, "7") == ("alma@kommune.example" if fits else None)


def test_a_number_of_two_employments_stands_for_neither(clean_graph: neo4j.Driver) -> None:
    one = employment("XA-7", "p1", "north", institution="XA")
    two = employment("XB-7", "p2", "north", institution="XB")
    for each in (one, two):
        each.values = {**each.values, "number": told("7")}
    run_import(clean_graph, Stating(*small(), one, two), RING)
    assert [each.rule for each in run_import(clean_graph, adding(":7"), RING).problems] == ["unknown_reference"]
    assert run_import(clean_graph, adding("XB:7"), RING).problems == []
    assert (mail_of(clean_graph, "XA-7"), mail_of(clean_graph, "XB-7")) == (None, "alma@kommune.example")


def test_a_number_used_again_stands_for_who_has_it_now(clean_graph: neo4j.Driver) -> None:
    gone = employment("old", "p1", "north")
    gone.exists = (Period(date(2015, 1, 1), date(2018, 1, 1)),)
    gone.values = {"number": told("7", date(2015, 1, 1))}
    now = employment("7", "p2", "north")
    run_import(clean_graph, Stating(*small(), gone, now), RING)
    owner = Statement(
        "Account",
        "guid",
        values={"login": told("abc")},
        links={"owner": (DatedLink(Period(), Ref("Person", ":7", by="employment")),)},
    )
    assert run_import(clean_graph, Stating(owner, name="active_directory"), RING).problems == []
    rows, _, _ = clean_graph.execute_query("MATCH (p:Person)-[:OWNS]->(:Account {login: 'abc'}) RETURN p.name AS name")
    assert [row["name"] for row in rows] == [person("p2", "Birk Prøvesen").values["name"][0].value]


def test_it_may_be_about_what_the_same_reading_states_before(clean_graph: neo4j.Driver) -> None:
    maker = Statement("Person", "p9", values={"name": told("Dorte Prøvesen")})
    adder = Statement(
        "Person", "p9-mail", exists=None, values={"work_email": told("d@x.example")}, about=Ref("Person", "p9")
    )
    assert run_import(clean_graph, Stating(maker, adder), RING).problems == []
    rows, _, _ = clean_graph.execute_query("MATCH (p:Person {name: 'Dorte Prøvesen'}) RETURN p.work_email AS mail")
    assert [row["mail"] for row in rows] == ["d@x.example"]

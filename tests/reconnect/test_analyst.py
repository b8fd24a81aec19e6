"""The analysts' copy: all that is open, nothing that is not, in a database of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import neo4j
import pytest

from graph.change_log import Origin, last_number
from graph.connection import connect
from graph.corrections.person_erasure import erase_person
from graph.cpr.keyring import Keyring
from graph.model import KINDS
from graph.statements.statement import DatedValue, Statement
from graph.time import Period
from importers.pipeline.import_run import run_import
from reconnect import analyst
from reconnect.embedded import Instance
from reconnect.embedded.neo4j import Memory
from tests.graph.organisation import Stating, employment, link, person, told, unit

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def other(short_lived: str) -> Iterator[neo4j.Driver]:
    """A second embedded Neo4j."""
    home = Path(tempfile.mkdtemp(prefix="reconnect-analyst-"))
    instance = Instance(home, memory=Memory("256m", "512m", "64m"))
    addresses = instance.start()
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        yield driver
    instance.stop()
    shutil.rmtree(home)


NAMES = (
    "given_name",
    "surname",
    "addressing_name",
    "alias_given_name",
    "alias_surname",
    "work_email",
    "photo",
    "mobile",
)
_LOGINS = ("login", "principal_name", "display_name", "email", "distinguished_name")


def _account(key: str, kind: str, of: str, name: str) -> Statement:
    links = {"owner" if kind == "Person" else "employment": link(kind, of)}
    values = {**{each: told(name) for each in _LOGINS}, "former_logins": told((name,))}
    return Statement("Account", key, (Period(),), values, links)


def quiet(what: str, done: int, total: int) -> None:
    """No progress."""


def test_what_an_analyst_gets(clean_graph: neo4j.Driver, other: neo4j.Driver) -> None:
    alma = person("p1", "Alma Testrup", "1101575001")
    alma.values = {**alma.values, "street": told("Hemmelig Allé 1"), "private_phone": told("11223344")}
    hidden = person("p2", "Skjult Navn", "0202575002")
    hidden.values = {**hidden.values, "address_protected": told(True)}
    hidden.values = {**hidden.values, **{name: told("Skjult") for name in NAMES}}
    contact = {"email": "skjult@example.dk", "phone": "99887766", "initials": "SKJ"}
    accounts = [_account("a1", "Person", "p1", "Alma"), _account("a2", "Person", "p2", "Skjult")]
    accounts.append(_account("a3", "Employment", "e2", "Skjult"))
    once = person("p3", "Skjult Tidligere", "0303575003")
    once.values = {**once.values, "address_protected": (DatedValue(Period(date(2020, 1, 1), date(2021, 1, 1)), True),)}
    source = Stating(
        unit("root"),
        alma,
        hidden,
        once,
        employment("e1", "p1", "root", email="alma@example.dk"),
        employment("e2", "p2", "root", **contact),
        *accounts,
    )
    run_import(clean_graph, source, Keyring.generate())
    clean_graph.execute_query(
        "CREATE (:Plan {changes: 'Hemmelig plan'})-[:DID]->(:PlanEffect {difference: 'Hemmelig'})"
    )

    counts = analyst.copy(clean_graph, other, quiet)
    analyst.copy(clean_graph, other, quiet)

    assert (counts["Unit"], counts["Person"], counts["Employment"], counts["Account"]) == (1, 3, 2, 3)
    rows, _, _ = other.execute_query(
        """
        MATCH (p:Person {name: 'Alma Testrup'})-[:HAS]->(e:Employment)-[:IN]->(u:Unit {name: 'Root'})
        MATCH (p)-[:STATE]->(s:PersonState {name: p.name})
        RETURN p.active AS active, s.name AS name
        """
    )
    assert [row.data() for row in rows] == [{"active": True, "name": "Alma Testrup"}]
    everything, _, _ = other.execute_query("MATCH (n) RETURN labels(n) AS labels, properties(n) AS values")
    text = str([row.data() for row in everything])
    for secret in ("Hemmelig", "11223344", "1101575001", "cpr_", "SourceRecord", "'Change'", "Copied"):
        assert secret not in text
    for secret in ("skjult", "99887766", "skj"):
        assert secret not in text.lower(), "it tells who a person with a protected name is"
    assert "alma@example.dk" in text and "'login': 'Alma'" in text
    links, _, _ = clean_graph.execute_query("MATCH (a)-[r:HAS|IN|STATE|OWNS|USED_FOR]->(b) RETURN count(r) AS count")
    copied, _, _ = other.execute_query("MATCH ()-[r]->() RETURN count(r) AS count")
    assert copied[0]["count"] == links[0]["count"]


def test_who_is_erased_or_protected_later_is_taken_out_of_the_copy(
    clean_graph: neo4j.Driver, other: neo4j.Driver
) -> None:
    gone, hidden = person("p1", "Gone Testrup"), person("p2", "Hidden Testrup")
    account = _account("a2", "Person", "p2", "Hidden")
    ring = Keyring.generate()
    run_import(clean_graph, Stating(unit("root"), gone, hidden, account, person("p3", "Alma Testrup")), ring)
    analyst.copy(clean_graph, other, quiet)
    assert analyst.forget(clean_graph, other) == 0
    (row,) = clean_graph.execute_query("MATCH (p:Person {name: 'Gone Testrup'}) RETURN p.uuid AS uuid").records
    erase_person(clean_graph, row["uuid"], Origin("manual", "hr"))
    hidden.values = {**hidden.values, "address_protected": told(True)}
    run_import(clean_graph, Stating(unit("root"), hidden, account, person("p3", "Alma Testrup")), ring)
    before = _content(other)
    assert "Gone" in before and "Hidden" in before

    other.execute_query("MATCH (log:ChangeLog) SET log.whole = false")
    assert analyst.forget(clean_graph, other) == 1
    assert analyst.forget(clean_graph, other) == 0, "nothing is left of it, though it is looked for again"
    other.execute_query("MATCH (log:ChangeLog) SET log.whole = true")
    analyst.forget(clean_graph, other)

    after = _content(other)
    assert "Gone" not in after and "Hidden" not in after and row["uuid"] not in after
    assert "Alma Testrup" in after and "Root" in after
    (shows,) = other.execute_query("MATCH (log:ChangeLog) RETURN log.number AS number").records
    assert shows["number"] == last_number(clean_graph)


def _content(driver: neo4j.Driver) -> str:
    return str([dict(row["n"]) for row in driver.execute_query("MATCH (n) RETURN n").records])


def test_a_key_made_of_a_login_is_no_open_property_of_a_protected_person() -> None:
    """An extra account's key ends with its login."""
    identifying = {each.name for each in KINDS["PlannedAccount"].properties if each.identifies}
    assert {"key", "login"} <= identifying

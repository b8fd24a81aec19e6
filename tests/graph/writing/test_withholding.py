"""No protected address is kept, whichever source states it (architecture.md §3; cpr.md pitfall 8; opus.md §4.10)."""

from datetime import date

import neo4j
import pytest

from graph.change_log import Origin
from graph.corrections.joining import Joining
from graph.cpr.keyring import Keyring
from graph.errors import ChangeRejected
from graph.statements.precedence import SourceOrder
from graph.statements.statement import DatedValue, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from importers.pipeline.import_run import run_import
from tests.graph.organisation import Stating, person, told
from tests.graph.snapshot import last_write

RING = Keyring.generate()
CPR, OTHER = "0202575002", "0303575003"
SECRET = "Hemmeligvej"
ENDED = date(2025, 6, 1)


def protected(end: date | None = None) -> Statement:
    days = (DatedValue(Period(date(2024, 1, 1), end), True),)
    return Statement("Person", "register", exists=None, values={"address_protected": days}, cpr=CPR)


def living(cpr: str = CPR) -> Stating:
    """Payroll: an address as of always, and another one since 2023."""
    alma = person("p1", "Alma Testrup", cpr)
    moved = date(2023, 5, 1)
    alma.values = {
        **alma.values,
        "street": (DatedValue(Period(end=moved), f"{SECRET} 1"), DatedValue(Period(moved), f"{SECRET} 2")),
        "city": told(f"{SECRET}by"),
    }
    return Stating(alma, name="opus")


def take(driver: neo4j.Driver, *statements: Statement) -> None:
    run_import(driver, Stating(*statements, name="facts", whole=False), RING)


def found(driver: neo4j.Driver) -> list[str]:
    """Wherever in the graph the address stands: records, states, log, lists."""
    rows, _, _ = driver.execute_query("MATCH (n) RETURN labels(n)[0] AS label, properties(n) AS all")
    return sorted(row["label"] for row in rows if SECRET in str(row["all"]))


def streets(driver: neo4j.Driver) -> list[tuple[str, str]]:
    rows, _, _ = driver.execute_query(
        "MATCH (:Person)-[s:STATE]->(x) WHERE x.street IS NOT NULL RETURN toString(s.from) AS from, x.street AS street"
    )
    return [(row["from"], row["street"]) for row in rows]


def test_whatever_the_source_nothing_is_kept_until_it_is_over(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, living(), RING)
    assert {"Change", "Person", "PersonState", "SourceRecord"} <= {*found(clean_graph)}
    take(clean_graph, protected())
    assert found(clean_graph) == []
    # Payroll goes on telling it: that changes nothing, and writes nothing.
    before = last_write(clean_graph)
    run_import(clean_graph, living(), RING)
    assert (last_write(clean_graph), found(clean_graph)) == (before, [])
    # A planned end that is still to come lifts nothing, as the address is most likely the same then.
    take(clean_graph, protected(date(2999, 1, 1)))
    run_import(clean_graph, living(), RING)
    assert found(clean_graph) == []
    # When it is over, what payroll tells again holds from then on; the days before stay empty.
    take(clean_graph, protected(ENDED))
    assert found(clean_graph) == []
    run_import(clean_graph, living(), RING)
    assert streets(clean_graph) == [(str(ENDED), f"{SECRET} 2")]
    assert f"{SECRET} 1" not in str(clean_graph.execute_query("MATCH (n) RETURN collect(properties(n))"))
    before = last_write(clean_graph)
    run_import(clean_graph, living(), RING)
    assert last_write(clean_graph) == before


def test_payroll_itself_tells_it_and_people_can_t_tell_an_address(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, living(), RING)
    source = living()
    source.statements[0].values = {**source.statements[0].values, "address_protected": told(True)}
    run_import(clean_graph, source, RING)
    assert found(clean_graph) == []
    (row,), _, _ = clean_graph.execute_query("MATCH (p:Person) RETURN p.uuid AS uuid")

    def edit(kept: Statement) -> Statement:
        return Statement(kept.kind, kept.key, None, {"street": told(f"{SECRET} 3")})

    with pytest.raises(ChangeRejected, match="street: name and address of the person are protected"):
        GraphWriter(clean_graph, RING).amend("Person", row["uuid"], edit, Origin("manual", user="hanne"))
    assert found(clean_graph) == []


def test_who_is_joined_with_a_protected_person_is_protected(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, living(OTHER), RING)
    take(clean_graph, Statement("Person", "f", values={"name": told("Alma T.")}, cpr=CPR), protected())
    rows, _, _ = clean_graph.execute_query("MATCH (p:Person) RETURN p.uuid AS uuid ORDER BY p.name")
    keep, other = (row["uuid"] for row in rows)
    Joining(clean_graph, RING, SourceOrder()).join(keep, other, Origin("manual", user="hanne", reason="one person"))
    assert found(clean_graph) == []


def test_what_was_known_of_it_before_is_erased_too(clean_graph: neo4j.Driver) -> None:
    """Superseded periods, of the person and of whom the person was a part for a time."""
    run_import(clean_graph, living(OTHER), RING)
    other = Statement("Person", "f", values={"name": told("Alma T.")}, cpr=CPR)
    take(clean_graph, other)
    rows, _, _ = clean_graph.execute_query("MATCH (p:Person) RETURN p.uuid AS uuid ORDER BY p.name")
    survivor, lodger = (row["uuid"] for row in rows)
    joining, by = Joining(clean_graph, RING, SourceOrder()), Origin("manual", user="hanne", reason="one person")
    joining.join(survivor, lodger, by)
    joining.split(survivor, by, into=lodger)
    assert {"WasPersonState", "PersonState"} <= {*found(clean_graph)}
    hidden = Statement("Person", "r", exists=None, values={"address_protected": told(True)}, cpr=OTHER)
    take(clean_graph, hidden)
    assert found(clean_graph) == []

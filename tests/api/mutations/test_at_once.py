"""Two imports and changes by hand at the same time: nothing is lost, nothing is half done."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import neo4j

from graph.cpr.keyring import Keyring
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.graph.organisation import DAY, Stating, employment, person, small, told, unit
from tests.graph.snapshot import change_numbers

TURNS = 4
RENAME = """
mutation($value: String!) {
  setValue(from: "0001-01-01",
    kind: Unit, thing: "north", property: "shortName", value: $value, reason: "at once") { version }
}
"""
TEAM = """
mutation($name: String!) { createUnit(name: $name, parent: "south", from: "2026-01-01", reason: "at once") { uuid } }
"""


def payroll(turn: int) -> list[object]:
    """The small organisation, where each turn brings a new colleague and another name of a department."""
    stated = [
        each if each.key != "north" else replace(each, values={"name": told(f"North {turn}")}) for each in small()
    ]
    for number in range(turn + 1):
        stated += [person(f"n{number}", f"Ny {number}"), employment(f"ne{number}", f"n{number}", "north")]
    return list(stated)


def test_two_imports_and_changes_by_hand(clean_graph: neo4j.Driver, addresses: Addresses) -> None:
    ring = Keyring.generate()
    run_import(clean_graph, Stating(*small()), ring)
    with serving(addresses, clean_graph, ring) as service:
        _at_once(
            lambda: _import(clean_graph, ring),
            lambda: _import_directory(clean_graph, ring),
            lambda: _rename(service),
            lambda: _make_teams(service),
        )
        found = service.data(
            """
            { units(first: 100) { nodes { name shortName parent { name } } }
              employments(first: 100) { nodes { number person { name } unit { name } } }
              }
            """
        )
    units = {each["name"]: each for each in found["units"]["nodes"]}
    assert units[f"North {TURNS - 1}"]["shortName"] == f"N{TURNS - 1}"
    for turn in range(TURNS):
        assert units[f"Team {turn}"]["parent"] == {"name": "South"}
        assert units[f"School {turn}"]["parent"] is None
    employments = {each["number"]: each for each in found["employments"]["nodes"]}
    assert set(employments) == {"e1", "e2", "e3", *(f"ne{turn}" for turn in range(TURNS))}
    for turn in range(TURNS):
        assert employments[f"ne{turn}"]["person"] == {"name": f"Ny {turn}"}
        assert employments[f"ne{turn}"]["unit"] == {"name": f"North {TURNS - 1}"}
    numbers = change_numbers(clean_graph)
    assert numbers == list(range(1, len(numbers) + 1))
    half, _, _ = clean_graph.execute_query(
        "MATCH (n:Unit|Person|Employment) WHERE NOT (n)-[:STATE]->() AND (n)<-[:CONCERNS]-() RETURN n.uuid AS uuid"
    )
    assert half == []


def _at_once(*works: Callable[[], None]) -> None:
    ready = threading.Barrier(len(works))

    def start(work: Callable[[], None]) -> None:
        ready.wait()
        work()

    with ThreadPoolExecutor(len(works)) as threads:
        for each in [threads.submit(start, work) for work in works]:
            each.result()


def _import(driver: neo4j.Driver, ring: Keyring) -> None:
    for turn in range(TURNS):
        report = run_import(driver, Stating(*payroll(turn)), ring)  # type: ignore[arg-type]
        assert report.problems == []


def _import_directory(driver: neo4j.Driver, ring: Keyring) -> None:
    """Another source, with units of its own: each reading tells all so far."""
    for turn in range(TURNS):
        stated = [unit(f"school{number}", None) for number in range(turn + 1)]
        named = [replace(each, values={"name": told(f"School {number}")}) for number, each in enumerate(stated)]
        assert run_import(driver, Stating(*named, name="school_ad", day=DAY), ring).problems == []


def _rename(service: Served) -> None:
    for turn in range(TURNS):
        service.data(RENAME, "organisation", value=f"N{turn}")


def _make_teams(service: Served) -> None:
    for turn in range(TURNS):
        service.data(TEAM, "organisation", name=f"Team {turn}")

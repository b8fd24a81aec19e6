"""A reading that no memory holds gives the graph, the report and the approval that it would give in memory."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import neo4j
import pytest

from graph import batches, disk_map
from graph.cpr.keyring import Keyring
from graph.identity.known_keys import KnownKeys
from graph.statements.statement import Statement
from importers.pipeline import comparing, import_run, incoming, intake
from importers.pipeline.brake import BrakeSettings
from importers.pipeline.import_run import run_import
from importers.pipeline.incoming import IncomingStatements
from importers.source import Known, Reading
from rules import assignments
from rules.assignments import IncomingStatement
from rules.roles import RoleRule
from tests.emptied import empty
from tests.graph.organisation import Stating, employment, link, person, small, told, unit
from tests.graph.snapshot import snapshot

RING = Keyring.generate()
MANAGERS = RoleRule(name="managers", role="manager", title="Leder", covers_all=True, position_codes=frozenset({"1010"}))
STRICT = BrakeSettings(share=0, count=0, at_least=1)
MANY = 20_000


def _on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if three things were a million."""
    monkeypatch.setattr(disk_map, "IN_MEMORY", 0)
    monkeypatch.setattr(batches, "IN_MEMORY", 0)
    for module in (comparing, incoming, intake):
        monkeypatch.setattr(module, "BATCH", 2)
    monkeypatch.setattr(import_run, "AT_ONCE", 3)
    monkeypatch.setattr(assignments, "_AT_ONCE", 2)


def _days() -> Iterator[list[Statement]]:
    """A first day; one with changes and a bad record; one with a cycle; one that ends much."""
    first = small()
    yield first
    second = [replace(each, values={"name": told("Nord")}) if each.key == "north" else each for each in first]
    bad = replace(person("p9", "Nora"), values={"unknown": told("x")})
    second += [
        bad,
        employment("e9", "p9", "north"),
        person("p8", "Otto", cpr="0101901234"),
        employment("e8", "p8", "x"),
    ]
    yield second
    yield [*second, unit("a", "b"), unit("b", "a"), employment("e7", "p8", "a")]
    yield [each for each in second if each.kind != "Employment"]


def _course(driver: neo4j.Driver) -> list[object]:
    """What all days come to; the last one is stopped, and then approved."""
    empty(driver)
    came: list[object] = []
    brake: str | None = None
    for day, statements in enumerate([*_days()]):
        source = Stating(*statements)
        report = run_import(driver, source, RING, rules=[MANAGERS], brake=STRICT if day == 3 else None)
        wrong = sorted((each.kind, each.key, each.field, each.rule) for each in report.problems)
        came += [report.as_counts(), report.unchanged, wrong, report.reasons]
        brake = report.brake
    assert brake is not None
    report = run_import(driver, source, RING, rules=[MANAGERS], brake=STRICT, approve=brake)
    assert report.brake is None
    came.append(report.as_counts())
    dry = run_import(driver, Stating(*small()), RING, rules=[], dry_run=True)
    came += [dry.as_counts(), [(each.record, each.operation) for each in dry.differences.each()]]
    again = run_import(driver, source, RING, rules=[])
    return [*came, again.as_counts(), snapshot(driver, changes=True)]


def test_all_days_come_to_the_same(clean_graph: neo4j.Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        _on_disk(patched)
        aside = _course(clean_graph)
    assert aside == _course(clean_graph)


def test_what_waits_is_the_same_difference(clean_graph: neo4j.Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the same reading makes something new that a move leads to."""
    run_import(clean_graph, Stating(*small()), RING)
    gone = [each for each in small() if each.kind != "Employment"]
    moved = [unit("new"), *(replace(each, links={"parent": link("Unit", "new")}) for each in gone)]
    source = Stating(*(each for each in moved if each.kind != "Person"))
    stopped = run_import(clean_graph, source, RING, brake=STRICT)
    assert stopped.brake is not None
    _on_disk(monkeypatch)
    again = run_import(clean_graph, source, RING, brake=STRICT)
    assert (again.brake, again.reasons) == (stopped.brake, stopped.reasons)


def test_incoming_statements_take_no_memory_of_their_own() -> None:
    """The statements of so many took a hundred megabytes."""

    def statements() -> Iterator[IncomingStatement]:
        for number in range(MANY):
            yield IncomingStatement(
                "sd", employment(str(number), f"p{number}", f"u{number}", title=f"Kok {number}"), "print"
            )

    tracemalloc.start()
    try:
        kept = IncomingStatements(statements())
        count = sum(1 for _ in kept.each())
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == MANY
    assert most < 20 << 20


@pytest.mark.parametrize(("whole", "lookups"), [(True, 1), (False, 3)])
def test_a_whole_reading_looks_up_many_of_a_kind_at_once(
    clean_graph: neo4j.Driver, monkeypatch: pytest.MonkeyPatch, whole: bool, lookups: int
) -> None:
    """Of a kind, too, that it may lack things of; a delta must not load everything because of a few."""
    people = [person(f"p{number}", "Alma") for number in range(6)]
    monkeypatch.setattr(intake, "BATCH", 2)
    run_import(clean_graph, _OfUnits(unit("root"), *people, whole=whole), RING)
    asked: list[str] = []
    blocks = KnownKeys._blocks

    def counted(self: KnownKeys, query: str, **parameters: object) -> Iterator[neo4j.Record]:
        asked.append("Person" if parameters.get("kind") == "Person" or _are_of_persons(parameters) else "")
        return blocks(self, query, **parameters)

    monkeypatch.setattr(KnownKeys, "_blocks", counted)
    again = run_import(clean_graph, _OfUnits(unit("root"), unit("north"), *people, whole=whole), RING)
    assert (again.unchanged, asked.count("Person")) == (7, lookups)


def _are_of_persons(parameters: dict[str, object]) -> bool:
    ids = parameters.get("ids")
    return isinstance(ids, list) and any("|Person|" in each for each in ids)


class _OfUnits(Stating):
    """States units as a whole, and people besides."""

    def readings(self, known: Known) -> Iterator[Reading]:
        for reading in super().readings(known):
            yield replace(reading, complete_kinds=reading.complete_kinds & {"Unit"})

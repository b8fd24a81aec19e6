"""Opus through the whole pipeline: what the pitfalls of opus.md §7 come to in the graph."""

import zlib
from datetime import date
from pathlib import Path

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from graph.questions.nearest import nearest
from importers.pipeline.import_run import ImportReport, run_import
from rules.roles import RoleRule
from tests.graph.snapshot import last_write, snapshot
from tests.importers.opus.files import (
    ALMA,
    BIRK,
    CILLE,
    MANAGER,
    MONDAY,
    SMALL,
    TUESDAY,
    UNITS,
    WEDNESDAY,
    WORKER,
    Series,
    employee,
    function,
    stub,
    unit,
)

MANAGERS = RoleRule(name="managers", role="manager", title="Leder", covers_all=True, manager_flag=True)
RING = Keyring.generate()


class InGraph(Series):
    """A series that is imported into the graph."""

    def __init__(self, folder: Path, driver: neo4j.Driver) -> None:
        super().__init__(folder)
        self.driver = driver

    def import_(self, approve: str | None = None) -> ImportReport:
        return run_import(self.driver, self.source(), RING, rules=[MANAGERS], user="test", approve=approve)

    def then(self, day: date, *elements: str, time: str = "224100") -> ImportReport:
        self.put(day, *elements, time=time)
        return self.import_()

    def managers(self, number: int, day: date) -> tuple[list[str | None], int | None]:
        """Keys of the assignments that are the nearest managers' of a unit, and how many levels up they were found."""
        found, names = nearest(self.driver, "manager", f"899:unit:{number}", day)
        return sorted(str(names.of(each.assignment)) for each in found.holders), found.steps

    def states(self, kind: str, key: str) -> list[tuple[str, str | None]]:
        rows, _, _ = self.driver.execute_query(
            """
            MATCH (:SourceRecord {kind: $kind, key: $key})-[:TELLS]->(n)-[s:STATE]->()
            RETURN toString(s.from) AS start, toString(s.to) AS end ORDER BY start
            """,
            kind=kind,
            key=key,
        )
        return [(row["start"], row["end"]) for row in rows]


@pytest.fixture
def opus(clean_graph: neo4j.Driver, tmp_path: Path) -> InGraph:
    return InGraph(tmp_path, clean_graph)


def test_pitfall_04_the_same_again_is_no_write_at_all(opus: InGraph) -> None:
    opus.then(MONDAY, *SMALL, employee(102, function(), userId="BIRK"), stub(7))
    before = last_write(opus.driver)
    again = opus.import_()
    assert (again.changes, again.readings, again.run) == (0, [], None)
    assert last_write(opus.driver) == before


def test_pitfall_04_the_same_content_in_a_later_file_changes_nothing_but_the_mark(opus: InGraph) -> None:
    opus.then(MONDAY, *SMALL, employee(102, function(), userId="BIRK"))
    before = snapshot(opus.driver, changes=True)
    later = opus.then(TUESDAY, *SMALL, employee(102, function(), userId="BIRK"))
    assert (later.changes, later.run, later.problems) == (0, None, [])
    assert snapshot(opus.driver, changes=True) == before


def test_pitfall_11_and_13_one_person_with_three_employments(opus: InGraph) -> None:
    opus.then(MONDAY, *UNITS, employee(101), employee(102, supp="1", lastName="Ny"), employee(103, supp=None))
    rows, _, _ = opus.driver.execute_query("MATCH (p:Person)-[:HAS]->(e:Employment) RETURN p.uuid AS p, count(e) AS n")
    assert [row["n"] for row in rows] == [3]


def test_pitfall_15_many_that_vanish_wait_at_the_brake(opus: InGraph) -> None:
    crowd = [employee(number) for number in range(1000, 1400)]
    opus.then(MONDAY, *UNITS, *crowd)
    before = snapshot(opus.driver)
    stopped = opus.then(TUESDAY, *UNITS, *crowd[25:])  # 6 %: less than the brake's own 10 %
    assert stopped.brake is not None
    assert "25 of 400 employments vanished" in stopped.reasons[0]
    assert snapshot(opus.driver) == before
    approved = opus.import_(approve=stopped.brake)
    assert approved.as_counts()["Employment"] == {"withdrawn": 25}
    assert opus.states("Employment", "899:employment:1000") == []


def test_a_unit_that_vanishes_with_people_waits_at_the_brake(opus: InGraph) -> None:
    opus.then(MONDAY, *SMALL)
    stopped = opus.then(TUESDAY, *UNITS[:2], MANAGER, WORKER)
    assert stopped.brake is not None
    opus.import_(approve=stopped.brake)
    assert opus.states("Unit", "899:unit:3") == [("2007-01-01", "2024-03-05")]


def test_pitfall_15_a_few_are_withdrawn(opus: InGraph) -> None:
    opus.then(MONDAY, *SMALL)
    assert opus.then(TUESDAY, *UNITS, MANAGER).as_counts() == {"Employment": {"withdrawn": 1}}


def test_pitfall_21_the_manager_ends_and_moves(opus: InGraph) -> None:
    opus.then(MONDAY, *SMALL)
    assert opus.managers(3, MONDAY) == (["opus:899:employment:100"], 1)
    opus.then(TUESDAY, *UNITS, MANAGER.replace("<orgUnit>2<", "<orgUnit>1<"), WORKER)
    assert [opus.managers(2, day) for day in (MONDAY, TUESDAY)] == [
        (["opus:899:employment:100"], 0),
        (["opus:899:employment:100"], 1),
    ]
    opus.then(WEDNESDAY, *UNITS, MANAGER.replace("<orgUnit>2<", "<orgUnit>1<").replace(">true<", ">false<"), WORKER)
    assert opus.managers(2, TUESDAY) == (["opus:899:employment:100"], 1)
    assert opus.managers(2, WEDNESDAY) == ([], None)


def test_pitfall_22_two_managers_of_one_unit_in_any_order(opus: InGraph) -> None:
    second = MANAGER.replace('id="100"', 'id="99"').replace(ALMA, CILLE)
    both = ["opus:899:employment:100", "opus:899:employment:99"]
    opus.then(MONDAY, *SMALL, second)
    assert opus.managers(3, MONDAY) == (both, 1)
    assert opus.then(TUESDAY, second, *reversed(SMALL)).changes == 0
    assert opus.managers(3, TUESDAY) == (both, 1)


def test_pitfall_16_a_re_entry_is_a_second_period_in_the_graph(opus: InGraph) -> None:
    opus.then(MONDAY, *SMALL)
    opus.then(TUESDAY, *UNITS, MANAGER, stub(101))
    opus.then(date(2024, 5, 6), *UNITS, MANAGER, employee(101, entryDate="2024-05-01"))
    assert opus.states("Employment", "899:employment:101") == [("2019-08-01", "2024-03-05"), ("2024-05-01", None)]


def test_pitfall_29_no_protected_address_anywhere_in_the_database(opus: InGraph) -> None:
    report = opus.then(
        MONDAY, *UNITS, employee(101, protected="true", address="Hemmelig 7"), employee(102, address="Hemmelig 7")
    )
    rows, _, _ = opus.driver.execute_query("MATCH (n) RETURN properties(n) AS p")
    assert "Hemmelig" not in repr([row["p"] for row in rows]) + repr(report.problems)


def test_pitfall_39_the_same_thing_under_the_new_number(opus: InGraph) -> None:
    opus.then(MONDAY, *SMALL)
    report = opus.then(TUESDAY, *UNITS, MANAGER, employee(202))
    assert report.as_counts() == {"Employment": {"changed": 1}}
    rows, _, _ = opus.driver.execute_query(
        "MATCH (e:Employment) RETURN e.number AS number, e.active AS a ORDER BY number"
    )
    assert [(row["number"], row["a"]) for row in rows] == [("100", True), ("202", True)]
    assert opus.then(WEDNESDAY, *UNITS, MANAGER, employee(202)).changes == 0


def test_a_trust_function_is_in_the_graph(opus: InGraph) -> None:
    opus.then(MONDAY, *UNITS, employee(101, function(members="14", orgDaekning="Skoler")))
    rows, _, _ = opus.driver.execute_query(
        """
        MATCH (e:Employment)-[:HOLDS]->(a:Assignment)-[:OF]->(r:Role), (a)-[:FOR]->(u:Unit), (a)-[:ABOUT]->(f:Function)
        RETURN e.number AS e, r.key AS r, u.number AS u, f.title AS f, a.members AS m, a.coverage AS c
        """
    )
    assert [row.values() for row in rows] == [["101", "trust_function", "3", "Tillidsrepræsentant", 14, "Skoler"]]


def test_bad_records_are_kept_until_they_are_mended(opus: InGraph) -> None:
    faulty = (*SMALL, unit(4, 77), employee(102, position=""), employee(103, mobile="1"))
    opus.then(MONDAY, *faulty)
    kept = "MATCH (b:BadRecord) RETURN b.rule AS rule ORDER BY rule"
    rows, _, _ = opus.driver.execute_query(kept)
    assert [row["rule"] for row in rows] == ["no_position", "unknown_element", "unknown_parent"]
    before = last_write(opus.driver)
    opus.import_()
    assert last_write(opus.driver) == before
    opus.then(TUESDAY, *SMALL, unit(4, 1), employee(102), employee(103))
    rows, _, _ = opus.driver.execute_query(kept)
    assert rows == []


def test_a_dry_run_writes_nothing(opus: InGraph) -> None:
    opus.put(MONDAY, *SMALL)
    before = last_write(opus.driver)
    report = run_import(opus.driver, opus.source(), RING, dry_run=True)
    assert len(report.differences) > 5
    assert last_write(opus.driver) == before


def test_what_is_remembered_of_a_file_holds_nothing_private(opus: InGraph) -> None:
    opus.then(MONDAY, *SMALL)
    rows, _, _ = opus.driver.execute_query("MATCH (m:SourceMemory {source: 'opus'}) RETURN m.content AS content")
    remembered = b"".join(zlib.decompress(row["content"]) for row in rows)
    assert remembered.count(b"Centerchef") == remembered.count(b'P\xc3\xa6dagog"') // 2 == 1
    assert not [each for each in (ALMA, BIRK, "Alma", "Testrup", "vej 3") if each.encode() in remembered]


def test_a_dry_run_remembers_nothing(opus: InGraph) -> None:
    opus.put(MONDAY, *SMALL)
    run_import(opus.driver, opus.source(), RING, dry_run=True)
    rows, _, _ = opus.driver.execute_query("MATCH (m:SourceMemory) RETURN m.part AS part")
    assert rows == []

"""Readings that stand apart: one that the brake stops does not keep the others from being taken (``Reading.apart``)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from graph.statements.statement import Problem, Ref, Statement
from graph.time import Period
from importers.pipeline.brake import BrakeSettings
from importers.pipeline.import_run import run_import
from importers.source import Known, Mapped, RawRecord, Reading
from tests.graph.organisation import employment, person, unit

RING = Keyring.generate()
DAY = date(2026, 3, 2)


class Schools:
    """Each unit is a reading of its own. ``closing``: keys of those that end, which their readings call suspect."""

    name = "sd"

    def __init__(self, *keys: str, closing: str = "", apart: bool = True) -> None:
        self.keys, self.closing, self.apart = keys, closing, apart

    def readings(self, known: Known) -> Iterator[Reading]:
        for key in self.keys:
            closes = key in self.closing.split()
            told = unit(key)
            told.exists = (Period(date(2020, 1, 1), DAY if closes else None),)
            made = RawRecord("Unit", key, known.fingerprint(repr(told).encode()), partial(_mapped, told))
            yield Reading(
                label=key,
                day=DAY,
                records=[made],
                incomplete_because=("it closes",) if closes else (),
                independent=self.apart,
            )


def _mapped(told: Statement, previous: Statement | None) -> Mapped:
    return Mapped(told)


def open_units(driver: neo4j.Driver) -> list[str]:
    rows, _, _ = driver.execute_query("MATCH (u:Unit {active: true}) RETURN u.name AS name ORDER BY name")
    return [row["name"] for row in rows]


def test_the_others_go_on_and_each_brake_is_reported(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Schools("a", "b"), RING)
    report = run_import(clean_graph, Schools("a", "b", "c", "d", closing="a b"), RING)
    assert open_units(clean_graph) == ["A", "B", "C", "D"]
    held, _, _ = clean_graph.execute_query("MATCH (b:Brake {state: 'waiting'}) RETURN b.id AS id")
    assert len(held) == 2
    assert report.brake in {row["id"] for row in held}
    assert all(any(row["id"] in reason for reason in report.reasons) for row in held)
    runs, _, _ = clean_graph.execute_query("MATCH (r:Run) RETURN r.state AS state ORDER BY r.started DESC LIMIT 1")
    assert runs[0]["state"] == "stopped"


def test_approving_one_lets_that_one_through(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Schools("a", "b"), RING)
    schools = Schools("a", "b", closing="a b")
    brake = run_import(clean_graph, schools, RING).brake
    assert run_import(clean_graph, schools, RING, approve=brake).brake not in (None, brake)
    assert open_units(clean_graph) == ["B"]


def test_without_it_the_run_stops_at_the_brake(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Schools("a", "b"), RING)
    run_import(clean_graph, Schools("a", "c", closing="a", apart=False), RING)
    assert open_units(clean_graph) == ["A", "B"]


class Exports:
    """Each unit has a reading of its own, with its employments. ``left``: how many of each have left."""

    name = "sd"

    def __init__(self, left: int = 0) -> None:
        self.left = left

    def readings(self, known: Known) -> Iterator[Reading]:
        for number in range(6):
            told: list[Statement] = [unit(f"u{number}")]
            for each in range(10):
                ends = DAY if each < self.left else None
                made = employment(f"e{number}-{each}", f"p{number}-{each}", f"u{number}")
                told += [
                    person(f"p{number}-{each}", f"P {each}"),
                    replace(made, exists=(Period(date(2020, 1, 1), ends),)),
                ]
            records = [
                RawRecord(each.kind, each.key, known.fingerprint(repr(each).encode()), partial(_mapped, each))
                for each in told
            ]
            yield Reading(label=f"u{number}", day=DAY, records=records, independent=True)


@pytest.mark.parametrize("hours", [24, 0])
def test_what_all_of_a_run_take_counts_together(clean_graph: neo4j.Driver, hours: int) -> None:
    """STIL answers for one school at a time: few go at each, and half of all in one run."""
    limits = BrakeSettings(share=0.2, at_least=5, hours=hours)
    run_import(clean_graph, Exports(), RING, brake=limits)
    report = run_import(clean_graph, Exports(left=5), RING, brake=limits)
    assert gone(clean_graph) == 10, report.reasons
    when = "in the last 24 hours" if hours else "in this run"
    assert report.reasons[0].startswith(f"u2: 5 of 60 Employment would end, move or be withdrawn, after 10 {when}")


def test_a_dry_run_counts_them_together_as_well(clean_graph: neo4j.Driver) -> None:
    limits = BrakeSettings(share=0.2, at_least=5)
    run_import(clean_graph, Exports(), RING, brake=limits)
    told = run_import(clean_graph, Exports(left=5), RING, brake=limits, dry_run=True).reasons
    assert gone(clean_graph) == 0 and "5 of 60 Employment would end, move or be withdrawn, after 10" in told[0]


def test_what_is_approved_counts_no_more_in_the_run(clean_graph: neo4j.Driver) -> None:
    limits = BrakeSettings(share=0.2, at_least=5)
    run_import(clean_graph, Exports(), RING, brake=limits)
    held = run_import(clean_graph, Exports(left=5), RING, brake=limits).brake
    report = run_import(clean_graph, Exports(left=5), RING, brake=limits, approve=held)
    assert (gone(clean_graph), report.reasons[0].partition(":")[0]) == (20, "u4"), report.reasons


def gone(driver: neo4j.Driver) -> int:
    rows, _, _ = driver.execute_query("MATCH (e:Employment) WHERE e.to IS NOT NULL RETURN count(e) AS gone")
    return int(rows[0]["gone"])


class Additions(Schools):
    """As Schools; the units of ``closing`` are additions to a unit that nobody has told of."""

    def readings(self, known: Known) -> Iterator[Reading]:
        for key in self.keys:
            told = unit(key)
            if key in self.closing.split():
                told = replace(told, exists=None, about=Ref("Unit", "hr:nowhere", by="other"))
            made = RawRecord("Unit", key, known.fingerprint(repr(told).encode()), partial(_mapped, told))
            yield Reading(label=key, day=DAY, records=[made], independent=True)


def test_what_waits_is_reported_once_and_not_again_with_each_reading(clean_graph: neo4j.Driver) -> None:
    report = run_import(clean_graph, Additions("a", "b", "c", "d", closing="a b"), RING)
    assert [(each.key, each.rule) for each in report.problems] == [
        ("a", "unknown_reference"),
        ("b", "unknown_reference"),
    ]
    assert open_units(clean_graph) == ["C", "D"]


class Noting(Schools):
    """As Schools; each reading has the same notice."""

    def readings(self, known: Known) -> Iterator[Reading]:
        notice = Problem("Folder", "", "newest", "no_new_file", "The newest file is old.", "notice")
        for each in super().readings(known):
            yield replace(each, problems=(notice,))


def test_what_several_readings_say_is_reported_once(clean_graph: neo4j.Driver) -> None:
    assert [each.rule for each in run_import(clean_graph, Noting("a", "b"), RING).problems] == ["no_new_file"]

"""A doubtful reading is let through only as it was shown to the person who approved it (``incomplete_because``)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial

import neo4j

from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedValue, Statement
from graph.time import Period
from importers.pipeline.import_run import run_import
from importers.source import Known, Mapped, RawRecord, Reading
from tests.graph.organisation import unit

RING = Keyring.generate()
DAY = date(2026, 3, 2)


class Half:
    """Half an export: each of ``gone`` ends, each of ``renamed`` has another name."""

    name = "sd"

    def __init__(self, gone: str = "", renamed: str = "", *, doubtful: bool = True) -> None:
        self.gone, self.renamed, self.doubtful = gone, renamed, doubtful

    def readings(self, known: Known) -> Iterator[Reading]:
        yield Reading(
            label="half",
            day=DAY,
            records=[self._record(known, key) for key in "abc"],
            incomplete_because=("is it whole?",) if self.doubtful else (),
        )

    def _record(self, known: Known, key: str) -> RawRecord:
        told = unit(key)
        told.exists = (Period(date(2020, 1, 1), DAY if key in self.gone else None),)
        if key in self.renamed:
            told = replace(told, values={**told.values, "name": (DatedValue(Period(), f"New {key}"),)})
        return RawRecord("Unit", key, known.fingerprint(repr(told).encode()), partial(_mapped, told))


def _mapped(told: Statement, previous: Statement | None) -> Mapped:
    return Mapped(told)


def names(driver: neo4j.Driver) -> list[str]:
    rows, _, _ = driver.execute_query("MATCH (u:Unit {active: true}) RETURN u.name AS name ORDER BY name")
    return [row["name"] for row in rows]


def test_an_approval_covers_what_is_written_too_and_not_only_what_ends(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Half(doubtful=False), RING)
    shown = run_import(clean_graph, Half("a", "b"), RING).brake
    assert shown is not None
    # The same unit ends, and more is changed than the person saw.
    other = run_import(clean_graph, Half("a", "bc"), RING, approve=shown).brake
    assert other not in (None, shown) and names(clean_graph) == ["A", "B", "C"]
    assert run_import(clean_graph, Half("a", "b"), RING, approve=shown).brake is None
    assert names(clean_graph) == ["C", "New b"]

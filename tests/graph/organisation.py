"""A small organisation for tests, and a source that states whatever a test wants."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import neo4j

from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import Period
from importers.source import Known, Mapped, RawRecord, Reading

DAY = date(2026, 3, 2)


class OneTransaction:
    """A driver for what reads and writes in one transaction: a session that only reads may be answered by a server of a
    cluster that lacks the last writes."""

    def __init__(self, driver: neo4j.Driver) -> None:
        self._driver = driver

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    def session(self, **options: Any) -> neo4j.Session:
        assert options.get("default_access_mode") != neo4j.READ_ACCESS, "this reads outside of its transaction"
        return self._driver.session(**options)


START = date(2020, 1, 1)


def told(value: Value, start: date = START, end: date | None = None) -> tuple[DatedValue, ...]:
    return (DatedValue(Period(start, end), value),)


def link(kind: str, key: str, start: date = START, end: date | None = None) -> tuple[DatedLink, ...]:
    return (DatedLink(Period(start, end), Ref(kind, key)),)


def unit(key: str, parent: str | None = None, **values: Value) -> Statement:
    return Statement(
        "Unit",
        key,
        exists=(Period(START),),
        values={"name": told(key.title()), **{name: told(value) for name, value in values.items()}},
        links={"parent": link("Unit", parent)} if parent else {},
    )


def person(key: str, name: str, cpr: str | None = None) -> Statement:
    return Statement("Person", key, values={"name": told(name)}, cpr=cpr)


def employment(key: str, of: str, at: str, **values: Value) -> Statement:
    return Statement(
        "Employment",
        key,
        exists=(Period(START),),
        values={"number": told(key), **{name: told(value) for name, value in values.items()}},
        links={"person": (DatedLink(Period(), Ref("Person", of)),), "unit": link("Unit", at)},
    )


class Stating:
    """A source that states what it is given, whole."""

    def __init__(self, *statements: Statement, name: str = "sd", day: date = DAY, whole: bool = True) -> None:
        self.name = name
        self.statements = statements
        self.day = day
        self.whole = whole

    def readings(self, known: Known) -> Iterator[Reading]:
        kinds = frozenset({"Unit", "Person", "Employment", "Assignment"})
        yield Reading(
            label="what the test states",
            day=self.day,
            records=(_raw(each, known) for each in self.statements),
            complete_kinds=kinds if self.whole else frozenset(),
        )


def _raw(statement: Statement, known: Known) -> RawRecord:
    print_of = known.fingerprint(repr((statement, statement.cpr)).encode())
    return RawRecord(statement.kind, statement.key, print_of, lambda previous: Mapped(statement))


def small() -> list[Statement]:
    """Root with two departments, three people."""
    return [
        unit("root"),
        unit("north", "root"),
        unit("south", "root"),
        person("p1", "Alma Testrup", "1101575001"),
        person("p2", "Birk Prøvesen", "0202575002"),
        person("p3", "Cille Eksempel", "0303575003"),
        employment("e1", "p1", "north", position_code="1010"),
        employment("e2", "p2", "north", position_code="2020"),
        employment("e3", "p3", "south", position_code="2020"),
    ]

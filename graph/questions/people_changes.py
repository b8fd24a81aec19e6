"""Who starts, leaves, comes, goes and is away in units and below them, in the next days."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import neo4j

from graph.as_of import overlaps
from graph.time import Period

STARTS, LEAVES, ARRIVES, DEPARTS, AWAY, RETURNS = CHANGES = (
    "starts", "leaves", "arrives", "departs", "away", "returns",
)  # fmt: skip
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PeopleChange:
    """``day``: the first day on which it is so. ``tie``: the employment or affiliation, of the kind ``kind``. ``unit``:
    where it is on that day; where it was on the day before if it is there no longer."""

    day: date
    what: str
    person: str
    kind: str
    tie: str
    unit: str


_UNITS = f"""
UNWIND $tops AS top
MATCH (:Unit {{uuid: top}})<-[parts:PART_OF*0..]-(unit:Unit)
WHERE all(part IN parts WHERE {overlaps("part", "$start", "$end")})
WITH unit, reduce(day = $start, part IN parts | CASE WHEN part.from > day THEN part.from ELSE day END) AS since,
    reduce(day = $end, part IN parts | CASE WHEN part.to < day THEN part.to ELSE day END) AS until
WHERE since < until
RETURN collect(DISTINCT unit.uuid) AS units
"""
_ALL_UNITS = "MATCH (unit:Unit) RETURN collect(unit.uuid) AS units"
# Who left on the first day has periods that end on it, and so none in force.
_TIES = f"""
UNWIND $units AS uuid
MATCH (:Unit {{uuid: uuid}})<-[in:IN]-(tie:Employment|Affiliation)
WHERE in.from < $end AND (in.to IS NULL OR in.to >= $start)
WITH DISTINCT tie
MATCH (tie)<-[has:HAS]-(person:Person)
WHERE has.from < $end AND (has.to IS NULL OR has.to >= $start)
    AND (
        EXISTS {{
            MATCH (tie)-[period:STATE|IN]->()
            WHERE $start <= period.from AND period.from < $end OR $start <= period.to AND period.to < $end
        }}
        OR $start <= has.from AND has.from < $end OR $start <= has.to AND has.to < $end
        OR EXISTS {{
            MATCH (tie)-[state:STATE]->({{on_leave: true}})
            WHERE {overlaps("state", "$start", "$end")}
        }}
        OR EXISTS {{
            MATCH (person)-[state:STATE]->({{absent: true}})
            WHERE state.from < $end AND (state.to IS NULL OR state.to >= $start)
        }}
    )
WITH tie, person, collect([has.from, has.to]) AS held
RETURN head([each IN labels(tie) WHERE each IN ['Employment', 'Affiliation']]) AS kind, tie.uuid AS tie,
    person.uuid AS person, held,
    COLLECT {{
        MATCH (tie)-[state:STATE]->()
        RETURN [state.from, state.to]
    }} AS life,
    COLLECT {{
        MATCH (tie)-[state:STATE]->({{on_leave: true}})
        RETURN [state.from, state.to]
    }} + COLLECT {{
        MATCH (person)-[state:STATE]->({{absent: true}})
        RETURN [state.from, state.to]
    }} AS absences,
    COLLECT {{
        MATCH (tie)-[in:IN]->(unit:Unit)
        RETURN [in.from, in.to, unit.uuid]
    }} AS places
"""


def people_changes(driver: neo4j.Driver, tops: Sequence[str] | None, start: date, end: date) -> list[PeopleChange]:
    """What happens to people in the units ``tops`` (uuids; None = everywhere) and below them on the days [start, end),
    by day; and who is away already on ``start``, with the day since when."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        days: dict[str, Any] = {"start": start, "end": end}
        units = session.run(_ALL_UNITS if tops is None else _UNITS, tops=tops, **days).single(strict=True)["units"]
        rows = list(session.run(_TIES, units=units, **days))
    inside = frozenset(units)
    found = [each for row in rows for each in _of_tie(row, inside, start, end)]
    return sorted(found, key=lambda each: (each.day, CHANGES.index(each.what), each.person, each.tie))


@dataclass(frozen=True, slots=True)
class _Tie:
    life: Sequence[Period]
    held: Sequence[Period]
    """When it is this person's: what is handed over ends for one and begins for another."""
    absences: Sequence[Period]
    places: Sequence[tuple[Period, str]]
    inside: Collection[str]

    def exists(self, day: date) -> bool:
        return any(each.holds(day) for each in self.life) and any(each.holds(day) for each in self.held)

    def is_away(self, day: date) -> bool:
        return any(each.holds(day) for each in self.absences)

    def unit(self, day: date) -> str | None:
        """The unit on the day, if it is one of those that are asked about."""
        return next((unit for each, unit in self.places if each.holds(day) and unit in self.inside), None)

    def edges(self) -> set[date]:
        """The days on which something begins or ends."""
        periods = (*self.life, *self.held, *self.absences, *(each for each, _ in self.places))
        return {day for each in periods for day in each if day is not None}

    def on(self, day: date) -> Iterator[tuple[str, str]]:
        """(what is so from this day on and was not on the day before, where)."""
        before, now = day - _DAY, day
        was, unit = self.unit(before), self.unit(now)
        was_there, is_there = was is not None and self.exists(before), unit is not None and self.exists(now)
        if is_there and not was_there and unit is not None:
            yield ARRIVES if self.exists(before) else STARTS, unit
        if was_there and not is_there and was is not None:
            yield DEPARTS if self.exists(now) else LEAVES, was
        was_away, is_away = was_there and self.is_away(before), is_there and self.is_away(now)
        if is_away and not was_away and unit is not None:
            yield AWAY, unit
        if was_away and is_there and not is_away and unit is not None:
            yield RETURNS, unit


def _of_tie(row: neo4j.Record, inside: Collection[str], start: date, end: date) -> Iterator[PeopleChange]:
    tie = _Tie(
        [_period(*each) for each in row["life"]],
        [_period(*each) for each in row["held"]],
        [_period(*each) for each in row["absences"]],
        [(_period(since, until), unit) for since, until, unit in row["places"]],
        inside,
    )
    edges = sorted(tie.edges())
    changes = [(day, what, unit) for day in edges if start <= day < end for what, unit in tie.on(day)]
    here = tie.unit(start)
    is_new = any((day, what) == (start, AWAY) for day, what, _ in changes)
    if here is not None and not is_new and tie.exists(start) and tie.is_away(start):
        began = (day for day in reversed(edges) if date.min < day <= start and not tie.is_away(day - _DAY))
        changes.append((next(began, date.min), AWAY, here))
    for day, what, unit in changes:
        yield PeopleChange(day, what, row["person"], row["kind"], row["tie"], unit)


def _period(start: Any, end: Any) -> Period:
    return Period(start.to_native(), None if end is None else end.to_native())

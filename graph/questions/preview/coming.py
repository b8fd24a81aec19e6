"""What is known already to begin or end in the days after a change. Whoever gains or loses by the change only together
with that would not be found on the change's own days.

A day is looked at for the people of whom something begins or ends then, or for all whom the change reaches, where it is
something of the organisation or its rules. All that is read here is bounded, and an answer says how far it has looked.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from graph.as_of import overlaps
from graph.questions.nearest import MANAGER
from graph.questions.preview.sides import Sides, on_both
from graph.questions.rights.borders import DAYS_WITHIN, OF_ALL, OF_PERSON
from graph.time import FOREVER

AHEAD = timedelta(days=365)
"""How far it is looked ahead, from the first day on which something of the change counts."""
MOST_DAYS = 10
"""Days that are looked at besides the change's own."""
MOST_LOOKS = 500
"""At people on such days, each day counted; or as many as on the change's own days."""
MOST_PEOPLE = 10_000
"""Where a change can touch more, their coming days are not read."""
_DAY = timedelta(days=1)

_OF_ALL = f"""
CALL () {{
    {OF_ALL}
}}
{DAYS_WITHIN}
"""
_OF_PERSONS = f"""
UNWIND $persons AS uuid
MATCH (p:Person {{uuid: uuid}})
CALL (p) {{
    {OF_PERSON}
}}
UNWIND [each.from, each.to] AS day
WITH DISTINCT uuid, day
WHERE day > $start AND day < $end
RETURN day, collect(uuid) AS persons
"""
_OF_MANAGERS = f"""
UNWIND $units AS uuid
MATCH (:Unit {{uuid: uuid}})-[parts:PART_OF*0..]->(level:Unit)
WHERE all(part IN parts WHERE {overlaps("part", "$start", "$end")})
WITH DISTINCT level
MATCH (level)<-[place:FOR]-(a:Assignment)-[:OF]->(:Role {{key: '{MANAGER}'}})
CALL (place, a) {{
    RETURN place AS each
    UNION
    MATCH (a)-[r:STATE|OF|ABOUT]->()
    RETURN r AS each
    UNION
    MATCH (a)<-[r:HOLDS]-()
    RETURN r AS each
    UNION
    MATCH (a)<-[:HOLDS]-()-[r:STATE]->()
    RETURN r AS each
    UNION
    MATCH (a)<-[:HOLDS]-()<-[r:HAS]-()
    RETURN r AS each
    UNION
    MATCH (a)<-[:HOLDS]-()<-[:HAS]-()-[r:STATE]->()
    RETURN r AS each
    UNION
    MATCH (a)<-[r:SUBSTITUTES]-()
    RETURN r AS each
    UNION
    MATCH (a)<-[:SUBSTITUTES]-()-[r:STATE|SCOPE_UNIT|SCOPE_ABOUT]->()
    RETURN r AS each
    UNION
    MATCH (a)<-[:SUBSTITUTES]-()<-[r:STANDS_IN]-()
    RETURN r AS each
    UNION
    MATCH (a)<-[:SUBSTITUTES]-()<-[:STANDS_IN]-()-[r:STATE|HAS]->()
    RETURN r AS each
    UNION
    MATCH (a)<-[:SUBSTITUTES]-()<-[:STANDS_IN]-()-[:HAS]->()-[r:STATE]->()
    RETURN r AS each
}}
{DAYS_WITHIN}
"""
_WORKING = f"""
UNWIND $units AS uuid
MATCH (:Unit {{uuid: uuid}})<-[in:IN]-()<-[has:HAS]-(p:Person)
WHERE {overlaps("in", "$start", "$end")} AND {overlaps("has", "$start", "$end")}
RETURN DISTINCT p.uuid AS person
"""


@dataclass(slots=True)
class Coming:
    """``start``: the first day of the change. ``end``: the day after the last that is looked at. ``most``: looks at
    people. ``of_all``: by day, whom the change reaches then, where something begins or ends that is not of one person.
    ``of_persons``: by day, of whom something does."""

    start: date
    end: date
    most: int
    of_all: dict[date, frozenset[str]] = field(default_factory=dict)
    of_persons: dict[date, set[str]] = field(default_factory=dict)

    @property
    def last(self) -> date:
        """The last day that is looked at."""
        return self.end - _DAY if self.end > self.start else self.start

    @property
    def persons(self) -> frozenset[str]:
        return frozenset[str]().union(*self.of_all.values(), *self.of_persons.values())

    def add(self, days: Mapping[str, Collection[date]], persons: Collection[str]) -> None:
        """Days of these persons that are known from elsewhere."""
        for person in days.keys() & persons:
            for day in days[person]:
                if self.start < day < self.end:
                    self.of_persons.setdefault(day, set()).add(person)

    def bounded(self, own: Collection[date]) -> dict[date, frozenset[str]]:
        """Who is looked at on which day, as far as is allowed; ``end`` is moved there. ``own``: days of the change."""
        found: dict[date, frozenset[str]] = {}
        days = looks = 0
        for day in sorted({*self.of_all, *self.of_persons}):
            persons = self.of_all.get(day, frozenset()) | self.of_persons.get(day, frozenset())
            days, looks = days + (day not in own), looks + len(persons)
            if days > MOST_DAYS or looks > self.most:
                self.end = day
                break
            found[day] = persons
        return found


def end_of_look(first: date) -> date:
    """The day after the last that is looked at, of a change that counts from ``first``."""
    return FOREVER if first > FOREVER - AHEAD - _DAY else first + AHEAD + _DAY


def days_of_all(sides: Sides, start: date, end: date) -> set[date]:
    """The first days after ``start`` and before ``end`` on which something of the organisation or its rules begins or
    ends that is not of one person: of each side at most one more than are looked at."""
    return _days(sides, _OF_ALL, start=start, end=end, most=MOST_DAYS + 1)


def days_of_managers(sides: Sides, units: Iterable[str], start: date, end: date) -> set[date]:
    """As ``days_of_all``, of the managers of units (uuids) and above, and of those who stand in for them."""
    wanted = sorted(units)
    return _days(sides, _OF_MANAGERS, units=wanted, start=start, end=end, most=MOST_DAYS + 1) if wanted else set()


def _days(sides: Sides, query: str, **asked: Any) -> set[date]:
    found = on_both(sides, lambda session, _: [row["day"].to_native() for row in session.run(query, **asked)])
    return {day for days in found for day in days}


def days_of_persons(sides: Sides, persons: Iterable[str], start: date, end: date) -> dict[date, set[str]]:
    """By day after ``start`` and before ``end``, of which of ``persons`` (uuids) something begins or ends."""
    asked = {"persons": sorted(persons), "start": start, "end": end}
    found: dict[date, set[str]] = {}
    for rows in on_both(sides, lambda session, _: list(session.run(_OF_PERSONS, asked))):
        for row in rows:
            found.setdefault(row["day"].to_native(), set()).update(row["persons"])
    return found


def working_in(sides: Sides, units: Iterable[str], start: date, end: date) -> set[str]:
    """Who works, on one of two sides, in one of ``units`` (uuids) on a day from ``start`` until ``end``."""
    wanted = sorted(units)
    if not wanted:
        return set()
    found = on_both(sides, lambda session, _: session.run(_WORKING, units=wanted, start=start, end=end).value("person"))
    return {person for persons in found for person in persons}

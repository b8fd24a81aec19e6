"""Vacancies: what somebody answers for in a unit, where the nearest rule finds nobody, today or on a day soon.

What is answered for is what assignments say: each role for each unit, with each of its responsibilities, in the last
and the next days; and a manager for every unit in which people work. A vacancy is a state, never a record: it is over
as soon as somebody has the role there or further up.

A later day is looked at only for the units at which something ends or begins on it, and all below them.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import takewhile

import neo4j

from graph.as_of import Day, overlaps
from graph.change_log import turned_day
from graph.questions import nearest_holders as facts
from graph.questions.nearest import MANAGER, Question, answer, way_up

Seen = Callable[[Iterable[str]], Set[str]]
"""Units → those of them that the asker may read."""
_Duty = tuple[str, str | None]
"""A unit, and a responsibility (None = the role as a whole); UUIDs."""


@dataclass(frozen=True, slots=True)
class Vacancy:
    """``since``: the first day from today on without a holder. ``until``: the first day with one again; None = not on
    the days that were looked at. ``last``: an assignment that was or is for it, if there is one. All are UUIDs."""

    role: str
    unit: str
    responsibility: str | None
    since: date
    until: date | None
    last: str | None


@dataclass(slots=True)
class _OfRole:
    """What a role answers for, each with an assignment if there is one; and by day the units at which something of it
    begins or ends."""

    wanted: dict[_Duty, str | None] = field(default_factory=dict)
    changes: dict[date, set[str]] = field(default_factory=dict)


_ASSIGNED = f"""
MATCH (role:Role)<-[of:OF]-(a:Assignment)-[for:FOR]->(unit:Unit)
WHERE {overlaps("of", "$start", "$end")} AND {overlaps("for", "$start", "$end")}
    AND EXISTS {{
        MATCH (a)-[state:STATE]->()
        WHERE {overlaps("state", "$start", "$end")}
    }}
RETURN role.uuid AS role, unit.uuid AS unit, a.uuid AS assignment,
    COLLECT {{
        MATCH (a)-[about:ABOUT]->(x)
        WHERE {overlaps("about", "$start", "$end")}
        RETURN DISTINCT x.uuid
    }} AS about,
    COLLECT {{
        MATCH (a)-[period:STATE|FOR|OF|ABOUT|HOLDS]-()
        UNWIND [period.from, period.to] AS day
        RETURN DISTINCT day
    }} + COLLECT {{
        MATCH (a)<-[:HOLDS]-(holder)
        MATCH (holder)<-[:HAS]-{{0,1}}()-[period:STATE]->()
        UNWIND [period.from, period.to] AS day
        RETURN DISTINCT day
    }} + COLLECT {{
        MATCH (a)<-[:SUBSTITUTES]-()-[period:STATE]->()
        UNWIND [period.from, period.to] AS day
        RETURN DISTINCT day
    }} AS days
ORDER BY a.uuid
"""
_PEOPLED = """
MATCH (role:Role {key: $manager})
MATCH (unit:Unit)
WHERE EXISTS {
    MATCH (unit)<-[in:IN]-(tie:Employment|Affiliation {active: true})
    WHERE in.from <= $today AND (in.to IS NULL OR in.to > $today)
}
RETURN role.uuid AS role, unit.uuid AS unit
"""
_MOVED = """
MATCH (unit:Unit)-[part:PART_OF|STATE]->()
UNWIND [part.from, part.to] AS day
WITH DISTINCT day, unit
WHERE day > $today AND day < $end
RETURN day, unit.uuid AS unit
"""


def vacancies(driver: neo4j.Driver, today: date, days: int, seen: Seen | None = None) -> list[Vacancy]:
    """The vacancies of today and of the ``days`` after it, the earliest first. ``seen``: None = the asker may read
    everything; for others the way up ends where the part ends that they may read."""
    found: list[Vacancy] = []
    end = today + timedelta(days=days + 1)
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        turned = turned_day(session)
        moved: dict[date, set[str]] = {}
        for row in session.run(_MOVED, today=today, end=end):
            moved.setdefault(row["day"].to_native(), set()).add(row["unit"])
        for role, of_role in _wanted(session, today, end).items():
            units = {unit for unit, _ in of_role.wanted}
            readable = units if seen is None else seen(units)
            wanted = {each: last for each, last in of_role.wanted.items() if each[0] in readable}
            if not wanted:
                continue
            looked = _Looked(session, role, seen)
            open_ = dict.fromkeys(looked.vacant(Day.of(today, turned), today, wanted), today)
            for day in sorted({*of_role.changes, *moved}):
                touched = of_role.changes.get(day, set()) | moved.get(day, set())
                these = [each for each in wanted if each[0] in touched or touched & looked.above[each[0]]]
                vacant = looked.vacant(Day.of(day, turned), day, these)
                for each in vacant:
                    open_.setdefault(each, day)
                for each in these:
                    if each in open_ and each not in vacant:
                        found.append(Vacancy(role, *each, open_.pop(each), day, wanted[each]))
            found += [Vacancy(role, *each, since, None, wanted[each]) for each, since in open_.items()]
    return sorted(found, key=lambda each: (each.since, each.role, each.unit, each.responsibility or ""))


def _wanted(session: neo4j.Session, today: date, end: date) -> Mapping[str, _OfRole]:
    found: dict[str, _OfRole] = {}
    for row in session.run(_ASSIGNED, start=today - (end - today), end=end):
        of_role = found.setdefault(row["role"], _OfRole())
        for responsibility in row["about"] or [None]:
            of_role.wanted[row["unit"], responsibility] = row["assignment"]
        for day in (each.to_native() for each in row["days"] if each is not None):
            if today < day < end:
                of_role.changes.setdefault(day, set()).add(row["unit"])
    for row in session.run(_PEOPLED, manager=MANAGER, today=today):
        found.setdefault(row["role"], _OfRole()).wanted.setdefault((row["unit"], None), None)
    return found


@dataclass(slots=True)
class _Looked:
    """Looks at one role on one day after the other. ``above``: each unit's way up, as it was looked at last."""

    session: neo4j.Session
    role: str
    seen: Seen | None
    above: dict[str, frozenset[str]] = field(default_factory=dict)

    def vacant(self, day: Day, at: date, duties: Collection[_Duty]) -> set[_Duty]:
        """Those that nobody answers for on the day. A unit that is closed then wants nobody."""
        around = facts.around(self.session, day, at, self.role, {unit for unit, _ in duties})
        readable = None if self.seen is None else self.seen(around.active)
        about = {each for _, each in duties if each is not None}
        covering = {each: facts.covering(self.session, day, at, each) for each in about}
        found = set()
        for unit, responsibility in duties:
            chain = way_up(unit, around.parents)
            self.above[unit] = frozenset(chain)
            if unit not in around.active:
                continue
            if readable is not None:
                chain = tuple(takewhile(readable.__contains__, chain))
            asked = Question(around.covers_all, None if responsibility is None else covering[responsibility])
            if not answer(chain, around.candidates, asked).holders:
                found.add((unit, responsibility))
        return found

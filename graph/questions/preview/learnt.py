"""What has been learnt since a change: which things, and on which days something of them starts or ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import NamedTuple

import neo4j

from graph.as_of import SUPERSEDED
from graph.model import KINDS
from graph.time import FOREVER, Period

Things = Mapping[str, frozenset[str]]
"""Kind → uuids."""


def last_number(session: neo4j.Session) -> int:
    """The number of the last change."""
    number: int = session.run("MATCH (log:ChangeLog) RETURN log.number AS number").single(strict=True)["number"]
    return number


@cache
def _periods(kind: str) -> str:
    """Each period of a thing, with those that were known once: of its state and of the links that it states."""
    out = [link.type for link in KINDS[kind].links if not link.incoming]
    incoming = [link.type for link in KINDS[kind].links if link.incoming]
    ways = [f"(n)-[r:{_with_superseded('STATE', *out)}]->(m)"]
    if incoming:
        ways.append(f"(n)<-[r:{_with_superseded(*incoming)}]-(m)")
    parts = "\nUNION ALL\n".join(
        f"""MATCH {way}
            WHERE coalesce(r.known_from > $since, false) <> coalesce(r.known_to > $since, false)
            RETURN r, type(r) AS type, m.uuid AS to, CASE WHEN m.uuid IS NULL THEN properties(m) END AS values"""
        for way in ways
    )
    return f"""
        UNWIND $uuids AS uuid
        MATCH (n:{kind} {{uuid: uuid}})
        CALL (n) {{
            {parts}
        }}
        RETURN uuid, properties(r) AS period, type, to, values
    """


def _with_superseded(*types: str) -> str:
    return "|".join((*types, *(f"{SUPERSEDED}{each}" for each in types)))


@dataclass(frozen=True, slots=True)
class Learnt:
    """``days``: by each day from which something of them counts, or no longer does, the things of which it is so."""

    days: Mapping[date, Things] = field(default_factory=dict)
    _differing: tuple[tuple[str, str, Period], ...] = ()
    """Kind and uuid of each thing, with days on which it differs from what was known."""

    @property
    def first(self) -> date | None:
        """The first day on which something differs; None: on none."""
        return min((days.start for _, _, days in self._differing), default=None)

    @property
    def end(self) -> date:
        """The day from which nothing differs any more; ``FOREVER``: something does until further notice."""
        return max((days.last for _, _, days in self._differing), default=FOREVER)

    def on(self, day: date) -> Things:
        """The things that differ on a day."""
        return self._where(lambda days: days.holds(day))

    def on_any(self) -> Things:
        """The things that differ at some time."""
        return self._where(lambda _: True)

    def _where(self, counts: Callable[[Period], bool]) -> Things:
        found: dict[str, set[str]] = {}
        for kind, uuid, days in self._differing:
            if counts(days):
                found.setdefault(kind, set()).add(uuid)
        return _frozen(found)


def _frozen(things: Mapping[str, set[str]]) -> Things:
    return {kind: frozenset(uuids) for kind, uuids in things.items()}


def learnt_since(session: neo4j.Session, number: int, start: date) -> Learnt:
    """What the changes after ``number`` are about, on the days from ``start`` on."""
    things: dict[str, set[str]] = {}
    for row in session.run(
        "MATCH (c:Change) WHERE c.number > $since RETURN c.kind AS kind, c.uuid AS uuid", since=number
    ):
        if row["kind"] in KINDS:
            things.setdefault(row["kind"], set()).add(row["uuid"])
    by_day: dict[date, dict[str, set[str]]] = {}
    differing: list[tuple[str, str, Period]] = []
    for kind, uuids in things.items():
        periods: dict[str, list[_Learnt]] = {}
        for row in session.run(_periods(kind), uuids=sorted(uuids), since=number):
            periods.setdefault(row["uuid"], []).append(_learnt(row, number))
        for uuid, learnt in periods.items():
            days, periods_of_thing = _days(learnt, start)
            for day in days:
                by_day.setdefault(day, {}).setdefault(kind, set()).add(uuid)
            differing += [(kind, uuid, each) for each in periods_of_thing]
    return Learnt({day: _frozen(by_day[day]) for day in sorted(by_day)}, tuple(differing))


class _Learnt(NamedTuple):
    """A period that is new, or is none any more (``was``). ``holds``: what held in it."""

    start: date
    end: date | None
    was: bool
    holds: str


def _learnt(row: neo4j.Record, number: int) -> _Learnt:
    period = dict(row["period"])
    start, end, _, until = (period.pop(each, None) for each in ("from", "to", "known_from", "known_to"))
    holds = (
        row["type"].removeprefix(SUPERSEDED),
        row["to"],
        sorted(period.items()),
        sorted((row["values"] or {}).items()),
    )
    return _Learnt(
        start.to_native(), None if end is None else end.to_native(), until is not None and until > number, repr(holds)
    )


def _days(learnt: list[_Learnt], start: date) -> tuple[list[date], list[Period]]:
    """Days from ``start`` on from which something else holds than did before, or the same again; and all those on
    which it differs."""
    borders = {day for each in learnt for day in (each.start, each.end) if day is not None and day > start}
    days: list[date] = []
    differing: list[Period] = []
    since: date | None = None
    for day in (start, *sorted(borders)):
        differs = _holding(learnt, day, was=True) != _holding(learnt, day, was=False)
        if differs or since is not None:
            days.append(day)
        if differs and since is None:
            since = day
        elif not differs and since is not None:
            differing.append(Period(since, day))
            since = None
    return days, differing if since is None else [*differing, Period(since)]


def _holding(learnt: list[_Learnt], day: date, *, was: bool) -> set[str]:
    return {
        each.holds for each in learnt if each.was is was and each.start <= day and (each.end is None or each.end > day)
    }

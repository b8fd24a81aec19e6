"""What has been learnt since a change: which things, and on which days something of them starts or ends."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import NamedTuple

import neo4j

from graph.as_of import SUPERSEDED
from graph.model import KINDS

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


def learnt_since(session: neo4j.Session, number: int, start: date) -> dict[date, Things]:
    """The things that changes after ``number`` are about, by each day from ``start`` on from which these count."""
    things: dict[str, set[str]] = {}
    for row in session.run(
        "MATCH (c:Change) WHERE c.number > $since RETURN c.kind AS kind, c.uuid AS uuid", since=number
    ):
        if row["kind"] in KINDS:
            things.setdefault(row["kind"], set()).add(row["uuid"])
    by_day: dict[date, dict[str, set[str]]] = {}
    for kind, uuids in things.items():
        periods: dict[str, list[_Learnt]] = {}
        for row in session.run(_periods(kind), uuids=sorted(uuids), since=number):
            periods.setdefault(row["uuid"], []).append(_learnt(row, number))
        for uuid, learnt in periods.items():
            for day in _days(learnt, start):
                by_day.setdefault(day, {}).setdefault(kind, set()).add(uuid)
    return {day: {kind: frozenset(each) for kind, each in by_day[day].items()} for day in sorted(by_day)}


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


def _days(learnt: list[_Learnt], start: date) -> Iterator[date]:
    """Days from ``start`` on from which something else holds than did before, or the same again."""
    borders = {day for each in learnt for day in (each.start, each.end) if day is not None and day > start}
    differed = False
    for day in (start, *sorted(borders)):
        differs = _holding(learnt, day, was=True) != _holding(learnt, day, was=False)
        if differs or differed:
            yield day
        differed = differs


def _holding(learnt: list[_Learnt], day: date, *, was: bool) -> set[str]:
    return {
        each.holds for each in learnt if each.was is was and each.start <= day and (each.end is None or each.end > day)
    }

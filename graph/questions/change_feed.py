"""The change log for people: newest first, with what has changed as values of their own types and not as JSON."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import neo4j
import orjson

from graph.as_of import SUPERSEDED, as_known, overlaps
from graph.model import KINDS
from graph.questions.readable import Inside, Readable
from graph.shown_periods import changes_on
from graph.time import ALWAYS

Value = Any
"""Of a property: text, number, yes/no, a list of texts; None = there is none."""

_LONGEST = 60.0
"""Seconds."""
_LATEST = """
MATCH (c:Change)
WHERE ($before IS NULL OR c.number < $before)
  AND ($kind IS NULL OR c.kind = $kind)
  AND ($source IS NULL OR c.source = $source)
  AND {inside}
RETURN c {.*, at: toString(c.at), day: toString(c.day)} AS change
ORDER BY c.number DESC
LIMIT $first
"""
_OF_RUN = """
MATCH (c:Change {run: $run})
WHERE ($before IS NULL OR c.number < $before)
  AND ($kind IS NULL OR c.kind = $kind)
  AND ($source IS NULL OR c.source = $source)
  AND {inside}
RETURN c {.*, at: toString(c.at), day: toString(c.day)} AS change
ORDER BY c.number DESC
LIMIT $first
"""
_OF_THING = """
MATCH (c:Change)-[:CONCERNS]->({uuid: $uuid})
WHERE ($before IS NULL OR c.number < $before)
  AND ($kind IS NULL OR c.kind = $kind)
  AND ($source IS NULL OR c.source = $source)
  AND ($run IS NULL OR c.run = $run)
  AND {inside}
RETURN c {.*, at: toString(c.at), day: toString(c.day)} AS change
ORDER BY c.number DESC
LIMIT $first
"""


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """A property in a period (ISO dates; ``end`` None = until further notice), before and after."""

    name: str
    start: str
    end: str | None
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class ChangedLink:
    """A link in a period that was added, or taken away."""

    name: str
    start: str
    end: str | None
    added: bool
    kind: str
    uuid: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log. ``fields``: as the log has it."""

    fields: Mapping[str, Any]
    values: tuple[ChangedValue, ...]
    links: tuple[ChangedLink, ...]


def latest(
    driver: neo4j.Driver,
    first: int,
    before: int | None = None,
    uuid: str | None = None,
    kind: str | None = None,
    source: str | None = None,
    rights: Collection[str] = (),
    inside: Inside | None = None,
    run: str | None = None,
) -> Iterator[Entry]:
    """The newest ``first`` entries (before a number). ``rights``: with the values that these open: private, pay.
    ``inside``: only those of what may be read; None = all. ``run``: only those that the run with this id has made.

    Raises Neo4jError (TransactionTimedOut) if too much of a long log would have to be read to find so many.
    """
    matched = _OF_THING if uuid is not None else _LATEST if run is None else _OF_RUN
    query = matched.replace("{inside}", "true" if inside is None else inside.on("c"))
    rows, _, _ = driver.execute_query(
        neo4j.Query(query, timeout=_LONGEST),
        {
            **({} if inside is None else inside.parameters),
            "first": first,
            "before": before,
            "uuid": uuid,
            "kind": kind,
            "source": source,
            "run": run,
        },
        routing_=neo4j.RoutingControl.READ,
    )
    for row in rows:
        yield entry(row["change"], rights)


def entry(change: Mapping[str, Any], rights: Collection[str]) -> Entry:
    """An entry with what has changed in it. ``change``: the log's own, its moments as text."""
    was, now = (_Side.of(change.get(side), change.get("day")) for side in ("before", "after"))
    known = KINDS.get(change.get("kind") or "")
    shown = [
        each.name for each in (known.properties if known else ()) if each.access == "open" or each.access in rights
    ]
    values = tuple(value for name in shown for value in _differing(name, was.states, now.states))
    links = (*_only(was.links, now.links, False), *_only(now.links, was.links, True))
    return Entry(change, values, links)


@dataclass(frozen=True, slots=True)
class _Side:
    """An entry's before, or its after. ``states``: each with from, to and its values."""

    states: Sequence[Mapping[str, Any]]
    links: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, text: str | None, day: str | None) -> "_Side":
        side = orjson.loads(text) if text else None
        if side is None:
            return cls((), ())
        if "values" in side:  # of the day turn, which is about one day
            return cls(
                ({"from": day, "to": None, **side["values"]},),
                [{"from": day, "to": None, **each} for each in side.get("links", ())],
            )
        return cls(side.get("states", ()), side.get("links", ()))


def _differing(name: str, was: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterator[ChangedValue]:
    """Where a property has another value than before, adjoining periods with the same values as one."""
    days = {each[side] for states in (was, now) for each in states for side in ("from", "to") if each[side] is not None}
    bounds: list[str | None] = [*sorted(days)]
    if any(each["to"] is None for states in (was, now) for each in states):
        bounds.append(None)
    found: ChangedValue | None = None
    for start, end in pairwise(bounds):
        assert start is not None
        old, new = _on(start, name, was), _on(start, name, now)
        if old == new:
            continue
        if found is not None and (found.end, found.before, found.after) == (start, old, new):
            found = ChangedValue(name, found.start, end, old, new)
            continue
        if found is not None:
            yield found
        found = ChangedValue(name, start, end, old, new)
    if found is not None:
        yield found


def _on(day: str, name: str, states: Sequence[Mapping[str, Any]]) -> Value:
    for each in states:
        if each["from"] <= day and (each["to"] is None or day < each["to"]):
            return each.get(name)
    return None


def _only(these: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]], added: bool) -> list[ChangedLink]:
    known = {_key(each) for each in others}
    return [
        ChangedLink(each["name"], each["from"] or ALWAYS.isoformat(), each["to"], added, each["kind"], each["uuid"])
        for each in these
        if _key(each) not in known
    ]


def _key(link: Mapping[str, Any]) -> bytes:
    return orjson.dumps(dict(link), option=orjson.OPT_SORT_KEYS)


# -- the days on which something changes ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChangeDay:
    """A day on which something begins or ends, and of how many things of each kind."""

    day: date
    counts: Mapping[str, int]


_COUNTED = ("Unit", "Employment", "Affiliation", "Assignment")
_DAYS = f"""
MATCH (top:Unit {{uuid: $unit}})
MATCH (top)<-[parts:PART_OF*0..]-(unit:Unit)
WHERE all(part IN parts WHERE {overlaps("part", "$from", "$to")})
WITH collect(DISTINCT unit) AS units
UNWIND units AS unit
CALL (unit) {{
    MATCH (unit)-[period:STATE|PART_OF|PERFORMS|RESPONSIBLE_FOR|INTERESTED_IN]->()
    RETURN 'Unit' AS kind, unit.uuid AS uuid, unit AS thing, period
    UNION ALL
    MATCH (unit)<-[period:IN|PAID_IN|FOR|COUNTS_AS]-(thing)
    RETURN head([each IN labels(thing) WHERE each IN $kinds]) AS kind, thing.uuid AS uuid, thing, period
    UNION ALL
    MATCH (unit)<-[:IN|FOR]-(thing)-[period:STATE|AS|ABOUT]->()
    RETURN head([each IN labels(thing) WHERE each IN $kinds]) AS kind, thing.uuid AS uuid, thing, period
    UNION ALL
    MATCH (unit)<-[:IN|FOR]-(thing)<-[period:HAS|HOLDS]-()
    RETURN head([each IN labels(thing) WHERE each IN $kinds]) AS kind, thing.uuid AS uuid, thing, period
}}
UNWIND [period.from, period.to] AS day
WITH day, kind, uuid, thing, period
WHERE $from <= day AND day < $to AND ($things IS NULL OR uuid IN $things)
    AND (NOT type(period) IN ["STATE", "{SUPERSEDED}STATE"] OR {changes_on("thing", "day", "$hidden[kind]")})
WITH day, kind, count(DISTINCT uuid) AS count
ORDER BY kind
WITH day, collect([kind, count]) AS counts
RETURN day, counts
ORDER BY day
LIMIT $first
"""


def change_days(
    driver: neo4j.Driver,
    unit: str,
    start: date,
    end: date,
    first: int,
    readable: Readable | None = None,
    known: int | None = None,
    hidden: Mapping[str, Sequence[str]] | None = None,
) -> list[ChangeDay]:
    """The days in [start, end) on which something begins or ends in a unit or below it, the earliest first.

    Counted are units, employments, affiliations and assignments: their values, places, holders and responsibilities.
    ``readable``: only those that may be read; None = all. ``known``: the number of the last change that counts
    (``graph.as_of.as_known``); None = all that is known. ``hidden``: of each kind, the properties that may not be
    read; a day on which nothing else changes is none.
    """
    rows, _, _ = driver.execute_query(
        _DAYS if known is None else as_known(_DAYS),
        {
            "unit": unit,
            "from": start,
            "to": end,
            "first": first,
            "kinds": list(_COUNTED),
            "things": None if readable is None else readable.things,
            "known": known,
            "hidden": {kind: list((hidden or {}).get(kind, ())) for kind in _COUNTED},
        },
        routing_=neo4j.RoutingControl.READ,
    )
    return [ChangeDay(row["day"].to_native(), dict(row["counts"])) for row in rows]

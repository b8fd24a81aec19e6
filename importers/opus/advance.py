"""Combines the previous statement with the newest file into the present statement (opus.md §4.1–§4.5, §4.8).

Opus's file has no history: it is a picture of one evening. So a new value is in force from the file's day, the replaced
one ends there, and of two files of one day the later counts. Employments and units have dates of their own, which may
be corrected; they may end, be cancelled, be left out and come back. These are pure functions on periods, independent of
the format's fields.

How a thing ended is kept as its value ``status`` for the days after its end. They are outside its existence, so the
graph never shows the value, but the next file can be interpreted with it.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Literal

from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import ALWAYS, Period, without

Was = Literal["live", "left", "cancelled", "filtered", "gone", "closed"]
LEAVING: tuple[Was, ...] = ("left", "cancelled", "filtered", "gone", "closed")
AWAY = frozenset({"filtered", "gone", "closed"})  # it continues when it is back; no new start is needed
Existence = tuple[Period, ...]
EVER = Period()


# -- values and links over time -------------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 16, typed=True)  # typed: 1 is True, and 37 is 37.0
def _ever(value: Value) -> tuple[DatedValue, ...]:
    """A value without a beginning. Titles, towns and the like occur thousands of times, and are kept once."""
    return (DatedValue(EVER, value),)


@lru_cache(maxsize=1 << 16)
def _to_ever(to: Ref) -> tuple[DatedLink, ...]:
    return (DatedLink(EVER, to),)


def held(stated: tuple[DatedValue, ...], value: Value | None, since: date) -> tuple[DatedValue, ...]:
    """``value`` is in force from ``since`` on, replacing values of later days; None = no value from then on."""
    before = tuple(
        DatedValue(both, each.value)
        for each in sorted(stated, key=lambda t: t.period.start)
        if (both := each.period.overlap(Period(end=since)) if since > ALWAYS else None)
    )
    if value is None:
        return before
    if before and before[-1].period.end == since and before[-1].value == value:
        return (*before[:-1], DatedValue(Period(before[-1].period.start), value))
    return (*before, DatedValue(Period(since), value))


def linked(stated: tuple[DatedLink, ...], to: Ref | None, since: date) -> tuple[DatedLink, ...]:
    """The same for a link of which one is in force at a time."""
    before = tuple(
        DatedLink(both, each.to, each.properties)
        for each in sorted(stated, key=lambda t: t.period.start)
        if (both := each.period.overlap(Period(end=since)) if since > ALWAYS else None)
    )
    if to is None:
        return before
    if before and before[-1].period.end == since and before[-1].to == to:
        return (*before[:-1], DatedLink(Period(before[-1].period.start), to))
    return (*before, DatedLink(Period(since), to))


def newest_link(previous: Statement | None, name: str) -> Ref | None:
    """The last target of a link."""
    stated = previous.links.get(name, ()) if previous else ()
    return max(stated, key=lambda each: each.period.start).to if stated else None


def newest_value(previous: Statement, name: str) -> Value | None:
    """The last value, if it has not ended."""
    stated = previous.values.get(name, ())
    newest = max(stated, key=lambda each: each.period.start, default=None)
    return None if newest is None or newest.period.end is not None else newest.value


def advanced(
    previous: Statement | None,
    kind: str,
    key: str,
    *,
    exists: Existence,
    values: Mapping[str, Value],
    links: Mapping[str, Ref],
    since: date,
) -> Statement:
    """The statement of a thing with ``values`` and ``links`` in the newest file, valid from ``since``.

    A first value has no beginning, and so is in force from the first day of existence: if payroll corrects the start
    later, it moves along. A property that the file no longer has ends.
    """
    if previous is None:
        first = {name: _ever(value) for name, value in values.items()}
        return Statement(
            kind, key, exists=exists, values=first, links={name: _to_ever(to) for name, to in links.items()}
        )
    stated, pointed = previous.values, previous.links
    new_values = {name: held(stated.get(name, ()), values.get(name), since) for name in sorted({*stated, *values})}
    new_values["status"] = tuple(
        DatedValue(left_over, each.value)
        for each in new_values.get("status", ())
        for left_over in without((each.period,), exists)
    )
    new_links = {name: linked(pointed.get(name, ()), links.get(name), since) for name in sorted({*pointed, *links})}
    return Statement(
        kind,
        key,
        exists=exists,
        values={name: each for name, each in new_values.items() if each},
        links={name: each for name, each in new_links.items() if each},
    )


# -- how a thing ended ----------------------------------------------------------------------------------------------


def was(previous: Statement | None) -> Was:
    """How it ended in earlier files."""
    open_told = [each for each in (previous.values if previous else {}).get("status", ()) if each.period.end is None]
    for way in LEAVING:
        if open_told and open_told[-1].value == way:
            return way
    return "live"


def left_on(previous: Statement) -> date:
    """The first day of the status ``was``."""
    return previous.values["status"][-1].period.start


def leaving(previous: Statement, way: Was, exists: Existence, day: date) -> Statement:
    """The statement of a thing that is no longer live from ``day`` on. Its values stay as they were."""
    since = max(day, exists[-1].last) if exists and exists[-1].end else day
    values = {**previous.values, "status": held(previous.values.get("status", ()), way, since)}
    return Statement(previous.kind, previous.key, exists=exists, values=values, links=previous.links)


# -- existence ------------------------------------------------------------------------------------------------------


def living(previous: Statement | None, now: Period, day: date) -> tuple[Existence, date]:
    """(existence of a thing that is live in ``now`` according to the file of ``day``, first day of its values).

    Live before: its dates are corrected (§4.3). Ended: a later start is a second period, and the first is kept (§4.5);
    the same or an earlier start means that the end was a mistake. Left out by a filter, by absence or by a mark: it
    continues from ``day`` (§4.8). Cancelled: it is stated as new, beside periods that had ended before.
    """
    earlier = tuple(sorted(previous.exists or ())) if previous else ()
    if previous is None:
        return _some(now), ALWAYS
    match was(previous):
        case "live":
            return corrected(previous, now), day
        case "left" if earlier and now.start <= earlier[-1].start:
            return corrected(previous, now), day
        case "left" | "cancelled":
            if not earlier:
                return _some(now), ALWAYS
            again = Period(max(now.start, earlier[-1].last), now.end)
            return (*earlier, *_some(again)), again.start
        case _:
            resumed = Period(max(now.start, day), now.end)
            if earlier and resumed.start == earlier[-1].last:
                return (*earlier[:-1], Period(earlier[-1].start, now.end)), day
            return (*earlier, *_some(resumed)), day


def corrected(previous: Statement, now: Period) -> Existence:
    """Existence whose newest period is now ``now``. Earlier periods, and gaps, stay as they are."""
    finished = tuple(sorted(previous.exists or ()))[:-1]
    floor = finished[-1].last if finished else ALWAYS
    for each in previous.values.get("status", ()):
        if each.value in AWAY and each.period.end is not None:
            floor = max(floor, each.period.end)
    return (*finished, *_some(Period(max(now.start, floor), now.end)))


def _some(period: Period) -> Existence:
    return () if period.is_empty() else (period,)


def left(exists: Existence, day: date, *, last_is_a_day: bool) -> Existence:
    """The file has a stub: the thing ended by its last stated end if the file of ``day`` is not before that, otherwise
    on ``day`` (§4.1).

    ``last_is_a_day``: the stated last day counts; its end is the day after, and may so be the day after the file's.
    """
    ended = exists[-1].last if exists else day
    on_time = ended.toordinal() <= day.toordinal() + (1 if last_is_a_day else 0)
    return exists if on_time else closed(exists, day)


def closed(exists: Existence, day: date) -> Existence:
    """Existence that ends on ``day``, if it has not ended before."""
    return tuple(both for each in exists if (both := each.overlap(Period(end=day)))) if day > ALWAYS else ()


def cancelled(exists: Existence) -> Existence:
    """It never existed: its newest period is withdrawn; periods that had ended before stay."""
    return tuple(sorted(exists))[:-1]

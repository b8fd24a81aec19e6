"""A difference in words: old and new values, for the user who decides whether it is right.

CPR numbers are not compared. For private values (home address, private phone) the text only says that they differ;
likewise for all texts of a person whose name and address are protected on any day, and for values of that person's
accounts and employments that identify the person.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

import neo4j

from graph.model import KINDS, Property
from graph.statements.merge import LinkRow, State, Thing
from graph.statements.statement import Value
from graph.time import ALWAYS, FOREVER, Period, stretches, union, within
from graph.writing.difference import PLACES, Difference
from graph.writing.protection import is_protected, protected_among

Names = Mapping[str, str]
"""uuid → the thing's name for users."""

_CALLED = ("name", "number", "title", "login", "code")
"""Properties that name a thing, the best first; before them its natural key."""
_NOTHING = "nothing"


def in_words(difference: Difference, names: Names, protected: Collection[str]) -> list[str]:
    """A line for each thing that differs: ``name: North → Nord, from 2026-03-01``. New things: one line of values.

    ``protected``: uuids of ``protection.protected_among``.
    """
    before, after = difference.before, difference.after
    if not before.states:
        return [told] if (told := "; ".join(_of_new(difference, names, protected))) else []
    kind = KINDS[difference.kind]
    lines = [*_existence(before, after)]
    both = within((each.period for each in before.states), (each.period for each in after.states))
    for prop in kind.properties:
        hidden = _why_hidden(difference, prop, protected)
        was, now = _values(before.states, prop.name), _values(after.states, prop.name)
        for days, old, new in _differing(was, now, both):
            told = f"differs ({hidden})" if hidden else f"{_text(old)} → {_text(new)}"
            lines.append(f"{prop.name}: {told}{_when(days, both)}")
    for link in kind.links:
        lines += _link(difference, link.name, link.single, both, names)
    return lines


def places(difference: Difference, names: Names) -> list[str]:
    """Only its existence and place, which the brake checks. It contains no value, so it may be kept."""
    lines = [*_existence(difference.before, difference.after)]
    place = PLACES.get(difference.kind)
    if place is not None:
        both = within(
            (each.period for each in difference.before.states), (each.period for each in difference.after.states)
        )
        lines += _link(difference, place, True, both, names)
    return lines


def names_of(driver: neo4j.Driver, shown: Iterable[Difference], beside: Iterable[Difference] = ()) -> dict[str, str]:
    """The names of the things that these differences' links lead to.

    ``beside``: further differences of the same run, which may create things that the graph does not have yet. Both are
    iterated several times, so neither may be an iterator.
    """
    wanted: dict[str, set[str]] = {}
    for each in shown:
        for row in (*each.lost_links, *each.gained_links):
            wanted.setdefault(row.kind, set()).add(row.to)
    found: dict[str, str] = {}
    for kind, uuids in wanted.items():
        called = ", ".join(f"n.{name}" for name in _naming(kind))
        if called:
            rows, _, _ = driver.execute_query(
                f"""
                MATCH (n:{kind})
                WHERE n.uuid IN $uuids AND NOT ({is_protected(KINDS[kind]) if _told_by_name(kind) else "false"})
                RETURN n.uuid AS uuid, coalesce({called}) AS name
                """,
                uuids=sorted(uuids),
                routing_=neo4j.RoutingControl.READ,
            )
            found.update({row["uuid"]: str(row["name"]) for row in rows if row["name"] is not None})
    everything = set().union(*wanted.values()) - found.keys()
    protected = protected_among(driver, (each for each in chain(shown, beside) if each.uuid in everything))
    for each in chain(shown, beside):
        is_hidden = each.uuid not in everything or (each.uuid in protected and _told_by_name(each.kind))
        if not is_hidden and (name := _own_name(each)):
            found[each.uuid] = name
    return found


def _told_by_name(kind: str) -> bool:
    """Whether the name of such a thing identifies a person."""
    identifying = {each.name for each in KINDS[kind].properties if each.identifies}
    return any(name in identifying for name in _naming(kind))


def _naming(kind: str) -> list[str]:
    model = KINDS[kind]
    known = {each.name for each in model.properties}
    return [name for name in dict.fromkeys((model.natural or "", *_CALLED)) if name in known]


def _own_name(difference: Difference) -> str | None:
    values = difference.after.states[-1].values if difference.after.states else {}
    return next((str(values[name]) for name in _naming(difference.kind) if name in values), difference.record.key)


def _existence(before: Thing, after: Thing) -> Iterator[str]:
    was, now = (union(each.period for each in thing.states) for thing in (before, after))
    if was != now:
        yield f"exists: {_spans(was)} → {_spans(now)}"


def _of_new(difference: Difference, names: Names, protected: Collection[str]) -> Iterator[str]:
    states, links = difference.after.states, difference.after.links
    if not states:
        return
    for prop in KINDS[difference.kind].properties:
        if prop.name in states[-1].values:
            hidden = _why_hidden(difference, prop, protected)
            yield f"{prop.name}: {f'({hidden})' if hidden else _text(states[-1].values[prop.name])}"
    exists = union(each.period for each in states)
    for link in KINDS[difference.kind].links:
        told = [each for each in links if each.name == link.name]
        if told:
            yield f"{link.name}: {_all(told, names, exists)}"
    if exists != (Period(),):
        yield f"exists: {_spans(exists)}"


def _link(difference: Difference, name: str, single: bool, both: Sequence[Period], names: Names) -> Iterator[str]:
    was = [each for each in difference.before.links if each.name == name]
    now = [each for each in difference.after.links if each.name == name]
    if not single:
        gone, come = [each for each in was if each not in now], [each for each in now if each not in was]
        told = [f"{sign} {_all(rows, names, both)}" for sign, rows in (("without", gone), ("with", come)) if rows]
        if told:
            yield f"{name}: {'; '.join(told)}"
        return
    for days, old, new in _differing(_targets(was, names), _targets(now, names), both):
        yield f"{name}: {_text(old)} → {_text(new)}{_when(days, both)}"


def _all(rows: Sequence[LinkRow], names: Names, life: Sequence[Period]) -> str:
    """Each with its days, unless they are the whole ``life``."""
    whole = (Period(), *life)
    return ", ".join(
        names.get(each.to, each.to) + ("" if each.period in whole else f" ({_span(each.period)})") for each in rows
    )


_Timeline = Callable[[Period], Value | None]


def _values(states: Sequence[State], name: str) -> tuple[list[Period], _Timeline]:
    def at(days: Period) -> Value | None:
        return next((each.values.get(name) for each in states if each.period.holds(days.start)), None)

    return [each.period for each in states], at


def _targets(rows: Sequence[LinkRow], names: Names) -> tuple[list[Period], _Timeline]:
    def at(days: Period) -> Value | None:
        there = next((each for each in rows if each.period.holds(days.start)), None)
        if there is None:
            return None
        beside = "".join(f", {name} {value}" for name, value in there.properties)
        return names.get(there.to, there.to) + beside

    return [each.period for each in rows], at


def _differing(
    was: tuple[list[Period], _Timeline], now: tuple[list[Period], _Timeline], both: Sequence[Period]
) -> Iterator[tuple[Period, Value | None, Value | None]]:
    """(days, old, new) for the days of ``both`` on which they differ; equal neighbours are joined."""
    pending: tuple[Period, Value | None, Value | None] | None = None
    for days in stretches([*was[0], *now[0], *both]):
        old, new = was[1](days), now[1](days)
        if old == new or not any(each.holds(days.start) for each in both):
            continue
        if pending is not None and pending[0].end == days.start and pending[1:] == (old, new):
            pending = (Period(pending[0].start, days.end), old, new)
            continue
        if pending is not None:
            yield pending
        pending = (days, old, new)
    if pending is not None:
        yield pending


def _why_hidden(difference: Difference, prop: Property, protected: Collection[str]) -> str:
    if prop.access != "open":
        return "private"
    if difference.uuid in protected and (prop.identifies or (difference.kind == "Person" and prop.type != "yes_no")):
        return "protected"
    return ""


def _text(value: Value | None) -> str:
    if value is None:
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _when(days: Period, both: Sequence[Period]) -> str:
    """Nothing for the whole life."""
    if len(both) == 1 and days == both[0]:
        return ""
    return f", {_span(days)}"


def _spans(periods: Sequence[Period]) -> str:
    return " and ".join(map(_span, periods)) or "never"


def _span(days: Period) -> str:
    told = ([] if days.start == ALWAYS else [f"from {days.start}"]) + (
        [] if days.last == FOREVER else [f"to {days.end}"]
    )
    return " ".join(told) or "always"

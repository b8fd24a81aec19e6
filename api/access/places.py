"""Where each type of thing lies in the organisation: what a role that is limited to units lets its holder see.

One table (``PLACES``), so that an auditor can read it; a test walks the whole schema and fails for a type that is
missing. Everything else about it is made from the table: the condition in each read, and the units that a change needs.

Today's places count, as they are known now, on any day that is read: only those who answer for a place today see its
past and what is planned for it. A link that is to begin counts from the day on which it is known. What has
ended lies where it lay last.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from graph.model import KINDS

Fresh = Callable[[str], str]
"""Makes a new variable's name, which begins with this."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way from a thing to units, as Cypher. ``patterns``: of one MATCH, from {n}; none = the thing is the unit.

    ``unit``: the variable of the unit. ``conditions``: {today} is the parameter of the day.
    """

    patterns: tuple[str, ...]
    unit: str
    conditions: tuple[str, ...] = ()


Ways = Callable[[str, Fresh], tuple[Way, ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where things of a type lie, in words and as ways to their units."""

    words: str
    ways: Ways


EVERYWHERE: Literal["everywhere"] = "everywhere"
"""It belongs to no place: any of its readers may read it, wherever the role holds."""
WHOLE: Literal["whole"] = "whole"
"""It may name people and places of anywhere: only a role that holds everywhere reads it."""
RECORD: Literal["record"] = "record"
"""A record of a thing: it lies where the thing lies. One of nothing is read only with a role that holds everywhere."""


def _open(link: str) -> str:
    return f"({link}.to IS NULL OR {link}.to > {{today}})"


def _last(link: str, of: str) -> str:
    """The link is in force or will be; of what has ended, it was the last."""
    return f"({link}.to IS NULL OR {link}.to > {{today}} OR {link}.to >= {of}.to)"


def _itself(n: str, fresh: Fresh) -> tuple[Way, ...]:
    return (Way((), n),)


def _linked(type_: str) -> Ways:
    """Over a link to units."""

    def ways(n: str, fresh: Fresh) -> tuple[Way, ...]:
        at, unit = fresh("at"), fresh("unit")
        return (Way((f"({n})-[{at}:{type_}]->({unit}:Unit)",), unit, (_last(at, n),)),)

    return ways


def _of_person(n: str, fresh: Fresh) -> tuple[Way, ...]:
    tie, at, unit, other = fresh("tie"), fresh("at"), fresh("unit"), fresh("tie")
    held, holds = fresh("has"), fresh("has")
    stays = f"{other}.from IS NOT NULL AND {_open(other)} AND {_open(holds)}"
    left = f"NOT EXISTS {{ ({n})-[{holds}:HAS|HOLDS]->({other}) WHERE {stays} }}"
    over = f"({_open(at)} OR ({at}.to >= {tie}.to AND {left}))"
    way = f"({n})-[{held}:HAS|HOLDS]->({tie})-[{at}:IN|FOR]->({unit}:Unit)"
    return (Way((way,), unit, (_last(held, tie), over)),)


def _over(pattern: str, kinds: Mapping[str, Ways], unless: str = "") -> Ways:
    """Where another thing lies. ``pattern``: from {n} over {r} to {m}. ``unless``: a link that counts before."""

    def ways(n: str, fresh: Fresh) -> tuple[Way, ...]:
        found = []
        for kind, inner in kinds.items():
            link, thing = fresh("by"), fresh("thing")
            step = pattern.replace("{n}", n).replace("{r}", link).replace("{m}", f"{thing}:{kind}")
            conditions = (_last(link, n), *((f"NOT EXISTS {{ ({n})-[:{unless}]->() }}",) if unless else ()))
            found += [
                Way((step, *each.patterns), each.unit, (*conditions, *each.conditions)) for each in inner(thing, fresh)
            ]
        return tuple(found)

    return ways


def _any(*several: Ways) -> Ways:
    return lambda n, fresh: tuple(way for each in several for way in each(n, fresh))


# Kinds that lie alike share a way, so that one condition is enough for all of them.
_THERE = _linked("IN|FOR")
_OF_PERSON = _over("({n})-[{r}:OF_PERSON]->({m})", {"Person": _of_person})
_OF_HOLDER = _over("({n})-[{r}:GIVEN_TO]->({m})", {"Employment|Affiliation": _THERE, "Person": _of_person})

PLACES: Mapping[str, Place | Literal["everywhere", "whole", "record"]] = {
    "Unit": Place("itself", _itself),
    "TreeUnit": Place("the unit", _itself),
    "Employment": Place("the unit where the work is", _THERE),
    "EmploymentCount": Place("only employments that may be read are counted", _THERE),
    "Affiliation": Place("its unit", _THERE),
    "Person": Place(
        "the employments, affiliations and roles of the person; of one who has left, where the last ones lay",
        _of_person,
    ),
    "Assignment": Place("the units that it counts for", _THERE),
    "Substitution": Place(
        "the assignment", _over("({n})-[{r}:SUBSTITUTES]->({m})", {"Assignment": _THERE})
    ),
    "Account": Place(
        "the employment that it is for; without one, its owner",
        _any(
            _over("({n})-[{r}:USED_FOR]->({m})", {"Employment": _THERE}),
            _over("({n})<-[{r}:OWNS]-({m})", {"Person": _of_person}, unless="USED_FOR"),
        ),
    ),
    "PlannedAccount": Place("its owner", _OF_PERSON),
    "AccountException": Place("the person", _OF_PERSON),
    "ManualStep": Place("the person", _OF_PERSON),
    "RightsRequest": Place("for whom it is asked", _OF_HOLDER),
    "Attestation": Place("the person whom it is about", _OF_PERSON),
    "SourceRecord": RECORD,
    "Change": RECORD,
    **dict.fromkeys(("Run", "BadRecord", "Brake", "Ambiguity", "MatchDecision", "LedgerEntry", "CprLookup"), WHOLE),
    **dict.fromkeys(
        (
            "Position", "PositionCategory", "Role", "KleNode", "KleFacet", "KleFacetCategory", "Function",
            "SystemGroup", "ItSystem", "DirectoryGroup", "ConstraintType", "SystemRole", "JobFunctionRole", "Grant",
            "ConstraintSetting", "RightsConflict", "NamePolicy", "AccountRule",
        ),
        EVERYWHERE,
    ),
}  # fmt: skip

PLACED = tuple(kind for kind in KINDS if isinstance(PLACES[kind], Place))
"""The kinds of the graph that lie somewhere."""
FREE = tuple(kind for kind in KINDS if kind not in PLACED)
"""Those that belong to no place."""
Reach = Callable[[str], str | None]
"""The parameter with the units in which a type may be read; None = everywhere."""


def inside(types: Sequence[str], n: str, reach: Reach, today: str, fresh: Fresh) -> str:
    """The condition that a thing, of one of these types, may be read; "" if every one may be."""
    alike: dict[object, list[str]] = {}
    for type_ in types:
        place = PLACES[type_]
        units = None if place == EVERYWHERE else reach(type_)
        shape: object = "free"
        if units is not None:
            shape = (place.ways if isinstance(place, Place) else place, units)
        alike.setdefault(shape, []).append(type_)
    if list(alike) == ["free"]:
        return ""
    conditions = {
        "|".join(each): "true" if shape == "free" else _inside(each[0], n, reach, today, fresh)
        for shape, each in alike.items()
    }
    if len(conditions) == 1:
        return next(iter(conditions.values()))
    # A choice, not conditions joined by OR: Neo4j would multiply these out before it plans them.
    cases = (f"WHEN {n}:{labels} THEN {each}" for labels, each in conditions.items())
    return f"CASE {' '.join(cases)} ELSE false END"


def _inside(type_: str, n: str, reach: Reach, today: str, fresh: Fresh) -> str:
    place, units = PLACES[type_], reach(type_)
    assert units is not None
    if place == WHOLE:
        return "false"
    assert isinstance(place, Place)
    found = [_reaches(each, units) for each in place.ways(n, fresh)]
    text = found[0] if len(found) == 1 else f"({' OR '.join(found)})"
    return text.replace("{today}", today)


def _reaches(way: Way, units: str) -> str:
    lies = f"{way.unit}.uuid IN {units}"
    if not way.patterns:
        return lies
    return f"EXISTS {{ MATCH {', '.join(way.patterns)} WHERE {' AND '.join((lies, *way.conditions))} }}"


def among(type_: str, n: str, seen: str, fresh: Fresh) -> str:
    """The condition that a thing of any kind (``type_`` "Thing"), or the record of one, may be read. ``seen``: the
    parameter with the UUIDs of all things that lie where they may be read: Neo4j takes a minute to plan a condition for
    each kind."""
    if type_ == "Change":
        return f"({n}.uuid IN {seen} OR {n}.kind IN {list(FREE)})"
    thing = n if type_ == "Thing" else fresh("thing")
    kept = f"({thing}.uuid IN {seen} OR {thing}:{'|'.join(FREE)})"
    return kept if type_ == "Thing" else f"EXISTS {{ MATCH ({n})-[:TELLS]->({thing}) WHERE {kept} }}"


def units_of(kind: str, n: str, today: str, fresh: Fresh) -> str:
    """The UUIDs of all units where a thing lies, as a list in Cypher."""
    place = PLACES[kind]
    assert isinstance(place, Place), kind
    lists = []
    for way in place.ways(n, fresh):
        if not way.patterns:
            lists.append(f"[{way.unit}.uuid]")
            continue
        where = f" WHERE {' AND '.join(way.conditions)}" if way.conditions else ""
        lists.append(f"COLLECT {{ MATCH {', '.join(way.patterns)}{where} RETURN {way.unit}.uuid }}")
    return " + ".join(lists).replace("{today}", today)

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


@dataclass(frozen=True, slots=True)
class _Over:
    """Where another thing lies. ``pattern``: from {n} over {r} to {m}. ``unless``: a link that counts before
    this one, where it is in force or was the last."""

    pattern: str
    kinds: tuple[tuple[str, Ways], ...]
    unless: str = ""

    def __call__(self, n: str, fresh: Fresh) -> tuple[Way, ...]:
        found = []
        for kind, inner in self.kinds:
            step, conditions, thing = self._step(n, kind, fresh)
            found += [
                Way((step, *each.patterns), each.unit, (*conditions, *each.conditions)) for each in inner(thing, fresh)
            ]
        return tuple(found)

    def things(self, n: str, fresh: Fresh) -> str:
        """The other things, as a list in Cypher."""
        kinds = "|".join(kind for kind, _ in self.kinds)
        step, conditions, thing = self._step(n, kinds, fresh)
        return f"[{step} WHERE {' AND '.join(conditions)} | {thing}]"

    def _step(self, n: str, kinds: str, fresh: Fresh) -> tuple[str, tuple[str, ...], str]:
        link, thing = fresh("by"), fresh("thing")
        step = self.pattern.replace("{n}", n).replace("{r}", link).replace("{m}", f"{thing}:{kinds}")
        if not self.unless:
            return step, (_last(link, n),), thing
        before = fresh("by")
        unless = f"NOT EXISTS {{ ({n})-[{before}:{self.unless}]->() WHERE {_last(before, n)} }}"
        return step, (_last(link, n), unless), thing


@dataclass(frozen=True, slots=True)
class _Any:
    """Where one of several other things lies."""

    several: tuple[_Over, ...]

    def __call__(self, n: str, fresh: Fresh) -> tuple[Way, ...]:
        return tuple(way for each in self.several for way in each(n, fresh))

    def things(self, n: str, fresh: Fresh) -> str:
        return " + ".join(each.things(n, fresh) for each in self.several)


# Kinds that lie alike share a way, so that one condition is enough for all of them.
_THERE = _linked("IN|FOR")
_OF_PERSON = _Over("({n})-[{r}:OF_PERSON]->({m})", (("Person", _of_person),))
_OF_HOLDER = _Over("({n})-[{r}:GIVEN_TO]->({m})", (("Employment|Affiliation", _THERE), ("Person", _of_person)))

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
        "the assignment", _Over("({n})-[{r}:SUBSTITUTES]->({m})", (("Assignment", _THERE),))
    ),
    "Account": Place(
        "the employment that it is for; without one, its owner",
        _Any(
            (
                _Over("({n})-[{r}:USED_FOR]->({m})", (("Employment", _THERE),)),
                _Over("({n})<-[{r}:OWNS]-({m})", (("Person", _of_person),), unless="USED_FOR"),
            )
        ),
    ),
    "PlannedAccount": Place("its owner", _OF_PERSON),
    "AccountException": Place("the person", _OF_PERSON),
    "AccountRequest": Place("the person", _OF_PERSON),
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


def in_units(type_: str, n: str, reach: Reach, today: str, fresh: Fresh) -> str:
    """Clauses that find each thing of a type that may be read, once, beginning at the units; "" where every one may be,
    or where things of the type lie in units by several ways."""
    place, units = PLACES[type_], reach(type_)
    if units is None or not isinstance(place, Place):
        return ""
    way, *others = place.ways(n, fresh)
    if others or not way.patterns:
        return ""
    conditions = (f"{way.unit}.uuid IN {units}", f"{n}:{type_}", *way.conditions)
    found = f"MATCH {', '.join(way.patterns)} WHERE {' AND '.join(conditions)} WITH DISTINCT {n}"
    return found.replace("{today}", today)


def inside_any(n: str, reach: Reach, today: str, fresh: Fresh) -> str:
    """``inside`` for a thing of any kind. Each way to units is in it once: with one for each kind, as in ``inside``,
    Neo4j would plan for seconds."""
    alike: dict[str | None, list[str]] = {}
    for kind in PLACED:
        alike.setdefault(reach(kind), []).append(kind)
    cases = []
    for units, kinds in alike.items():
        if units is None:
            cases.append(f"WHEN {n}:{'|'.join(kinds)} THEN true")
            continue
        if "Unit" in kinds:
            cases.append(f"WHEN {n}:Unit THEN {n}.uuid IN {units}")
        others = [each for each in kinds if each != "Unit"]
        if others:
            cases.append(f"WHEN {n}:{'|'.join(others)} THEN {_some_inside(others, n, units, fresh)}")
    return f"CASE {' '.join(cases)} ELSE {n}:{'|'.join(FREE)} END".replace("{today}", today)


def _some_inside(kinds: Sequence[str], n: str, units: str, fresh: Fresh) -> str:
    """One of the things by which it lies somewhere, itself or others, lies in the units."""
    alike: dict[Ways, list[str]] = {}
    for kind in kinds:
        place = PLACES[kind]
        assert isinstance(place, Place), kind
        alike.setdefault(place.ways, []).append(kind)
    lists = []
    for ways, each in alike.items():
        things = ways.things(n, fresh) if isinstance(ways, _Over | _Any) else f"[{n}]"
        lists.append(f"WHEN {n}:{'|'.join(each)} THEN {things}")
    thing = fresh("thing")
    (of_person,), (there,) = _of_person(thing, fresh), _THERE(thing, fresh)
    lies = f"CASE WHEN {thing}:Person THEN {_reaches(of_person, units)} ELSE {_reaches(there, units)} END"
    return f"any({thing} IN CASE {' '.join(lists)} END WHERE {lies})"


def inside_record(type_: str, n: str, reach: Reach, today: str, fresh: Fresh) -> str:
    """The condition that a record may be read: the thing that it is of may be."""
    thing = fresh("thing")
    lies = inside_any(thing, reach, today, fresh)
    if type_ == "Change":
        return f"({n}.kind IN {list(FREE)} OR EXISTS {{ MATCH ({n})-[:CONCERNS]->({thing}) WHERE {lies} }})"
    return f"EXISTS {{ MATCH ({n})-[:TELLS]->({thing}) WHERE {lies} }}"


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

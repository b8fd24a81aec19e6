"""The lengths of the graph's lists, from which the cost of a query is estimated.

For each list field: its mean length, and its expected length as seen from one of its members. The second one counts
below other lists: a person reached from a unit is likely to be in a large one. It is the mean of the squares divided
by the mean. Periods that have ended count too.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import neo4j

from api.model.fields import Periods, Way
from api.model.types import TYPES

SAMPLE = 20_000
"""At most this many things of a kind are measured; kinds with long lists have fewer."""
UNKNOWN = 10.0
"""Assumed length of an unknown list,"""
UNKNOWN_COUNT = 50_000
"""and assumed number of things of an unknown kind."""
_TREE = "MATCH (n:Unit)-[r:PART_OF]->(m:Unit) WHERE r.to IS NULL RETURN n.uuid AS below, m.uuid AS above"


@dataclass(frozen=True, slots=True)
class Length:
    """The length of one list field. ``met``: as seen from one of its members."""

    mean: float
    met: float


@dataclass(frozen=True)
class Lengths:
    """The lengths in one graph. ``counts``: things by label."""

    counts: Mapping[str, int] = field(default_factory=dict)
    lists: Mapping[tuple[str, str], Length] = field(default_factory=dict)

    @property
    def is_large(self) -> bool:
        """It is so large that it hardly changes from one minute to the next."""
        return sum(self.counts.values()) > SAMPLE

    @cached_property
    def rounded(self) -> "Lengths":
        """The same, each rounded up to a power of two: a caller of a part of the organisation is shown the cost of a
        query, which must not tell how many things there are elsewhere."""
        return Lengths(
            {label: _rounded(max(count, _LEAST)) for label, count in self.counts.items()},
            {name: Length(_rounded(each.mean), _rounded(each.met)) for name, each in self.lists.items()},
        )

    def of(self, type_: str, name: str, met: bool) -> float:
        """Expected length of a field."""
        length = self.lists.get((type_, name))
        if length is None:
            return UNKNOWN
        return length.met if met else length.mean

    def all(self, label: str) -> float:
        """Things with this label."""
        return self.counts.get(label, UNKNOWN_COUNT)


async def measured(driver: neo4j.AsyncDriver) -> Lengths:
    """Measure the graph. Takes a second in a large one."""
    async with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        counts = {}
        for type_ in TYPES.values():
            result = await session.run(f"MATCH (n:{type_.label}) RETURN count(n) AS count")
            row = await result.single()
            counts[type_.label] = 0 if row is None else int(row["count"])
        lists: dict[tuple[str, str], Length] = {}
        for type_ in TYPES.values():
            degrees = dict(_degrees(type_.fields.values()))
            if type_.kind is None or not degrees or not counts[type_.label]:
                continue
            places = _places(degrees.values())
            result = await session.run(_statement(type_.label, places), sample=SAMPLE)
            row = await result.single()
            assert row is not None
            for name, degree in degrees.items():
                place = places[degree]
                lists[type_.name, name] = _length(row["lengths"][place], row["squares"][place], row["things"])
        result = await session.run(_TREE)
        up, down = _of_tree([(row["below"], row["above"]) async for row in result])
        lists["Unit", "ancestors"], lists["Unit", "descendants"] = up, down
        for name, label in (("badRecords", "BadRecord"), ("brakes", "Brake"), ("changes", "Change")):
            lists["Run", name] = Length(counts[label] / max(1, counts["Run"]), counts[label])
    return Lengths(counts, lists)


_LEAST = 1024
"""Fewer things than this count as so many, where numbers are rounded."""


def _rounded(number: float) -> int:
    """The next power of two; 1 at least."""
    return 1 << math.ceil(math.log2(max(1.0, number)))


def _degrees(fields: Iterable[Any]) -> Iterable[tuple[str, str]]:
    """(name, Cypher of its length for ``n``) of the list fields over one relationship."""
    for each in fields:
        way = each.way if isinstance(each, Periods) else each
        if isinstance(way, Way) and not way.is_tree and (way.many or isinstance(each, Periods)):
            pattern = way.pattern.replace("{n}", "n").replace("{r}", "").replace("{m}", "")
            yield each.name, f"COUNT {{ {pattern} }}"


def _places(degrees: Iterable[str]) -> dict[str, int]:
    """Each length once, with its place: a list, its pages and its periods have the same. Neo4j plans each of them."""
    return {degree: place for place, degree in enumerate(dict.fromkeys(degrees))}


def _statement(label: str, degrees: Iterable[str]) -> str:
    several = list(degrees)
    sums = ", ".join(f"sum(c[{place}])" for place in range(len(several)))
    squares = ", ".join(f"sum(c[{place}] * c[{place}])" for place in range(len(several)))
    return f"""
    MATCH (n:{label})
    WITH n
    LIMIT $sample
    WITH [{", ".join(several)}] AS c
    RETURN count(*) AS things, [{sums}] AS lengths, [{squares}] AS squares
    """


def _length(total: float, squares: float, things: int) -> Length:
    return Length(total / things, squares / total) if total else Length(0.0, 0.0)


def _of_tree(edges: list[tuple[str, str]]) -> tuple[Length, Length]:
    """The lengths of the lists of units above and below, in the present line."""
    parents: dict[str, list[str]] = {}
    for below, above in edges:
        parents.setdefault(below, []).append(above)
    units = set(parents) | {above for _, above in edges}
    above_of = {unit: _above(unit, parents) for unit in units}
    under: dict[str, int] = dict.fromkeys(units, 0)
    for met in above_of.values():
        for unit in met:
            under[unit] += 1
    ups = [len(met) for met in above_of.values()]
    many = max(1, len(units))
    return (
        _length(sum(ups), sum(n * n for n in ups), many),
        _length(sum(under.values()), sum(n * n for n in under.values()), many),
    )


def _above(unit: str, parents: Mapping[str, list[str]]) -> set[str]:
    met: set[str] = set()
    left = list(parents.get(unit, ()))
    while left:
        each = left.pop()
        if each not in met:
            met.add(each)
            left += parents.get(each, ())
    return met

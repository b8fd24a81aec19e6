"""What of KLE has ended, what took its place, and who still uses it (kle.md §6.9).

A tag follows on a decision, not automatically: the old one stays in force until then. What is proposed: the
one successor; to choose, where there are several; without one, the nearest living ancestor. Successors that have ended
themselves are followed to the living end; a cycle is reported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import neo4j

from graph.as_of import as_known, in_force
from graph.model import RESPONSIBILITY_PREFIXES

How = Literal["successor", "choose", "ancestor", "none"]
_KLE = next(prefix for prefix, kind in RESPONSIBILITY_PREFIXES.items() if kind == "KleNode")

_NODES = """
MATCH (n:KleNode)
RETURN n.uuid AS uuid, n.number AS number, n.title AS title, n.ending AS ending, n.from AS from, n.to AS to,
    COLLECT {
        MATCH (n)-[:REPLACED_BY]->(m:KleNode)
        RETURN DISTINCT m.uuid
    } AS successors,
    COLLECT {
        MATCH (n)-[:WITHIN]->(m:KleNode)
        RETURN DISTINCT m.uuid
    } AS above
"""
_USERS = f"""
UNWIND $uuids AS uuid
MATCH (n:KleNode {{uuid: uuid}})
RETURN uuid,
    COLLECT {{
        MATCH (n)<-[r:PERFORMS]-(u:Unit)
        WHERE {in_force("r")}
        RETURN DISTINCT u.uuid
    }} AS performed_by,
    COLLECT {{
        MATCH (n)<-[r:RESPONSIBLE_FOR]-(u:Unit)
        WHERE {in_force("r")}
        RETURN DISTINCT u.uuid
    }} AS responsible,
    COLLECT {{
        MATCH (n)<-[r:INTERESTED_IN]-(u:Unit)
        WHERE {in_force("r")}
        RETURN DISTINCT u.uuid
    }} AS interested,
    COLLECT {{
        MATCH (n)<-[r:ABOUT]-(a:Assignment)
        WHERE {in_force("r")}
        RETURN DISTINCT a.uuid
    }} AS assignments,
    COLLECT {{
        MATCH (n)<-[r:SCOPE_ABOUT]-(s:Substitution)
        WHERE {in_force("r")}
        RETURN DISTINCT s.uuid
    }} AS scopes
"""
_SHARED = f"""
MATCH (n:KleNode)<-[r:RESPONSIBLE_FOR]-(u:Unit)
WHERE {in_force("r")}
WITH n, collect(DISTINCT u.uuid) AS units
WHERE size(units) > 1
RETURN n.uuid AS node, units
ORDER BY n.number, n.uuid
"""


@dataclass(frozen=True, slots=True)
class _Node:
    number: str
    title: str | None
    ending: str | None
    start: date | None
    end: date | None
    successors: tuple[str, ...]
    above: tuple[str, ...]

    def lives(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or self.end > day)


@dataclass(frozen=True, slots=True)
class Ended:
    """A node that has ended, by uuid. ``users``: uuids of what uses it on the day, by kind of use; ``rules``: names."""

    node: str
    number: str
    title: str | None
    end: date
    how: str | None
    successors: tuple[str, ...]
    living: tuple[str, ...]
    cycle: bool
    proposal: How
    proposed: tuple[str, ...]
    users: Mapping[str, Sequence[str]]
    rules: tuple[str, ...] = field(default=())

    @property
    def is_used(self) -> bool:
        return bool(self.rules) or any(self.users.values())


def ended(
    driver: neo4j.Driver, day: date, since: date | None = None, rules: Mapping[str, Sequence[str]] | None = None
) -> list[Ended]:
    """What had ended on ``day`` (``since``: not before), by number. ``rules``: name → responsibilities."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        nodes = {row["uuid"]: _node(row) for row in session.run(_NODES)}
        gone = {
            uuid: node.end
            for uuid, node in nodes.items()
            if node.end is not None and node.end <= day and (since is None or node.end >= since)
        }
        users = {row["uuid"]: row.data() for row in session.run(_USERS, uuids=list(gone), at=day)}
    named = _named(nodes, rules or {}, day)
    made = []
    for uuid, end in sorted(gone.items(), key=lambda each: (nodes[each[0]].number, each[0])):
        node = nodes[uuid]
        living, cycle = _living(uuid, nodes, day)
        how, proposed = _proposal(uuid, living, nodes, day)
        using = {name: each for name, each in users[uuid].items() if name != "uuid"}
        made.append(
            Ended(
                uuid, node.number, node.title, end, node.ending, node.successors, living, cycle, how, proposed, using,
                tuple(sorted(named.get(uuid, ()))),
            )
        )  # fmt: skip
    return made


def shared(driver: neo4j.Driver, day: date, known: int | None = None) -> list[tuple[str, list[str]]]:
    """Nodes that more than one unit is responsible for on a day, with the units (kle.md §7: at most one).

    ``known``: number of the last change that counts (``graph.as_of.as_known``).
    """
    query = _SHARED if known is None else as_known(_SHARED)
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        return [(row["node"], row["units"]) for row in session.run(query, at=day, known=known)]


def _node(row: neo4j.Record) -> _Node:
    start, end = row["from"], row["to"]
    return _Node(
        row["number"] or "",
        row["title"],
        row["ending"],
        None if start is None else start.to_native(),
        None if end is None else end.to_native(),
        tuple(row["successors"]),
        tuple(row["above"]),
    )


def _living(uuid: str, nodes: Mapping[str, _Node], day: date) -> tuple[tuple[str, ...], bool]:
    """The living ends of the chains of successors, and whether one leads in a circle."""
    living: dict[str, None] = {}
    cycle = False
    met, way = {uuid}, {uuid}
    """``way``: from the node to the one whose successors are walked; a circle leads back onto it."""
    walked = [(uuid, iter(nodes[uuid].successors))]
    while walked:
        at, successors = walked[-1]
        each = next(successors, None)
        if each is None:
            walked.pop()
            way.remove(at)
        elif nodes[each].lives(day):
            living[each] = None
        elif each in way:
            cycle = True
        elif each not in met:
            met.add(each)
            way.add(each)
            walked.append((each, iter(nodes[each].successors)))
    return tuple(sorted(living, key=lambda each: nodes[each].number)), cycle


def _proposal(uuid: str, living: tuple[str, ...], nodes: Mapping[str, _Node], day: date) -> tuple[How, tuple[str, ...]]:
    if living:
        return ("successor" if len(living) == 1 else "choose"), living
    level, met = nodes[uuid].above, {uuid}
    while level:
        alive = tuple(each for each in level if nodes[each].lives(day))
        if alive:
            return "ancestor", alive[:1]
        met |= set(level)
        level = tuple(above for each in level for above in nodes[each].above if above not in met)
    return "none", ()


def _named(nodes: Mapping[str, _Node], rules: Mapping[str, Sequence[str]], day: date) -> dict[str, set[str]]:
    """The rules that name each node. A number means the node in force, else the last one that had it."""
    by_number: dict[str, list[str]] = {}
    for uuid, node in nodes.items():
        by_number.setdefault(node.number, []).append(uuid)
    found: dict[str, set[str]] = {}
    for name, about in rules.items():
        for each in about:
            prefix, _, number = each.partition(":")
            if prefix == _KLE and number in by_number:
                meant = max(by_number[number], key=lambda uuid: (nodes[uuid].lives(day), nodes[uuid].start or date.min))
                found.setdefault(meant, set()).add(name)
    return found

"""By hand again, with what the product tells besides: why each right is held, for how long, and what is left out.

``benchmarks.rights_by_hand`` only answers who holds what. Here each right has its chain from the grant to the right, as
(kind, uuid) with its days, and a right that comes to nothing is listed with its chain as well. Texts are left out, as
are the reasons for each value of a limit: so it still tells less than the product does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import neo4j

from benchmarks.nearest_by_hand import holds
from benchmarks.rights_by_hand import Key, Limits, Values

Step = tuple[str, str, str | None, str | None]
"""Kind, uuid, first day and the day after the last."""

_GIVES = f"""
MATCH (grant:Grant {{active: true}})-[gives:GIVES]->(right {{active: true}}), (grant)-[given:GIVEN_TO]->(to)
WHERE {holds("gives")} AND {holds("given")}
"""
_GRANT = """[grant.uuid, grant.title, toString(CASE WHEN grant.from > given.from THEN grant.from ELSE given.from END),
    toString(given.to), right.uuid]"""
_HOLDER = """[person.uuid, person.name, tie.uuid, tie.title, labels(tie)[0], toString(tie.from), toString(tie.to)]"""
_BY_UNIT = f"""
{_GIVES} AND to:Unit AND to.active
MATCH (to)<-[parts:PART_OF*0..]-(unit:Unit)
WHERE all(part IN parts WHERE {holds("part")})
WITH unit, collect({_GRANT} + [to.uuid, to.name, [
    part IN parts | [startNode(part).uuid, startNode(part).name, toString(part.from), toString(part.to)]
]]) AS grants
MATCH (unit)<-[works:IN]-(tie {{active: true}})<-[has:HAS]-(person:Person)
WHERE {holds("works")} AND {holds("has")} AND coalesce(person.dead, false) = false
RETURN unit.uuid AS unit, unit.name AS name, grants,
    collect({_HOLDER} + [toString(works.from), toString(works.to)]) AS holders
"""
_BY_POSITION = f"""
{_GIVES} AND to:Position
WITH to, collect({_GRANT}) AS grants
MATCH (to)<-[as:AS]-(tie {{active: true}})<-[has:HAS]-(person:Person)
WHERE {holds("as")} AND {holds("has")} AND coalesce(person.dead, false) = false
OPTIONAL MATCH (tie)-[works:IN]->(unit:Unit)
WHERE {holds("works")}
RETURN coalesce(unit.uuid, '') AS unit, unit.name AS name, to.uuid AS position, to.title AS title, grants,
    collect({_HOLDER} + [toString(works.from), toString(works.to), toString(as.from), toString(as.to)]) AS holders
"""
_BY_ROLE = f"""
{_GIVES} AND to:Role
WITH to, collect({_GRANT}) AS grants
MATCH (to)<-[of:OF]-(a:Assignment {{active: true}})<-[held:HOLDS]-(tie {{active: true}})<-[has:HAS]-(person:Person)
WHERE {holds("of")} AND {holds("held")} AND {holds("has")} AND coalesce(person.dead, false) = false
MATCH (a)-[counts:FOR]->(unit:Unit {{active: true}})
WHERE {holds("counts")}
RETURN unit.uuid AS unit, to.uuid AS role, a.uuid AS assignment, grants, {_HOLDER} AS holder,
    toString(CASE WHEN a.from > counts.from THEN a.from ELSE counts.from END) AS since, toString(a.to) AS until,
    COLLECT {{
        MATCH (a)-[about:ABOUT]->(kle:KleNode {{active: true}})
        WHERE {holds("about")}
        RETURN CASE WHEN size(kle.number) = 8 THEN kle.number ELSE kle.number + '.*' END
    }} AS about
"""


@dataclass(slots=True)
class Told:
    """``held``: with the chain and its days. ``lost``: what comes to nothing, with its chain."""

    held: dict[Key, tuple[Values, tuple[Step, ...], str | None, str | None]] = field(default_factory=dict)
    lost: list[tuple[Key, tuple[Step, ...]]] = field(default_factory=list)

    def add(self, key: Key, found: Values | None, chain: tuple[Step, ...]) -> None:
        if found is None:
            self.lost.append((key, chain))
            return
        since = max((each[2] for each in chain if each[2] is not None), default=None)
        until = min((each[3] for each in chain if each[3] is not None), default=None)
        self.held[key] = (found, chain, since, until)


def with_reasons(driver: neo4j.Driver, today: date) -> Told:
    """What everybody holds, why, and what is left out; only for today."""
    told = Told()
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        limits = Limits.read(session, today)
        for row in session.run(_BY_UNIT, at=today):
            _in_unit(told, limits, row)
        for row in session.run(_BY_POSITION, at=today):
            _in_position(told, limits, row)
        for row in session.run(_BY_ROLE, at=today):
            _in_role(told, limits, row)
    return told


def _in_unit(told: Told, limits: Limits, row: neo4j.Record) -> None:
    unit = row["unit"]
    values = limits.of_unit.get(unit, {})
    for grant, _, since, until, right, to, _, parts in row["grants"]:
        found = limits.of(right, values)
        down: Iterator[Step] = (("Unit", each[0], each[2], each[3]) for each in parts)
        steps = (("Grant", grant, since, until), ("Unit", to, None, None), *down)
        for holder in row["holders"]:
            told.add((holder[0], holder[2], right, unit), found, (*steps, *_tie(holder, unit), _right(right)))


def _in_position(told: Told, limits: Limits, row: neo4j.Record) -> None:
    unit = row["unit"]
    values = limits.of_unit.get(unit, {})
    for grant, _, since, until, right in row["grants"]:
        found = limits.of(right, values)
        step = ("Grant", grant, since, until)
        for holder in row["holders"]:
            position = ("Position", row["position"], holder[9], holder[10])
            told.add((holder[0], holder[2], right, unit), found, (step, position, *_tie(holder, unit), _right(right)))


def _in_role(told: Told, limits: Limits, row: neo4j.Record) -> None:
    unit, holder = row["unit"], row["holder"]
    values = limits.in_role(unit, holder[0], row["about"])
    steps = (
        ("Role", row["role"], None, None), ("Assignment", row["assignment"], row["since"], row["until"]),
        (holder[4], holder[2], holder[5], holder[6]),
    )  # fmt: skip
    for grant, _, since, until, right in row["grants"]:
        found = limits.of(right, values)
        chain = (("Grant", grant, since, until), *steps, _right(right))
        told.add((holder[0], holder[2], right, unit), found, chain)


def _tie(holder: list[Any], unit: str) -> Iterable[Step]:
    yield holder[4], holder[2], holder[5], holder[6]
    if unit:
        yield "Unit", unit, holder[7], holder[8]


def _right(right: str) -> Step:
    return "JobFunctionRole", right, None, None

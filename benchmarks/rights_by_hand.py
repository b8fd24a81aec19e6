"""The best Cypher that we could write by hand for "the rights of everybody, with their limits, today".

It knows what ``benchmarks.rights`` grants and nothing more: each way of being granted is a statement, limits are worked
out once a unit, and all who hold a right in a unit share a row.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import neo4j

from benchmarks.nearest_by_hand import holds

Key = tuple[str, str, str, str]
"""Person, tie, right and unit."""
Values = dict[str, tuple[str, ...]]
Answers = dict[Key, Values]
"""Key → key of a type → its values, sorted."""

_KLE = f"""COLLECT {{
    MATCH (unit)-[parts:PART_OF*0..]->(above:Unit {{active: true}})-[does:PERFORMS]->(kle:KleNode {{active: true}})
    WHERE {holds("does")} AND all(part IN parts WHERE {holds("part")})
      AND (above = unit OR coalesce(above.passes_kle_down, false))
    RETURN DISTINCT CASE WHEN size(kle.number) = 8 THEN kle.number ELSE kle.number + '.*' END
}}"""
_BELOW = f"""COLLECT {{
    MATCH (unit)<-[parts:PART_OF*0..]-(below:Unit {{active: true}})
    WHERE all(part IN parts WHERE {holds("part")})
    RETURN DISTINCT below.uuid
}}"""
_UNITS = f"""
MATCH (unit:Unit {{active: true}})
RETURN unit.uuid AS unit, {_KLE} AS kle, {_BELOW} AS org_unit
"""
_GIVES = f"""
MATCH (grant:Grant {{active: true}})-[gives:GIVES]->(right {{active: true}}), (grant)-[given:GIVEN_TO]->(to)
WHERE {holds("gives")} AND {holds("given")}
"""
_LIMITS = f"""
MATCH (right:JobFunctionRole {{active: true}})<-[sets:SETS]-(setting:ConstraintSetting {{active: true}})
    -[limits:LIMITS]->(type:ConstraintType)
WHERE {holds("sets")} AND {holds("limits")}
RETURN right.uuid AS right, collect([type.key, setting.derived]) AS limits
"""
_BY_UNIT = f"""
{_GIVES} AND to:Unit AND to.active
MATCH (to)<-[parts:PART_OF*0..]-(unit:Unit)
WHERE all(part IN parts WHERE {holds("part")})
WITH DISTINCT right, unit
WITH unit, collect(right.uuid) AS rights
MATCH (unit)<-[works:IN]-(tie {{active: true}})<-[has:HAS]-(person:Person)
WHERE {holds("works")} AND {holds("has")} AND coalesce(person.dead, false) = false
RETURN unit.uuid AS unit, rights, collect([person.uuid, tie.uuid]) AS holders
"""
_BY_POSITION = f"""
{_GIVES} AND to:Position
WITH to, collect(DISTINCT right.uuid) AS rights
MATCH (to)<-[as:AS]-(tie {{active: true}})<-[has:HAS]-(person:Person)
WHERE {holds("as")} AND {holds("has")} AND coalesce(person.dead, false) = false
OPTIONAL MATCH (tie)-[works:IN]->(unit:Unit)
WHERE {holds("works")}
RETURN coalesce(unit.uuid, '') AS unit, rights, collect([person.uuid, tie.uuid]) AS holders
"""
_BY_ROLE = f"""
{_GIVES} AND to:Role
WITH to, collect(DISTINCT right.uuid) AS rights
MATCH (to)<-[of:OF]-(assignment:Assignment {{active: true}})<-[held:HOLDS]-(tie {{active: true}})<-[has:HAS]-(p:Person)
WHERE {holds("of")} AND {holds("held")} AND {holds("has")} AND coalesce(p.dead, false) = false
MATCH (assignment)-[counts:FOR]->(unit:Unit {{active: true}})
WHERE {holds("counts")}
RETURN unit.uuid AS unit, rights, p.uuid AS person, tie.uuid AS tie, COLLECT {{
    MATCH (assignment)-[about:ABOUT]->(kle:KleNode {{active: true}})
    WHERE {holds("about")}
    RETURN CASE WHEN size(kle.number) = 8 THEN kle.number ELSE kle.number + '.*' END
}} AS about
"""
_MANAGED = f"""
MATCH (:Role {{key: 'manager'}})<-[of:OF]-(assignment:Assignment {{active: true}})-[counts:FOR]->(unit:Unit)
WHERE {holds("of")} AND {holds("counts")} AND unit.active
MATCH (assignment)<-[held:HOLDS]-(tie {{active: true}})<-[has:HAS]-(person:Person)
WHERE {holds("held")} AND {holds("has")}
RETURN person.uuid AS person, unit.uuid AS unit
UNION
MATCH (person:Person)-[stands:STANDS_IN]->(:Substitution {{active: true}})-[:SUBSTITUTES]->(a:Assignment)
WHERE a.active
MATCH (:Role {{key: 'manager'}})<-[of:OF]-(a)-[counts:FOR]->(unit:Unit {{active: true}})
WHERE {holds("stands")} AND {holds("of")} AND {holds("counts")}
RETURN person.uuid AS person, unit.uuid AS unit
"""
_ONE = f"""
MATCH (person:Person {{uuid: $person}})
RETURN COLLECT {{
    MATCH (person)-[has:HAS]->(tie {{active: true}})
    WHERE {holds("has")}
    RETURN [properties(tie), has.from, has.to]
}} AS ties, COLLECT {{
    MATCH (person)-[has:HAS]->({{active: true}})-[works:IN]->(:Unit)-[parts:PART_OF*0..]->(unit:Unit)
    WHERE {holds("has")} AND {holds("works")} AND all(part IN parts WHERE {holds("part")})
    RETURN [properties(unit), COLLECT {{ MATCH (unit)-[does:PERFORMS]->(k) WHERE {holds("does")} RETURN k.number }}]
}} AS units, COLLECT {{
    MATCH (person)-[has:HAS]->({{active: true}})-[held:HOLDS]->(assignment {{active: true}})-[counts:FOR]->(unit:Unit)
    WHERE {holds("has")} AND {holds("held")} AND {holds("counts")}
    RETURN [properties(assignment), unit.uuid, COLLECT {{ MATCH (assignment)-[:ABOUT]->(about) RETURN about.uuid }}]
}} AS assignments, COLLECT {{
    MATCH (person)-[has:HAS]->({{active: true}})-[:IN|AS|HOLDS|OF|PART_OF*1..9]->(to)<-[given:GIVEN_TO]-(grant:Grant)
    WHERE {holds("has")} AND {holds("given")} AND grant.active
    WITH DISTINCT grant
    MATCH (grant)-[gives:GIVES]->(right)-[parts:INCLUDES*0..]->(included)
    WHERE {holds("gives")}
    RETURN [properties(grant), properties(right), properties(included), COLLECT {{
        MATCH (right)<-[sets:SETS]-(setting)-[:LIMITS]->(type)
        WHERE {holds("sets")}
        RETURN [properties(setting), properties(type)]
    }}]
}} AS grants
"""


@dataclass(slots=True)
class Limits:
    """What rights are limited to. ``of_right``: for each right, type → how it is derived. ``of_unit``: for each unit,
    how → values. ``managed``: for each person, the units at and below those that the person manages."""

    of_right: dict[str, dict[str, str]]
    of_unit: dict[str, Values]
    managed: dict[str, set[str]]

    @classmethod
    def read(cls, session: neo4j.Session, today: date) -> "Limits":
        of_right = {row["right"]: dict(row["limits"]) for row in session.run(_LIMITS, at=today)}
        of_unit: dict[str, Values] = {
            row["unit"]: {
                "kle_performs": tuple(sorted(row["kle"])), "unit_and_below": tuple(sorted(row["org_unit"])),
            }
            for row in session.run(_UNITS, at=today)
        }  # fmt: skip
        managed: dict[str, set[str]] = defaultdict(set)
        for row in session.run(_MANAGED, at=today):
            managed[row["person"]].update(of_unit[row["unit"]]["unit_and_below"])
        return cls(of_right, of_unit, managed)

    def of(self, right: str, values: Values) -> Values | None:
        """None: one of them comes to nothing."""
        found = {type_: values.get(how, ()) for type_, how in self.of_right.get(right, {}).items()}
        return found if all(found.values()) else None

    def in_role(self, unit: str, person: str, about: Iterable[str]) -> Values:
        return {
            **self.of_unit.get(unit, {}),
            "kle_of_responsibility": tuple(sorted(about)),
            "managed_units_and_below": tuple(sorted(self.managed[person])),
        }


def by_hand(driver: neo4j.Driver, today: date) -> Answers:
    """What everybody holds; only for today, as it reads today's values."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        limits = Limits.read(session, today)
        answers: Answers = {}
        for statement in (_BY_UNIT, _BY_POSITION):
            for row in session.run(statement, at=today):
                values = limits.of_unit.get(row["unit"], {})
                for right in row["rights"]:
                    found = limits.of(right, values)
                    if found is not None:
                        for person, tie in row["holders"]:
                            answers[person, tie, right, row["unit"]] = found
        for row in session.run(_BY_ROLE, at=today):
            values = limits.in_role(row["unit"], row["person"], row["about"])
            for right in row["rights"]:
                found = limits.of(right, values)
                if found is not None:
                    answers[row["person"], row["tie"], right, row["unit"]] = found
    return answers


def bare_paths(session: neo4j.Session, person: str, today: date) -> neo4j.Record:
    """What one person's rights are worked out from, in one statement, and nothing made of it."""
    return session.run(_ONE, person=person, at=today).single(strict=True)

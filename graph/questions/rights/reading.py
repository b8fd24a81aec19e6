"""Reading what the evaluation of rights needs: one person's surroundings, or everybody's.

Both give the same form, so that one evaluator answers (``graph.questions.rights.evaluate``). Of one person that is
only what can matter: the ties and roles on the day, the grants that name one of them, what these give, the units above
and, where a setting asks for them, those below and those that are paid out for. Each step is a small statement: Neo4j
plans one statement of all steps for ten seconds, and these together in less than one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import neo4j

from graph.as_of import Day
from graph.connection import Run
from graph.model.derived_kinds import DERIVED_KINDS, NotDerivable, derivation
from graph.model.rights import GRANTEES
from graph.questions.rights.building import organisation_of, units_of
from graph.questions.rights.organisation import OrganisationOnDay
from graph.questions.rights.rows import DAYS, Rows
from graph.questions.rights.tree import Tree
from graph.row_blocks import in_blocks

Row = Mapping[str, Any]
_ROWS = 1000  # of everybody, that the driver reads together


@cache
def _steps(day: Day) -> Mapping[str, str]:
    """The statements for one person. Each but the first takes ``$uuids`` and gives a ``row`` each."""
    rows = Rows(day)
    active, holds = day.active, rows.holds
    all_hold = f"all(part IN parts WHERE {holds('part')})"
    steps = {
        "person": f"""
            UNWIND $uuids AS uuid
            MATCH (p:Person {{uuid: uuid}})
            WHERE {active("p")} AND NOT {day.flag("p", "dead")}
            RETURN {rows.person("p")} AS person,
                COLLECT {{
                    MATCH (p)-[has:HAS]->(t)
                    WHERE {holds("has")} AND {active("t")}
                    RETURN {rows.tie("t", "p")}
                }} AS ties
        """,
        "assignments": f"""
            UNWIND $uuids AS uuid
            MATCH (holder:Person|Employment|Affiliation {{uuid: uuid}})-[held:HOLDS]->(a:Assignment)
            WHERE {holds("held")} AND {active("a")}
            RETURN {rows.assignment("a", "holder")} AS row
        """,
        "stand_ins": f"""
            UNWIND $uuids AS uuid
            MATCH (p:Person {{uuid: uuid}})-[stands:STANDS_IN]->(s:Substitution)
            WHERE {holds("stands")} AND {active("s")}
            RETURN {rows.stand_in("s", "p")} AS row
        """,
        "positions": f"""
            UNWIND $uuids AS uuid
            MATCH (x:Position {{uuid: uuid}})
            RETURN {rows.position("x")} AS row
        """,
        "roles": f"UNWIND $uuids AS uuid MATCH (role:Role {{uuid: uuid}}) RETURN {rows.role('role')} AS row",
        "units": f"""
            UNWIND $uuids AS uuid
            MATCH (low:Unit {{uuid: uuid}})-[parts:PART_OF*0..]->(u:Unit)
            WHERE {all_hold}
            WITH DISTINCT u
            RETURN {rows.unit("u")} AS row
        """,
        "more_units": f"UNWIND $uuids AS uuid MATCH (u:Unit {{uuid: uuid}}) RETURN {rows.plain_unit('u')} AS row",
        "below": f"""
            UNWIND $uuids AS uuid
            MATCH (top:Unit {{uuid: uuid}})<-[parts:PART_OF*0..]-(u:Unit)
            WHERE {all_hold}
            WITH DISTINCT u
            RETURN {rows.plain_unit("u")} AS row
        """,
        "paid_by": f"""
            UNWIND $uuids AS uuid
            MATCH (:Unit {{uuid: uuid}})<-[pays:PAID_OUT_BY]-(u:Unit)
            WHERE {holds("pays")}
            RETURN DISTINCT u.uuid AS row
        """,
        "grants": f"""
            UNWIND $uuids AS uuid
            MATCH (grantee:{"|".join(GRANTEES)} {{uuid: uuid}})<-[given:GIVEN_TO]-(g:Grant|RightsRequest)
            WHERE {holds("given")} AND {active("g")}
            WITH DISTINCT g
            RETURN {rows.grant("g")} AS row
        """,
        "grants_of": f"""
            UNWIND $uuids AS uuid
            MATCH (right:SystemRole|JobFunctionRole {{uuid: uuid}})<-[parts:INCLUDES*0..]-(bundle)
            WHERE {all_hold}
            MATCH (bundle)<-[gives:GIVES]-(g:Grant)
            WHERE {holds("gives")} AND {active("g")}
            WITH DISTINCT g
            RETURN {rows.grant("g")} AS row
        """,
        "rights": f"""
            UNWIND $uuids AS uuid
            MATCH (granted:SystemRole|JobFunctionRole {{uuid: uuid}})-[parts:INCLUDES*0..]->(right)
            WHERE {all_hold} AND {active("right")}
            WITH DISTINCT right
            RETURN {rows.right("right")} AS row
        """,
        "settings": f"""
            UNWIND $uuids AS uuid
            MATCH (of:JobFunctionRole|Grant {{uuid: uuid}})<-[sets:SETS]-(c:ConstraintSetting)
            WHERE {holds("sets")} AND {active("c")}
            RETURN {rows.setting("c")} AS row
        """,
        "ended_settings": f"""
            UNWIND $uuids AS uuid
            MATCH (of:JobFunctionRole|Grant {{uuid: uuid}})<-[:SETS|WAS_SETS]-(c:ConstraintSetting)
            WITH DISTINCT c
            WHERE {rows.over("c")}
            RETURN {rows.ended_setting("c")} AS row
        """,
        "types": f"""
            UNWIND $uuids AS uuid
            MATCH (c:ConstraintType {{uuid: uuid}})
            WHERE {active("c")}
            RETURN {rows.type("c")} AS row
        """,
        "kle": f"""
            UNWIND $uuids AS number
            MATCH (k:KleNode {{number: number}})
            WHERE {active("k")}
            RETURN DISTINCT {rows.kle_number("k")} AS row
        """,
    }
    return {name: day.asked(each) for name, each in steps.items()}


@dataclass(frozen=True, slots=True)
class _Reading:
    session: Run
    day: Day
    at: date

    def rows(self, step: str, uuids: Iterable[str | None]) -> list[Any]:
        wanted = sorted({each for each in uuids if each is not None})
        if not wanted:
            return []
        result = self.session.run(_steps(self.day)[step], uuids=wanted, at=self.at, known=self.day.known)
        return [record[0] for record in result]

    def persons(self, uuids: Sequence[str]) -> list[neo4j.Record]:
        return list(self.session.run(_steps(self.day)["person"], uuids=uuids, at=self.at, known=self.day.known))

    def has_kle(self) -> bool:
        return self.session.run("MATCH (k:KleNode) RETURN k.uuid LIMIT 1").peek() is not None


def of_person(session: neo4j.Session, day: Day, at: date, person: str, rights: Sequence[str] = ()) -> OrganisationOnDay:
    """What matters to one person (a uuid) on a day. Nothing, where the person is not alive then.

    ``rights``: uuids of rights whose grants are read in any case, for the question why one is not held.
    """
    return of_persons(session, day, at, [person], rights)


def of_persons(
    session: neo4j.Session, day: Day, at: date, persons: Sequence[str], rights: Sequence[str] = ()
) -> OrganisationOnDay:
    """As ``of_person``, for several: what matters to any of them."""
    reading = _Reading(session, day, at)
    found = reading.persons(persons)
    if not found:
        return OrganisationOnDay(at)
    alive = [each["person"]["uuid"] for each in found]
    ties: list[Row] = [tie for each in found for tie in each["ties"]]
    assignments = reading.rows("assignments", (*alive, *(each["uuid"] for each in ties)))
    stand_ins = reading.rows("stand_ins", alive)
    positions = reading.rows("positions", (_to(each["position"]) for each in ties))
    stood = [each["stood"] for each in stand_ins if each["stood"]]
    placed = [_to(each["unit"]) for each in ties]
    held_for = [place[0] for each in (*assignments, *stood) for place in each["places"]]
    units = {each["uuid"]: each for each in reading.rows("units", (*placed, *held_for))}
    grantees = [
        *alive, *units, *(each["uuid"] for each in (*ties, *positions)), *(each["role"] for each in assignments),
        *(category for each in positions for category, _ in each["categories"]),
    ]  # fmt: skip
    grants = {each["uuid"]: each for each in (*reading.rows("grants", grantees), *reading.rows("grants_of", rights))}
    granted = reading.rows("rights", (*rights, *(each["gives"] for each in grants.values())))
    settings = reading.rows("settings", (*grants, *(each["uuid"] for each in granted)))
    types = {*(each["type"] for each in settings)}
    types.update(uuid for each in granted for name in ("required", "optional") for uuid in each[name])
    wanted = [each["for_unit"] for each in grants.values()] + [uuid for each in settings for uuid in each["units"]]
    less = [each for each in settings if each["excluded"]]
    wanted += [value.lower() for each in less for value in (each["values"] or {}).get("fixed") or ()]
    units |= {each["uuid"]: each for each in reading.rows("units", set(wanted) - {*units})}
    fixed = [value for each in settings for value in (each["values"] or {}).get("fixed") or ()]
    bases = {each for each in (*placed, *held_for, *wanted) if each is not None}
    below = reading.rows("below", _tops(reading, settings, bases, units))
    named = {value.lower() for value in fixed}
    named |= {each["payer"][0] for each in (*units.values(), *below) if each["payer"] is not None}
    named |= {uuid for each in grants.values() for uuid in each["within"]}
    named -= {*units, *(each["uuid"] for each in below)}
    return organisation_of(
        at,
        {
            "persons": [each["person"] for each in found],
            "ties": ties,
            "positions": positions,
            "assignments": assignments,
            "stand_ins": stand_ins,
            "roles": reading.rows("roles", (each["role"] for each in (*assignments, *stood))),
            "grants": [*grants.values()],
            "rights": granted,
            "settings": settings,
            "ended_settings": reading.rows("ended_settings", (*grants, *(each["uuid"] for each in granted))),
            "types": reading.rows("types", types),
            "units": [*units.values()],
            "more_units": [*below, *reading.rows("more_units", named)],
            "kle": reading.rows("kle", (value.removesuffix(".*") for value in fixed)),
            "has_kle": bool(fixed) and reading.has_kle(),
        },
    )


def _tops(reading: _Reading, settings: Sequence[Row], bases: set[str], units: Mapping[str, Row]) -> set[str]:
    """The units below which settings look."""
    tops: set[str] = set()
    for setting in settings:
        values = setting["values"] or {}
        if values.get("below"):
            tops |= bases
        try:
            how = derivation(values.get("derived") or "")
        except NotDerivable:
            continue
        if how.kind is DERIVED_KINDS["unit_at_level"]:
            tree = Tree(units_of(units.values()))
            at_or_above = (tree.at_level(each, how.number) for each in bases)
            tops |= {each.uuid for each in at_or_above if each is not None}
        elif how.kind is DERIVED_KINDS["units_paid_out_by"]:
            tops.update(reading.rows("paid_by", bases))
        elif how.kind.below:
            tops |= bases
    return tops


def _to(link: Any) -> str | None:
    return None if link is None else str(link[0])


@cache
def _everybody(day: Day) -> Mapping[str, str]:
    rows = Rows(day)
    active, holds = day.active, rows.holds
    alive = f"{active('p')} AND NOT {day.flag('p', 'dead')}"
    queries = {
        "persons": f"MATCH (p:Person) WHERE {alive} WITH {rows.person('p')} AS row",
        "ties": f"""
            MATCH (p:Person)-[has:HAS]->(t)
            WHERE {holds("has")} AND {active("t")}
            WITH {rows.tie_alone("t", "p", "title")} AS row
        """,
        "ties_for_conditions": f"""
            MATCH (p:Person)-[has:HAS]->(t)
            WHERE {holds("has")} AND {active("t")}
            WITH {rows.tie_alone("t", "p")} AS row
        """,
        "tie_units": f"""
            MATCH (t:Employment|Affiliation)-[r:IN]->(x:Unit)
            WHERE {holds("r")}
            WITH [t.uuid, [x.uuid, {DAYS}]] AS row
        """,
        "tie_positions": f"""
            MATCH (t:Employment|Affiliation)-[r:AS]->(x:Position)
            WHERE {holds("r")}
            WITH [t.uuid, [x.uuid, {DAYS}]] AS row
        """,
        "tie_kle": f"""
            MATCH (t:Employment|Affiliation)-[r:HANDLES]->(x:KleNode)
            WHERE {holds("r")} AND {active("x")}
            WITH [t.uuid, [x.uuid, x.number, toString(r.from), {rows.until("x")}]] AS row
        """,
        "positions": f"MATCH (x:Position) WHERE {active('x')} WITH {rows.position('x')} AS row",
        "assignments": f"""
            MATCH (holder)-[held:HOLDS]->(a:Assignment)
            WHERE {holds("held")} AND {active("a")}
            WITH {rows.assignment("a", "holder")} AS row
        """,
        "stand_ins": f"""
            MATCH (p:Person)-[stands:STANDS_IN]->(s:Substitution)
            WHERE {holds("stands")} AND {active("s")}
            WITH {rows.stand_in("s", "p")} AS row
        """,
        "roles": f"MATCH (role:Role) WITH {rows.role('role')} AS row",
        "grants": f"MATCH (g:Grant|RightsRequest) WHERE {active('g')} WITH {rows.grant('g')} AS row",
        "rights": f"""
            MATCH (right:SystemRole|JobFunctionRole)
            WHERE {active("right")}
            WITH {rows.right("right")} AS row
        """,
        "settings": f"MATCH (c:ConstraintSetting) WHERE {active('c')} WITH {rows.setting('c')} AS row",
        "ended_settings": f"MATCH (c:ConstraintSetting) WHERE {rows.over('c')} WITH {rows.ended_setting('c')} AS row",
        "types": f"MATCH (c:ConstraintType) WHERE {active('c')} WITH {rows.type('c')} AS row",
        "units": f"MATCH (u:Unit) WITH {rows.unit('u')} AS row",
        "kle": f"MATCH (k:KleNode) WHERE {active('k')} WITH {rows.kle_number('k')} AS row",
    }
    return {name: day.asked(in_blocks(each, "row", _ROWS)) for name, each in queries.items()}


_NOBODY: Mapping[str, list[Any]] = {"persons": [], "ties": [], "assignments": [], "stand_ins": []}
_LINKS_OF_TIES = ("tie_units", "tie_positions", "tie_kle")
_OF_PEOPLE = {*_NOBODY, "ties_for_conditions", *_LINKS_OF_TIES}


def of_everybody(session: neo4j.Session, day: Day, at: date) -> OrganisationOnDay:
    """The whole organisation on a day, a flat statement a kind."""
    rows = {**rows_of_all_but_people(session, day, at), **_rows(session, day, at, _NOBODY.keys() - {"ties"})}
    has_conditions = any((each["values"] or {}).get("condition") for each in rows["grants"])
    return organisation_of(at, {**rows, "ties": _ties(session, day, at, has_conditions=has_conditions)})


def of_some(session: Run, day: Day, at: date, persons: Sequence[str]) -> OrganisationOnDay:
    """As ``of_everybody``, but with these people only."""
    reading = _Reading(session, day, at)
    found = reading.persons(persons)
    alive = [each["person"]["uuid"] for each in found]
    ties: list[Row] = [tie for each in found for tie in each["ties"]]
    people = {
        "persons": [each["person"] for each in found],
        "ties": ties,
        "assignments": reading.rows("assignments", (*alive, *(each["uuid"] for each in ties))),
        "stand_ins": reading.rows("stand_ins", alive),
    }
    return organisation_of(at, {**rows_of_all_but_people(session, day, at), **people})


def _ties(session: neo4j.Session, day: Day, at: date, *, has_conditions: bool) -> list[Row]:
    """All ties with their links, which are read by themselves: a look at each tie's own would take thrice as long."""
    name = "ties_for_conditions" if has_conditions else "ties"
    found = _rows(session, day, at, (name, *_LINKS_OF_TIES))
    unit, position = (dict(reversed(found[each])) for each in ("tie_units", "tie_positions"))
    kle: dict[str, list[Any]] = {}
    for uuid, mark in found["tie_kle"]:
        kle.setdefault(uuid, []).append(mark)
    return [
        {**tie, "unit": unit.get(uuid), "position": position.get(uuid), "kle": kle.get(uuid, ())}
        for tie in found[name]
        for uuid in (tie["uuid"],)
    ]


def rows_of_all_but_people(session: Run, day: Day, at: date) -> dict[str, Any]:
    """Rows as ``organisation_of`` takes them, without persons, ties, assignments and substitutions."""
    kinds = [each for each in _everybody(day) if each not in _OF_PEOPLE]
    has_kle = _Reading(session, day, at).has_kle()
    return {**_rows(session, day, at, kinds), **_NOBODY, "has_kle": has_kle, "more_units": []}


def _rows(session: Run, day: Day, at: date, kinds: Iterable[str]) -> dict[str, list[Any]]:
    queries = _everybody(day)
    return {
        name: [row for block in session.run(queries[name], at=at, known=day.known) for row in block["rows"]]
        for name in kinds
    }


def rows_of_person(session: neo4j.Session, day: Day, at: date, person: str) -> dict[str, Any]:
    """What differs from person to person, in one statement: rows as ``with_people`` takes them."""
    row = session.run(of_one_person(day), person=person, at=at).single()
    return people_of(None if row is None else row["person"])


def people_of(row: Row | None) -> dict[str, Any]:
    """Rows as ``with_people`` takes them. ``row``: of ``of_one_person``; None where there is no such person."""
    return dict(_NOBODY) if row is None else {**row, "persons": [row["persons"]]}


@cache
def of_one_person(day: Day) -> str:
    """The statement of what differs from person to person; parameters ``$person`` and ``$at``."""
    rows = Rows(day)
    active, holds = day.active, rows.holds
    return f"""
        MATCH (p:Person {{uuid: $person}})
        WHERE {active("p")} AND NOT {day.flag("p", "dead")}
        RETURN {{
            persons: {rows.person("p")},
            ties: COLLECT {{
                MATCH (p)-[has:HAS]->(t)
                WHERE {holds("has")} AND {active("t")}
                RETURN {rows.tie("t", "p")}
            }},
            assignments: COLLECT {{
                MATCH (p)-[held:HOLDS]->(a:Assignment)
                WHERE {holds("held")} AND {active("a")}
                RETURN {rows.assignment("a", "p")}
            }} + COLLECT {{
                MATCH (p)-[has:HAS]->(t)-[held:HOLDS]->(a:Assignment)
                WHERE {holds("has")} AND {active("t")} AND {holds("held")} AND {active("a")}
                RETURN {rows.assignment("a", "t")}
            }},
            stand_ins: COLLECT {{
                MATCH (p)-[stands:STANDS_IN]->(s:Substitution)
                WHERE {holds("stands")} AND {active("s")}
                RETURN {rows.stand_in("s", "p")}
            }}
        }} AS person
    """

"""Changes that give rights by the way: a role, a position or a place of which a grant gives a sensitive right.

Such a grant was approved for whoever is or works there. So nobody comes there by their own hand, and who may not grant
REConnect's own rights does not bring others there.
"""

from collections.abc import Iterable

import neo4j
from graphql import GraphQLError

from api.access.own_system import SYSTEM
from api.access.rights import Access
from graph.as_of import exists_or_will, not_over
from graph.statements.statement import Ref, Statement
from graph.time import Period, today
from graph.writing.amending import Amendment

_GIVING = {
    "Assignment": ("role",),
    "Employment": ("position", "unit"),
    "Affiliation": ("unit",),
    "Unit": ("parent",),
}
"""Kind → the links by which a person, or a unit with all who work in it, comes to be given rights."""
_GRANTED = f"""
UNWIND $named AS uuid
MATCH (n:Role|Position|Unit {{uuid: uuid}})
MATCH (n)-[up:WITHIN|PART_OF*0..20]->(named)<-[to:GIVEN_TO]-(g:Grant)-[:GIVES]->(right)
WHERE {exists_or_will("g")} AND {not_over("to")} AND all(each IN up WHERE {not_over("each")})
    AND (NOT named:Unit OR g.inherit OR (named = n AND NOT $kind = 'Unit'))
MATCH (right)-[:INCLUDES*0..20]->(given:JobFunctionRole|SystemRole)
WHERE given.sensitive
RETURN DISTINCT EXISTS {{ MATCH (given)-[:AT]->(:ItSystem {{key: $system}}) }} AS is_own
"""
_ROLE = "MATCH (:Assignment {uuid: $uuid})-[:OF]->(role:Role) RETURN role.uuid"
_PERSONS = f"""
UNWIND $uuids AS uuid
MATCH (n:Person|Employment|Affiliation|Assignment|Unit {{uuid: uuid}})
RETURN EXISTS {{ MATCH (:Person {{uuid: $person}})-[:HAS|HOLDS]->{{0,2}}(n) }} OR (n:Unit AND EXISTS {{
    MATCH (:Person {{uuid: $person}})-[:HAS]->(tie)-[in:IN]->(:Unit)-[up:PART_OF*0..20]->(n)
    WHERE {exists_or_will("tie")} AND {not_over("in")} AND all(each IN up WHERE {not_over("each")})
}}) AS is_own
"""
"""A unit is somebody's own where they work in it or below: with the unit, they come to where it comes."""


def refuse(session: neo4j.Session, access: Access, mutation: str, amendments: Iterable[Amendment]) -> None:
    """Raises GraphQLError (forbidden)."""
    for each in amendments:
        if each.kind not in _GIVING:
            continue
        stated = each.edit(Statement(each.kind, each.uuid or "", exists=None if each.uuid is None else (Period(),)))
        named = [ref.key for name in _GIVING[each.kind] for ref in _refs(stated, name)]
        if each.kind == "Assignment" and each.uuid is not None and (stated.links or each.life is not None):
            named += session.run(_ROLE, uuid=each.uuid).value()
        if not named:
            continue
        rows = session.run(_GRANTED, named=named, kind=each.kind, system=SYSTEM, today=today()).value()
        if True in rows and "rights" not in access.everywhere:
            text = f"{mutation}: it gives rights in REConnect itself, so it needs the system role rights, held for the "
            raise _forbidden(f"{text}whole organisation")
        if rows and access.person is not None:
            holders = [ref.key for name in ("holder", "person") for ref in _refs(stated, name)]
            whose = [*holders, *([] if each.uuid is None else [each.uuid])]
            if True in session.run(_PERSONS, uuids=whose, person=access.person, today=today()).value():
                raise _forbidden(f"{mutation}: it would give you a sensitive right: another person must do it")


def _refs(stated: Statement, name: str) -> list[Ref]:
    return [each.to for each in stated.links.get(name, ())]


def _forbidden(text: str) -> GraphQLError:
    return GraphQLError(text, extensions={"code": "forbidden", "roles": ["rights"], "units": []})

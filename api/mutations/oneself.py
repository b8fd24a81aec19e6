"""People can't make these changes for themselves: they would widen their own rights, or hide their own traces.

A person's identity decides which rights they hold. Someone who joins another person into themselves, or takes over an
account or an employment, gets the other person's rights. Erasing takes names and values out of the log. Managers and
administrators invite people to log in, and reset their login. Where a caller's roles hold in a part of the
organisation, the part follows from employments, roles and substitutions. What rights are limited to follows from
substitutions, from KLE numbers, and from what an assignment says of itself. Others must therefore change these.
"""

from collections.abc import Iterable

import neo4j
from graphql import GraphQLError

from api.access.rights import Access
from graph.questions.nearest import MANAGER
from graph.questions.rights.asking import evaluation
from graph.questions.rights.held import IncludedRight
from graph.statements.statement import Ref, Statement
from graph.time import Period, today
from graph.writing.amending import Amendment
from idp.local_accounts.caring import ADMINISTRATOR

_LINKED = {
    "Assignment": ("holder",),
    "Substitution": ("person", "assignment"),
    "Employment": ("person", "unit"),
    "Affiliation": ("person", "unit"),
}
"""Kind → the links that decide where a person's rights hold."""
_LIMITING_LINKS = {"Employment": ("kle",), "Affiliation": ("kle",)}
_LIMITING_VALUES = {"Assignment": ("sensitivity", "own_kle_only")}
"""Kind → what limits of its person's rights follow from."""
_KLE_OF_UNIT = ("performs", "responsible_for", "interested_in")
_OWN = """
UNWIND $uuids AS uuid
MATCH (n:Person|Employment|Affiliation|Assignment|Substitution|Account|PlannedAccount {uuid: uuid})
RETURN EXISTS { MATCH (:Person {uuid: $person})-[:HAS|HOLDS|STANDS_IN|OWNS]->{0,2}(n) }
    OR EXISTS { MATCH (n)-[:OF_PERSON]->(:Person {uuid: $person}) } AS is_own
"""
_OF_CARERS = ("Assignment", "Substitution")
_CARERS = frozenset({ADMINISTRATOR, MANAGER})
_ROLES = """
UNWIND $uuids AS uuid
CALL (uuid) {
    MATCH (role:Role {uuid: uuid})
    RETURN role
    UNION
    MATCH (:Assignment {uuid: uuid})-[:OF]->(role:Role)
    RETURN role
    UNION
    MATCH (:Substitution {uuid: uuid})-[:SUBSTITUTES]->(:Assignment)-[:OF]->(role:Role)
    RETURN role
}
RETURN role.key
"""
_STARTS = """
CALL () {
    MATCH (:Person {uuid: $person})-[:HAS]->{0,1}()-[each:HAS|HOLDS|IN|AS]->()
    RETURN each.from AS day
    UNION
    MATCH (:Person {uuid: $person})-[:HAS]->{0,1}()-[:HOLDS]->(:Assignment)-[each:OF|FOR]->()
    RETURN each.from AS day
    UNION
    MATCH (g:Grant)
    RETURN g.from AS day
}
WITH DISTINCT day
WHERE day > $today
RETURN day
ORDER BY day
LIMIT 10
"""
_DECIDED = "MATCH (d:MatchDecision {id: $id}) WHERE d.uuid IS NOT NULL RETURN d.uuid"


def is_own(session: neo4j.Session, access: Access, uuids: Iterable[str]) -> bool:
    """One of the things is the caller, or belongs to the caller."""
    if access.person is None:
        return False
    return True in session.run(_OWN, uuids=list(uuids), person=access.person).value()


def refuse(session: neo4j.Session, access: Access, mutation: str, uuids: Iterable[str], why: str) -> None:
    """Raises GraphQLError (forbidden) where one of the things is the caller's own. ``why``: what it would do."""
    if is_own(session, access, uuids):
        raise _another(f"{mutation} {why}")


def refuse_decided(session: neo4j.Session, access: Access, mutation: str, decision: str) -> None:
    """``refuse``, of the thing that a decision (id) gave a record to."""
    refuse(session, access, mutation, session.run(_DECIDED, id=decision).value(), "moves a record of yours")


def refuse_written(session: neo4j.Session, access: Access, mutation: str, amendments: Iterable[Amendment]) -> None:
    """The same for what the caller's part of the organisation follows from, and for exceptions and accounts."""
    for each in amendments:
        stated = each.edit(Statement(each.kind, each.uuid or "", exists=None if each.uuid is None else (Period(),)))
        if each.kind in ("AccountException", "PlannedAccount"):
            refuse(
                session, access, mutation, _things(each, stated, ("person", "owner")), "is about an account of yours"
            )
        elif each.kind == "Account" and "owner" in stated.links:
            refuse(session, access, mutation, _things(each, stated, ("owner",)), "decides whose your account is")
        elif each.kind == "Unit" and access.person is not None and _comes_into(each, stated, access):
            raise _another(f"{mutation} would bring a unit to where your own rights hold")
        elif each.kind in _OF_CARERS and _decides_where(each, stated) and _is_about_care(session, each, stated):
            things = _things(each, stated, ("holder", "person"))
            refuse(session, access, mutation, things, "may give you the care of others' logins")
        elif each.kind in _LINKED and access.within and _decides_where(each, stated):
            things = _things(each, stated, ("holder", "person"))
            refuse(session, access, mutation, things, "may change where your own rights hold")
        if access.person is not None:
            _refuse_own_limits(session, access, access.person, mutation, each, stated)


def _refuse_own_limits(
    session: neo4j.Session, access: Access, person: str, mutation: str, each: Amendment, stated: Statement
) -> None:
    """Also for a caller whose roles hold everywhere."""
    if each.kind == "Substitution" and _decides_where(each, stated):
        refuse(session, access, mutation, _things(each, stated, ("person",)), "decides for whom you stand in")
    elif each.uuid is None:
        return
    elif each.kind == "Unit" and _decides_kle(each, stated) and _is_limited_by(session, person, each.uuid):
        raise _another(f"{mutation} decides to which KLE numbers your own rights are limited, now or later")
    elif _limits(each, stated):
        refuse(session, access, mutation, [each.uuid], "decides to what your own rights are limited")


def _limits(each: Amendment, stated: Statement) -> bool:
    return any(name in stated.links for name in _LIMITING_LINKS.get(each.kind, ())) or any(
        name in stated.values for name in _LIMITING_VALUES.get(each.kind, ())
    )


def _decides_kle(each: Amendment, stated: Statement) -> bool:
    """A unit that moves gets the numbers that its new parents pass down."""
    links = (*_KLE_OF_UNIT, "parent")
    return each.life is not None or "passes_kle_down" in stated.values or any(name in stated.links for name in links)


def _is_limited_by(session: neo4j.Session, person: str, unit: str) -> bool:
    """The person has a right that follows the KLE numbers of a unit, and that unit is this one or below it: today, or
    once something of theirs or a grant begins."""
    starts = session.run(_STARTS, person=person, today=today()).value()
    for day in (today(), *(each.to_native() for each in starts)):
        work = evaluation(session, person, day)
        units = {each.unit.uuid for each in work.of(person).held if each.unit and any(map(_follows_kle, each.included))}
        if any(unit == above.uuid for each in units for above in work.routes.tree.chain(each)):
            return True
    return False


def _follows_kle(included: IncludedRight) -> bool:
    return any(step.kind == "KleNode" for limit in included.limits for value in limit.values for step in value.why)


def _is_about_care(session: neo4j.Session, each: Amendment, stated: Statement) -> bool:
    """It is about one of the roles whose holders invite people to log in, or reset their login."""
    named = [dated.to.key for name in ("role", "assignment") for dated in stated.links.get(name, ())]
    keys = session.run(_ROLES, uuids=[*named, *([] if each.uuid is None else [each.uuid])]).value()
    return not _CARERS.isdisjoint(keys)


def _decides_where(each: Amendment, stated: Statement) -> bool:
    return each.uuid is None or each.life is not None or any(name in stated.links for name in _LINKED[each.kind])


def _comes_into(each: Amendment, stated: Statement, access: Access) -> bool:
    units = frozenset[str]().union(*access.within.values())
    parents = {dated.to.key for dated in stated.links.get("parent", ())}
    return each.uuid is not None and each.uuid not in units and bool(parents & units)


def _things(each: Amendment, stated: Statement, links: Iterable[str]) -> list[str]:
    refs: list[Ref] = [dated.to for name in links for dated in stated.links.get(name, ())]
    return [*(ref.key for ref in refs), *([] if each.uuid is None else [each.uuid])]


def _another(what: str) -> GraphQLError:
    text = f"{what}. You can't do this for yourself; another person must do it"
    return GraphQLError(text, extensions={"code": "forbidden", "roles": [], "units": []})

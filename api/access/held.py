"""The rights in REConnect that a person holds: assignments and grants like those to any other system.

REConnect is an IT system of the graph (``api.access.own_system``). Whoever holds one of its system roles has that role
here. A limit of the type ``reconnect_unit`` is exact: the role holds for the units that the limit names, and for no
other. So ``unit_and_below`` gives a subtree, ``managed_units_and_below`` what a manager manages, and a fixed value one
unit. A limit of the type ``reconnect_fields`` names field groups (``api.access.field_groups``).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import neo4j

from api.access.caller_names import PERSON
from api.access.field_groups import limited_to
from api.access.own_system import FIELDS, SYSTEM, UNIT, key_of
from api.access.rights import Access
from api.access.roles import ROLES
from api.availability import in_thread
from graph.as_of import in_force
from graph.errors import Unknown
from graph.questions.rights.asking import asked, evaluation_of_some, rights_on
from graph.questions.rights.held import HeldRight, IncludedRight
from graph.time import today

_ROLES = {key_of(role): role for role in ROLES}


async def access_of_person(driver: neo4j.Driver, person: str, name: str) -> Access | None:
    """What a person may do in REConnect today, by the rights that the person holds; None where that is nothing.

    Args:
        driver: the driver whose sessions block; the evaluation runs in a thread of its own.
        person: UUID of the person.
        name: how the change log is to name the person.

    Returns:
        ``roles``: the roles held; of one that is limited to field groups, its names. ``within``: for each that is
        limited to units, the UUIDs of those in which it holds; a role that isn't in it holds everywhere. A role that
        the person holds in several ways holds where any of them does. A stopped, dead or unknown person holds nothing.
        A limit that comes to nothing takes its role away, and so does a limit of a type that REConnect doesn't know.

    It takes some milliseconds, so remember the answer: for a few seconds only, since rights change.
    """
    return await in_thread(held_by, driver, person, name)


def held_by(driver: neo4j.Driver, person: str, name: str) -> Access | None:
    """``access_of_person``, for those who may wait for it."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        try:
            of = asked(session, person=person, system=SYSTEM)
        except Unknown:
            return None
        limits = _limits(rights_on(session, of, today()).held)
        is_limited = any(units is not None for units in limits.values())
        above = _closed(session) if is_limited else {}
    return _access(of.person, name, limits, above)


def held_by_each(driver: neo4j.Driver, persons: Sequence[str]) -> Iterator[Access]:
    """What each of these people (uuids) may do in REConnect today, without those who may do nothing. However many they
    are, so many statements read them."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        work = evaluation_of_some(session, persons, today())
        above = _closed(session)
    for person in persons:
        held = _access(person, f"{PERSON}{person}", _limits(work.of(person).held), above)
        if held is not None:
            yield held


def _access(
    person: str, name: str, limits: Mapping[str, set[str] | None], above: Mapping[str, str | None]
) -> Access | None:
    if not limits:
        return None
    limited = {role: units for role, units in limits.items() if units is not None}
    areas = {units: with_closed(units, above) for units in map(frozenset, limited.values())}
    within = {role: areas[frozenset(units)] for role, units in limited.items()}
    return Access(name, frozenset(limits), person, within)


def _limits(held: Iterable[HeldRight]) -> dict[str, set[str] | None]:
    """The roles, each with the units in which it holds; None: everywhere."""
    limits: dict[str, set[str] | None] = {}
    for each in (included for right in held for included in right.included):
        role = _ROLES.get(each.system_role.key)
        if role is None or each.system.key != SYSTEM:
            continue
        try:
            units, names = _units(each), _names(role, each)
        except ValueError:
            continue
        for each_name in names:
            known = limits.setdefault(each_name, set())
            if units is None or known is None:
                limits[each_name] = None
            else:
                known |= units
    return limits


def _closed(session: neo4j.Session) -> dict[str, str | None]:
    """The units that are not open today, each with the one above."""
    return {row["uuid"]: row["parent"] for row in session.run(_CLOSED, at=today())}


def _units(right: IncludedRight) -> set[str] | None:
    """The units of a right; None = everywhere. Raises ValueError for a limit that REConnect can't keep to."""
    limited = [each for each in right.limits if not each.unlimited]
    if any(each.type.key not in (UNIT, FIELDS) for each in limited):
        raise ValueError(right.system_role.key)
    of_units = [each for each in limited if each.type.key == UNIT]
    return {uuid for each in of_units for uuid in each.wire} if of_units else None


def _names(role: str, right: IncludedRight) -> frozenset[str]:
    """The role, or its names where the right is limited to field groups. Raises WrongGroups."""
    of_fields = [each for each in right.limits if not each.unlimited and each.type.key == FIELDS]
    return limited_to(role, {group for each in of_fields for group in each.wire}) if of_fields else frozenset({role})


_PLACE = f"""head(COLLECT {{
            MATCH (u)-[part:PART_OF]->(above:Unit)
            WITH part, above,
                CASE WHEN {in_force("part")} THEN 0 WHEN part.from > $at THEN 1 ELSE 2 END AS turn
            RETURN above.uuid
            ORDER BY turn, CASE turn WHEN 2 THEN null ELSE part.from END, part.to DESC
            LIMIT 1
        }})"""
"""The unit above ``u`` today; of one that isn't placed, where it is first placed; otherwise where it lay last."""


def _open_above(unit: str, above: Mapping[str, str | None]) -> str | None:
    """The nearest unit above that is open."""
    met = {unit}
    at = above[unit]
    while at is not None and at in above and at not in met:
        met.add(at)
        at = above[at]
    return None if at in above else at


_CLOSED = f"""
        MATCH (u:Unit)
        WHERE NOT EXISTS {{ (u)-[state:STATE]->() WHERE {in_force("state")} }}
        RETURN u.uuid AS uuid, {_PLACE} AS parent
        """
_BELOW = f"""
        UNWIND $roots AS root
        MATCH (:Unit {{uuid: root}})<-[parts:PART_OF*0..]-(u:Unit)
        WHERE all(part IN parts WHERE {in_force("part")})
        RETURN collect(DISTINCT u.uuid) AS units
        """


async def subtree(driver: neo4j.AsyncDriver, roots: Iterable[str]) -> frozenset[str]:
    """The units and all that lie below them today, with those that are not open (``with_closed``)."""
    async with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        below = await (await session.run(_BELOW, roots=sorted(roots), at=today())).single(strict=True)
        closed = [row async for row in await session.run(_CLOSED, at=today())]
    return with_closed(below["units"], {row["uuid"]: row["parent"] for row in closed})


def below(driver: neo4j.Driver, roots: Iterable[str]) -> frozenset[str]:
    """``subtree``, for those who may wait for it."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        units = session.run(_BELOW, roots=sorted(roots), at=today()).single(strict=True)["units"]
        return with_closed(units, _closed(session))


def with_closed(units: Iterable[str], above: Mapping[str, str | None]) -> frozenset[str]:
    """The units, and those that are not open today and lie directly below one of them, or below such a one.

    A closed unit lies where it lay last, and one to come where it is first placed. So a unit's past and its future
    belong to those who answer for the place today. ``above``: for each unit that is not open, the one above.
    """
    found = frozenset(units)
    return found | {each for each in above if _open_above(each, above) in found}

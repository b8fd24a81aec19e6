"""What people have on a day, as plain facts that two days or two graphs can be compared by."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import neo4j

from graph.as_of import Day, in_force
from graph.model import KINDS
from graph.questions.nearest import managers_around
from graph.questions.preview.sides import Sides, on_both
from graph.questions.rights import reading
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import Limit
from graph.questions.rights.why import NOTHING_SET, OPEN_ON_PURPOSE
from graph.writing.protection import is_protected

What = Literal["manager", "role", "right", "value", "account", "group"]
WHAT: tuple[What, ...] = ("manager", "role", "right", "value", "account", "group")
UNLIMITED = "*"
"""In place of a value: the type is left open, on purpose or because nothing is set for it."""


@dataclass(frozen=True, slots=True, order=True)
class Standing:
    """Something that a person has. ``about``: what it is the same by: uuids, and of a value that.

    A manager: of this employment. A role: for this unit. A right: through this tie, for this unit. A value: of this
    limit of this right. A planned account: in this system, for this tie where each has its own, with this licence.
    A group: of this unit, role, position or right, at this target.
    """

    what: What
    about: tuple[str, ...]


OfDay = Callable[[neo4j.Session, Day, date, Evaluation], Iterable[tuple[str, Standing, str]]]
"""What rules of a room above say that the people of an evaluation have on a day: whose, what, in words."""


@dataclass(frozen=True, slots=True)
class Held:
    """Of each person what they have, with the text for it. ``names``: of those whose name is not protected."""

    standings: Mapping[str, Mapping[Standing, str]]
    names: Mapping[str, str]


def standings(
    session: neo4j.Session,
    day: Day,
    at: date,
    persons: Collection[str],
    of_all: Evaluation | None = None,
    *,
    with_reasons: bool = True,
    follows: OfDay | None = None,
) -> Held:
    """What each of ``persons`` (uuids) has on a day. ``of_all``: where everybody's surroundings are read already.
    ``with_reasons``: the texts of values say where each comes from. ``follows``: what they have besides."""
    work = of_all or Evaluation(reading.of_persons(session, day, at, sorted(persons)))
    known = work.organisation.persons
    found: dict[str, dict[Standing, str]] = {each: {} for each in persons if each in known}
    for person in found:
        found[person].update(_rights(work, person, with_reasons))
        found[person].update(_roles(work, person))
    _add_managers(session, day, at, work, found)
    for person, standing, text in follows(session, day, at, work) if follows is not None else ():
        if person in found:
            found[person][standing] = text
    return Held(found, names_of(session, day, at, found))


def _rights(work: Evaluation, person: str, with_reasons: bool) -> Iterator[tuple[Standing, str]]:
    for held in work.of(person).held:
        unit = "" if held.unit is None else held.unit.uuid
        key = (held.right.uuid, held.subject.uuid, unit)
        title = held.right.title or held.right.key
        place = f" for {held.unit.title}" if held.unit is not None and held.unit.title else ""
        yield Standing("right", key), f"{title}{place}"
        for included in held.included:
            of = f"{title}{place}: {included.system_role.title or included.system_role.key}"
            for type_ in included.unset_types:
                about = (*key, included.system_role.uuid, type_.uuid, UNLIMITED)
                yield Standing("value", about), f"{of}, {type_.title or type_.key} {NOTHING_SET}"
            for limit in included.limits:
                for value, shown in _values(limit, with_reasons):
                    about = (*key, included.system_role.uuid, limit.type.uuid, value)
                    yield Standing("value", about), f"{of}, {limit.type.title or limit.type.key} {shown}"


def _values(limit: Limit, with_reasons: bool) -> Iterator[tuple[str, str]]:
    if limit.unlimited:
        yield UNLIMITED, OPEN_ON_PURPOSE
    titles = {level.value: level.label for level in limit.type.levels}
    for each in limit.values:
        last = each.why[-1].text if each.why and with_reasons else ""
        shown = titles.get(each.value, each.value)
        yield each.value, f"{shown} ({last})" if last else shown


def _roles(work: Evaluation, person: str) -> Iterator[tuple[Standing, str]]:
    organisation, routes = work.organisation, work.routes
    holders = (person, *(tie.uuid for tie in routes.ties(person)))
    for assignment in (each for holder in holders for each in routes.assignments(holder)):
        role = organisation.roles.get(assignment.role)
        title = "" if role is None else role.title or role.key
        for place in assignment.held_for:
            unit = None if place is None else organisation.units.get(place.unit)
            if place is not None and (unit is None or not unit.active):
                continue
            about = (assignment.holder, assignment.role, "" if place is None else place.unit)
            yield Standing("role", about), title if unit is None else f"{title} for {unit.name}"


def _add_managers(
    session: neo4j.Session, day: Day, at: date, work: Evaluation, found: Mapping[str, dict[Standing, str]]
) -> None:
    ties = [tie for person in found for tie in work.routes.ties(person)]
    units = {tie.unit for tie in ties if tie.unit is not None}
    if not units:
        return
    managers = managers_around(session, day, at, units)
    involved = managers.persons
    names = names_of(session, day, at, involved)
    kept: dict[str, tuple[str, ...]] = {}
    for tie in ties:
        if tie.unit is None:
            continue
        if tie.person in involved:
            holders: tuple[str, ...] = tuple(each.person for each in managers.of(tie.unit, tie.person).holders)
        else:
            if tie.unit not in kept:
                kept[tie.unit] = tuple(each.person for each in managers.of(tie.unit).holders)
            holders = kept[tie.unit]
        for holder in holders:
            shown = f"{names.get(holder, holder)}{f' (as {tie.title})' if tie.title else ''}"
            found[tie.person][Standing("manager", (tie.uuid, holder))] = shown


def names_of(session: neo4j.Session, day: Day, at: date, persons: Collection[str]) -> dict[str, str]:
    """Of a person with a protected name none: what is shown may be kept by a terminal."""
    rows = session.run(
        f"""
        UNWIND $uuids AS uuid
        MATCH (n:Person {{uuid: uuid}})
        WHERE NOT ({is_protected(KINDS["Person"])})
        RETURN uuid, ({day.values("n")}).name AS name
        """,
        uuids=sorted(persons),
        at=at,
    )
    return {row["uuid"]: row["name"] or "" for row in rows}


@dataclass(frozen=True, slots=True)
class OtherManagers:
    """On a day. ``units``: from these the way up leads to other managers on one side than on the other. ``persons``:
    who works there; and who is a manager there, or stands in for one: of them it leads elsewhere, since they are left
    out themselves."""

    units: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()


def other_managers(sides: Sides, at: date, units: Collection[str]) -> OtherManagers:
    """Of ``units`` (uuids), and of who works there on one of two sides."""
    if not units:
        return OtherManagers()
    one, other = on_both(sides, lambda session, day: managers_around(session, day, at, units))
    differing = [each for each in sorted(units) if one.of(each).holders != other.of(each).holders]
    involved = one.persons | other.persons

    def working(session: neo4j.Session, day: Day) -> set[str]:
        rows = session.run(
            f"""
            UNWIND $units AS uuid
            MATCH (:Unit {{uuid: uuid}})<-[in:IN]-(tie)<-[has:HAS]-(p:Person)
            WHERE {in_force("in")} AND {in_force("has")} AND (uuid IN $differing OR p.uuid IN $involved)
            RETURN DISTINCT p.uuid AS person
            """,
            units=sorted(units) if involved else differing,
            differing=differing,
            involved=sorted(involved),
            at=at,
        )
        return {row["person"] for row in rows}

    return OtherManagers(frozenset(differing), frozenset[str]().union(*on_both(sides, working)))

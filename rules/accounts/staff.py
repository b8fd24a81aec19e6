"""Who has which account on a day, and what people are then: from it a target says in which groups they are.

Whoever has an account and no employment of the day is where the next one will be, or the last one was, as in a domain:
an account that is ready before the first day at work, or stays for some days after the last, has its groups.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import neo4j

from graph.as_of import Day, in_force
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import JobFunctionRole, SystemRole
from rules.accounts.facts import Facts, State, Tie
from rules.accounts.planning import Plan


@dataclass(frozen=True, slots=True)
class StaffUnit:
    """An open unit. ``parent``: the open one above it."""

    uuid: str
    name: str
    number: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """An open account. ``key``: of the planned account; ``system``: key of its system; ``tie``: what it is used for."""

    key: str
    system: str
    person: str
    tie: str


@dataclass(frozen=True, slots=True)
class StaffTie:
    """Where somebody works, and as what. ``position``: uuid and title. ``has_begun``: by the day; an account may be
    ready before."""

    uuid: str
    person: str
    unit: str | None
    position: tuple[str, str] | None
    has_begun: bool


@dataclass(frozen=True, slots=True)
class StaffJob:
    """An employment, or an affiliation (not ``employed``), in force on the day, whatever accounts the person has.
    ``type``: of the employment. ``position``: uuid and title."""

    uuid: str
    person: str
    employed: bool
    type: str
    unit: str | None
    position: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class StaffRole:
    """A role that ``holder``, an employment, affiliation or person, has for ``units``, which are open."""

    uuid: str
    key: str
    title: str
    holder: str
    person: str
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffRight:
    """A right that somebody holds. ``holders``: employment, affiliation or person, and the person. ``includes``: uuids
    of the rights that it amounts to."""

    uuid: str
    key: str
    title: str
    holders: tuple[tuple[str, str], ...]
    includes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Staff:
    """Some people on a day. ``units``: those where they work or have a role, and those above. ``ties``: of the
    accounts. ``jobs``, ``roles``: also of people without an account."""

    accounts: tuple[StaffAccount, ...]
    units: Mapping[str, StaffUnit]
    ties: Mapping[str, StaffTie]
    roles: tuple[StaffRole, ...]
    rights: tuple[StaffRight, ...]
    jobs: tuple[StaffJob, ...] = ()


@dataclass(frozen=True, slots=True)
class Membership:
    """A person is in a group. ``thing``: the uuid of the unit, role, position or right that it is the group of."""

    person: str
    thing: str
    group: str
    target: str


Memberships = Callable[[Staff], Iterable[Membership]]
"""What a target makes of staff."""


def staff_on(
    session: neo4j.Session,
    day: Day,
    at: date,
    facts: Facts,
    made: Plan,
    work: Evaluation,
    stopped: Collection[str],
) -> Staff:
    """The people of ``work``, and the accounts that they have by these rules. ``stopped``: who has none open.

    ``facts`` with positions. Extra accounts are left out: an administrator's own account is in no group of these.
    """
    accounts: list[StaffAccount] = []
    states: dict[str, tuple[Tie, State]] = {}
    for key, wanted in made.wanted.items():
        person = wanted.person.uuid
        if person in stopped or person not in work.organisation.persons:
            continue
        if not any(each.holds(at) for each in wanted.opens):
            continue
        tie = next((each.tie for each in wanted.chain if each.period.holds(at)), None)
        if tie is None:
            continue
        accounts.append(StaffAccount(key, facts.systems[wanted.system].key, person, tie.uuid))
        if (state := _state(tie, at)) is not None:
            states[tie.uuid] = tie, state
    titles = _titles(session, {state.position for _, state in states.values() if state.position is not None})
    ties = {
        uuid: StaffTie(
            uuid,
            tie.person,
            state.unit,
            None if state.position is None else (state.position, titles[state.position]),
            state.period.start <= at,
        )
        for uuid, (tie, state) in states.items()
    }
    jobs = tuple(_jobs(work))
    roles = tuple(_roles(work))
    places = {*(each.unit for each in ties.values()), *(each.unit for each in jobs)}
    places.update(unit for each in roles for unit in each.units)
    units = _units(session, day, at, {each for each in places if each is not None})
    rights = tuple(_rights(work, {each.person for each in accounts}))
    return Staff(tuple(accounts), units, ties, roles, rights, jobs)


def _state(tie: Tie, at: date) -> State | None:
    """Of the day; else the next one, else the last one."""
    first_last = sorted(tie.states, key=lambda each: each.period.start)
    to_come = [each for each in first_last if each.period.last > at]
    return to_come[0] if to_come else first_last[-1] if first_last else None


def _titles(session: neo4j.Session, positions: set[str]) -> dict[str, str]:
    query = "UNWIND $uuids AS uuid MATCH (p:Position {uuid: uuid}) RETURN uuid, coalesce(p.title, p.key, '') AS title"
    return {row["uuid"]: row["title"] for row in session.run(query, uuids=sorted(positions))}


def _units(session: neo4j.Session, day: Day, at: date, units: set[str]) -> dict[str, StaffUnit]:
    """Open ones, and the open ones above them."""
    rows = session.run(
        f"""
        UNWIND $uuids AS uuid
        MATCH (:Unit {{uuid: uuid}})-[parts:PART_OF*0..]->(u:Unit)
        WHERE all(each IN parts WHERE {in_force("each")})
        WITH DISTINCT u
        WHERE {day.active("u")}
        RETURN u.uuid AS uuid, {day.values("u", "name", "number")} AS values, head(COLLECT {{
            MATCH (u)-[r:PART_OF]->(above:Unit)
            WHERE {in_force("r")}
            RETURN above.uuid
        }}) AS parent
        """,
        uuids=sorted(units),
        at=at,
    )
    return {
        row["uuid"]: StaffUnit(row["uuid"], row["values"]["name"] or "", row["values"]["number"] or "", row["parent"])
        for row in rows
    }


def _jobs(work: Evaluation) -> Iterator[StaffJob]:
    for uuid, tie in sorted(work.organisation.ties.items()):
        position = work.organisation.positions.get(tie.position or "")
        yield StaffJob(
            uuid,
            tie.person,
            tie.kind == "Employment",
            str(tie.values.get("type") or ""),
            tie.unit,
            None if position is None else (position.uuid, position.title),
        )


def _roles(work: Evaluation) -> Iterator[StaffRole]:
    for person in sorted(work.organisation.persons):
        holders = (person, *(tie.uuid for tie in work.routes.ties(person)))
        for assignment in (each for holder in holders for each in work.routes.assignments(holder)):
            role = work.organisation.roles[assignment.role]
            units = tuple(each.unit for each in assignment.places if work.routes.tree.open(each.unit) is not None)
            if assignment.is_for_units and not units:
                continue  # as ``held_for``: of units that have all ended, it is held for nothing
            yield StaffRole(role.uuid, role.key, role.title, assignment.holder, person, units)


def _rights(work: Evaluation, people: set[str]) -> Iterator[StaffRight]:
    holders: dict[str, set[tuple[str, str]]] = {}
    for person in people:
        for held in work.of(person).held:
            for right in work.bundles.rights_of(held):
                holders.setdefault(right, set()).add((held.subject.uuid, person))
    known: dict[str, SystemRole | JobFunctionRole] = dict(work.organisation.system_roles)
    known.update(work.organisation.job_function_roles)
    for uuid in sorted(holders.keys() & known.keys()):
        found = known[uuid]
        yield StaffRight(uuid, found.key, found.title, tuple(sorted(holders[uuid])), work.bundles.amounts_to(uuid))

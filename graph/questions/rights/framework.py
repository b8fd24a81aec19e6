"""The framework of everybody's rights: units, positions, roles, grants and what they give, kept in memory.

To answer for one person, only that person, and what the person is employed as and stands in for, is then read. A
framework is kept for today, and checked against the change log before each use: a change of anything that it contains
discards it. A rehearsal's changes are rolled back, so a framework is neither made nor used within one.
"""

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

import neo4j

from graph.as_of import Day
from graph.change_log import LOG
from graph.questions.rights import reading
from graph.questions.rights.at_kombit import roles_at_kombit
from graph.questions.rights.building import organisation_of, with_people
from graph.questions.rights.organisation import OrganisationOnDay, in_order
from graph.questions.rights.tree import Tree
from graph.time import today

OF_PERSONS = frozenset({
    "Person", "Employment", "Affiliation", "Account", "PlannedAccount", "AccountException", "AccountRequest",
    "DirectoryGroup", "Assignment", "Substitution", "Attestation", "ManualStep",
})  # fmt: skip
"""Kinds that no framework contains. A grant may name some of them: these are compared by uuid."""
_REPLACING = ("joined", "split", "erased")
"""Operations after which links lead elsewhere, whatever thing they are logged for."""

_CHECKED = """
MATCH (log:ChangeLog {name: $log}), (clock:Clock)
OPTIONAL MATCH (newest:Change {number: log.number})
OPTIONAL MATCH (known:Change {number: $number})
WITH clock.today AS turned, log.number AS number, [newest.number, newest.uuid, toString(newest.at)] AS newest,
    [known.number, known.uuid, toString(known.at)] AS known,
    EXISTS {
        MATCH (c:Change)
        WHERE c.number > $number
            AND (NOT c.kind IN $of_persons OR c.operation IN $replacing OR c.uuid IN $named)
    } AS has_changed
"""
_CHECK = f"{_CHECKED} RETURN turned, number, newest, known, has_changed"

Stamp = tuple[Any, ...]
"""The newest change of the log: its number, thing and moment. A number alone would fit another graph, or this one once
it has been restored from a copy."""


@dataclass(frozen=True, slots=True)
class Framework:
    """Everything in force on ``at`` except people. ``stamp``: the newest change that it is known to contain.

    ``named``: uuids of all that grants name, persons among them. ``tree``: its units, walked once for everybody.
    ``day``: as the day was read last; a turn of the day changes that.
    """

    at: date
    stamp: Stamp
    organisation: OrganisationOnDay
    named: tuple[str, ...]
    tree: Tree
    day: Day


@dataclass(slots=True)
class _Kept:
    """The framework of this process, and the stamp of the last question that had none."""

    framework: Framework | None = None
    missed: tuple[date, Stamp] | None = None


_kept = _Kept()


@dataclass(frozen=True, slots=True)
class Framed:
    """What matters to one person. ``newest``: the number of the newest change when the framework was checked."""

    organisation: OrganisationOnDay
    newest: int
    tree: Tree


def with_framework(session: neo4j.Session, at: date, person: str) -> Framed | None:
    """What matters to one person on a day; None where no framework fits: read the person's surroundings instead.

    The second question after a change makes the framework, so a run of changes, each with a question about it, does not
    read the whole organisation every time.
    """
    if at != today() or not isinstance(session, neo4j.Session):
        return None
    kept = _kept.framework
    if kept is not None and kept.at != at:
        kept = None
    checked = session.run(
        _CHECK if kept is None else _check_and_read(kept.day),
        log=LOG,
        number=-1 if kept is None else kept.stamp[0],
        of_persons=sorted(OF_PERSONS),
        replacing=_REPLACING,
        named=() if kept is None else kept.named,
        person=person,
        at=at,
    ).single(strict=True)
    newest, day = tuple(checked["newest"]), Day.of(at, checked["turned"].to_native())
    if kept is not None and tuple(checked["known"]) == kept.stamp and not checked["has_changed"]:
        framework = replace(kept, stamp=newest, day=day)
    else:
        missed, _kept.missed = _kept.missed, (at, newest)
        if newest[0] is None or missed != (at, newest):
            return None
        framework = read(session, at, newest, day)
    _kept.framework = framework
    if kept is not None and kept.day == day:
        rows = reading.people_of(checked["person"])
    else:
        rows = reading.rows_of_person(session, day, at, person)
    return Framed(with_people(framework.organisation, rows), checked["number"], framework.tree)


@cache
def _check_and_read(day: Day) -> str:
    """The check, and then the person, in one message to Neo4j instead of two."""
    return f"""{_CHECKED} RETURN turned, number, newest, known, has_changed,
        head(COLLECT {{ {reading.of_one_person(day)} }}) AS person"""


def read(session: neo4j.Session, at: date, stamp: Stamp, day: Day) -> Framework:
    """From the states: the copies of a day turn that is under way are partly of one day and partly of the next."""
    rows = reading.rows_of_all_but_people(session, Day(False), at)
    named = {each[1] for row in rows["grants"] for name in ("given_to", "exceptions") for each in row[name]}
    named |= {person["uuid"] for row in rows["grants"] for _, person in row["people"]}
    organisation = replace(organisation_of(at, rows), at_kombit=roles_at_kombit(session, at))
    ordered = in_order(organisation)
    return Framework(at, stamp, ordered, tuple(sorted(named)), Tree(ordered.units), day)

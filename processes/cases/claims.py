"""Who does a task that several people have: claimed, given back, handed to a colleague (T3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import neo4j

from graph.connection import Run
from graph.errors import Unknown
from graph.identity.lookup import find, survivors
from processes.cases import case_log, kept
from processes.cases.kept import Task
from processes.cases.tasks import (
    UNANSWERED,
    Find,
    by_name,
    failure_text,
    look,
    looks,
    mine,
    name_of,
    opened,
    require_not_claimed,
    require_other,
    write,
)
from processes.errors import NotCandidate, NotInPerson


def claim(driver: neo4j.Driver, task: str, by: str, now: datetime, reason: str = "") -> Task:
    """Say to do a task; it holds while they have it (T3).

    Raises Unknown, NotCandidate, AlreadyDone, AlreadyClaimed, TaskClosed.
    """

    def work(tx: neo4j.ManagedTransaction) -> Task:
        person, seen, candidate = mine(tx, task, by, now)
        require_not_claimed(tx, seen, person)
        told = {"claimed_by": person, "claimed": now.astimezone(UTC), "lapsed": None}
        kept.set_task(tx, task, told)
        entry = case_log.LogEntry("claimed", now, person, candidate.instead_of, seen.task.element, reason)
        case_log.log(tx, seen.task.case, entry)
        return kept.task(tx, task)

    return write(driver, work)


def give_back(driver: neo4j.Driver, task: str, by: str, now: datetime, reason: str = "") -> Task:
    """End one's own claim, and what was handed to one. Raises Unknown, NotCandidate, AlreadyDone, TaskClosed."""

    def work(tx: neo4j.ManagedTransaction) -> Task:
        person = find(tx, "Person", by).uuid
        seen = opened(tx, task, now)
        if seen.claimed != person:
            text = f"{name_of(tx, person)} has not claimed the task {seen.task.name!r}; only a claim is given back"
            raise NotCandidate(text)
        told = {"claimed_by": None, "claimed": None, "to_tell": str(uuid4())}
        handed = seen.task.asked.handed
        if handed is not None and survivors(tx, "Person", [handed[1]]).get(handed[1]) == person:
            told |= {"handed_by": None, "handed_to": None}
        kept.set_task(tx, task, told)
        candidate = seen.route.of(person)
        instead_of = None if candidate is None else candidate.instead_of
        entry = case_log.LogEntry("given_back", now, person, instead_of, seen.task.element, reason)
        case_log.log(tx, seen.task.case, entry)
        return kept.task(tx, task)

    return write(driver, work)


def hand(
    driver: neo4j.Driver, task: str, by: str, to: str, now: datetime, reason: str = "", named: Find = by_name
) -> Task:
    """Hand one task to a colleague, who has it instead of whoever hands it, while these have it.

    Raises Unknown, NotCandidate (also for a colleague who may not have it, or is away), NotInPerson, ToOneself,
    AlreadyDone, AlreadyClaimed, TaskClosed.
    """

    def work(tx: neo4j.ManagedTransaction) -> Task:
        person, seen, candidate = mine(tx, task, by, now)
        require_not_claimed(tx, seen, person)
        other = named(tx, "Person", to)
        require_other(tx, person, other)
        if candidate.how == "delegate":
            text = f"{name_of(tx, person)} has the task {seen.task.name!r} by delegation, which is not passed on"
            raise NotInPerson(text)
        told = {"handed_by": person, "handed_to": other, "claimed_by": other, "claimed": now.astimezone(UTC)}
        kept.set_task(tx, task, {**told, "lapsed": None, "to_tell": str(uuid4())})
        if look(tx, task, now).route.of(other) is None:
            text = (
                f"{name_of(tx, other)} may not have the task {seen.task.name!r}, or is away; hand it to somebody else"
            )
            raise NotCandidate(text)
        entry = case_log.LogEntry("handed", now, person, candidate.instead_of, seen.task.element, reason)
        case_log.log(tx, seen.task.case, entry)
        return kept.task(tx, task)

    return write(driver, work)


@dataclass(frozen=True, slots=True)
class Lapsed:
    """How many claims have ended. ``failed``: tasks of which it can't be told, by id, with the reason."""

    claims: int
    failed: Mapping[str, str]


def lapse_claims(driver: neo4j.Driver, now: datetime) -> Lapsed:
    """End the claims of people who no longer have their task (T3); once a day is enough.

    Each task is looked at by itself: one that can't be holds up no other. Raises DriverError as ``pass_time``.
    """
    failed: dict[str, str] = {}
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        gone = _lapsed(session, kept.open_tasks(session, claimed=True), now, failed)
    lapsed = 0
    for id_ in gone:
        try:
            lapsed += write(driver, partial(_lapse, id_=id_, now=now))
        except UNANSWERED:
            raise
        except Exception as wrong:
            failed[id_] = failure_text(wrong, "its claim can't be looked at")
    return Lapsed(lapsed, failed)


def _lapsed(run: Run, tasks: list[Task], now: datetime, failed: dict[str, str]) -> list[str]:
    """Ids of those whose claimer no longer has them. They are looked at together, for that is fast; where one of them
    can't be looked at, half and half."""
    if not tasks:
        return []
    try:
        return [each.task.id for each in looks(run, tasks, now) if each.claimed is None]
    except UNANSWERED:
        raise
    except Exception as wrong:
        if len(tasks) == 1:
            failed[tasks[0].id] = failure_text(wrong, "its claim can't be looked at")
            return []
    half = len(tasks) // 2
    return _lapsed(run, tasks[:half], now, failed) + _lapsed(run, tasks[half:], now, failed)


def _lapse(tx: neo4j.ManagedTransaction, id_: str, now: datetime) -> bool:
    """Whether the claim still was there: another worker may have ended it, or its person was erased, meanwhile."""
    try:
        seen = looks(tx, [kept.lock_of_task(tx, id_)], now)[0]
    except Unknown:
        return False
    if seen.task.state != "open" or seen.task.claim is None or seen.claimed is not None:
        return False
    kept.set_task(tx, id_, {"claimed_by": None, "claimed": None, "lapsed": seen.lapsed, "to_tell": str(uuid4())})
    case_log.log(tx, seen.task.case, case_log.LogEntry("lapsed", now, seen.lapsed, None, seen.task.element))
    return True

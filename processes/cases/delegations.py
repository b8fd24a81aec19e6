"""Somebody lets a colleague do their own tasks of a process, from one day to another (T7)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import uuid4

import neo4j

from graph.connection import Run
from graph.errors import ChangeRejected, Unknown
from graph.identity.lookup import find, survivors
from graph.time import stored_moment
from processes.cases import definitions, kept
from processes.cases.kept import day_of
from processes.cases.tasks import Find, by_name, looks, name_of, require_other, write
from processes.errors import NotInPerson


@dataclass(frozen=True, slots=True)
class Delegation:
    """From ``start`` to the day before ``end``, ``to`` has the process's tasks that ``by`` has (T7)."""

    id: str
    process: str
    by: str
    to: str
    start: date
    end: date
    made: datetime


def delegate(
    driver: neo4j.Driver,
    process: str,
    by: str,
    to: str,
    start: date,
    end: date,
    now: datetime,
    reason: str = "",
    named: Find = by_name,
) -> Delegation:
    """Let somebody do one's own tasks of a process, from ``start`` to the day before ``end`` (T7).

    Raises Unknown, ToOneself, NotInPerson, ChangeRejected (empty_period, over).
    """

    def work(tx: neo4j.ManagedTransaction) -> Delegation:
        definitions.current(tx, process)
        person, other = find(tx, "Person", by).uuid, named(tx, "Person", to)
        require_other(tx, person, other)
        if end <= start:
            text = f"until: {end} is not later than {start}; it is the day after the last"
            raise ChangeRejected("empty_period", text, field="until")
        if end <= day_of(now):
            raise ChangeRejected("over", f"until: {end} is over already", field="until")
        mine = [each.route.of(person) for each in looks(tx, kept.open_tasks(tx, process=process), now)]
        if not any(each is not None and each.how != "delegate" and each.instead_of is None for each in mine):
            text = f"{name_of(tx, person)} has no open task of {process} in person, and can't delegate it"
            raise NotInPerson(text)
        made = Delegation(str(uuid4()), process, person, other, start, end, now)
        tx.run(
            """
            MATCH (p:Process {id: $process})
            SET p.delegations = coalesce(p.delegations, 0) + 1
            CREATE (d:Delegation {id: $id, number: p.delegations, process: $process, by: $by, to: $to})
            SET d.from = $start, d.until = $end, d.made = $now, d.reason = $reason
            """,
            id=made.id,
            process=process,
            by=person,
            to=other,
            start=start,
            end=end,
            now=now.astimezone(UTC),
            reason=reason or None,
        ).consume()
        return made

    return write(driver, work)


def end_delegation(driver: neo4j.Driver, id_: str, by: str, now: datetime, reason: str = "") -> None:
    """End a delegation today; only who has delegated can. Raises Unknown (unknown_delegation), NotInPerson."""

    def work(tx: neo4j.ManagedTransaction) -> None:
        person = find(tx, "Person", by).uuid
        row = tx.run("MATCH (d:Delegation {id: $id}) RETURN d.by AS by", id=id_).single()
        if row is None:
            raise Unknown("unknown_delegation", f"there is no delegation {id_!r}", id_)
        if survivors(tx, "Person", [row["by"]]).get(row["by"]) != person:
            raise NotInPerson("only who has delegated ends it")
        query = "MATCH (d:Delegation {id: $id}) WHERE d.until > $day SET d.until = $day, d.end_reason = $reason"
        tx.run(query, id=id_, day=day_of(now), reason=reason or None).consume()

    return write(driver, work)


def delegations(run: Run, person: str, at: date) -> list[Delegation]:
    """What the person has delegated, and what was delegated to them, that is not over; the earliest start first."""
    rows = run.run(
        """
        MATCH (was:Person)-[:JOINED_INTO*0..]->(:Person {uuid: $person})
        CALL (was) {
            MATCH (d:Delegation {by: was.uuid})
            RETURN d
            UNION
            MATCH (d:Delegation {to: was.uuid})
            RETURN d
        }
        WITH DISTINCT d
        WHERE d.until > $at AND d.until > d.from
        RETURN d
        ORDER BY d.from, d.made, d.id
        """,
        person=person,
        at=at,
    )
    return [
        Delegation(
            id=each["id"],
            process=each["process"],
            by=each["by"],
            to=each["to"],
            start=each["from"].to_native(),
            end=each["until"].to_native(),
            made=stored_moment(each["made"]),
        )
        for each in (row["d"] for row in rows)
    ]

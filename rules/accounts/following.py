"""Whom the account rules must look at again: what the change log has had since the last run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import neo4j

from graph.change_log import now
from graph.runs import restores
from graph.runs.brakes import Brake
from graph.runs.cursors import locked_cursor, read_cursor, replace_cursor, write_locked_cursor
from graph.runs.run_log import imports_at_work
from rules.accounts.run import SOURCE, Report, person_of

_OF_PEOPLE = ("Person", "Employment", "Affiliation", "AccountException", "Assignment")
OF_PERSON = (*_OF_PEOPLE, "PlannedAccount")
"""What belongs to one person each. A planned account is what rules make, and an extra one what a person states."""
_OF_ALL = ("AccountRule", "NamePolicy", "Unit", "Position", "Role")
"""What rules and all people depend on: a change of one of these is looked at for everybody."""
MOST_PERSONS = 2_000
"""More persons than that are evaluated faster all together."""
_HELD_LOOKED_AT = timedelta(hours=1)
"""After so long, closings that the brake holds are looked at again: what came before may count no more."""
_EVERYBODY = "*"
_OWED = "owed"
"""In the cursor: targets that hold accounts are to be told of what was planned. Its value is another one each time, so
that who has told them of what was planned before does not take that for this."""


@dataclass(frozen=True, slots=True)
class Touched:
    """``number``: the last change that is covered. ``persons`` None: everybody. ``stopped``: a person who is or was
    stopped has changed. ``held``: persons whose closings still wait, and who are not looked at now; None: everybody.

    ``again``: the moment at which they are looked at, if nothing leads to that before.
    """

    number: int
    persons: frozenset[str] | None
    stopped: bool = False
    held: frozenset[str] | None = frozenset()
    again: str = ""

    @property
    def any(self) -> bool:
        return self.persons is None or bool(self.persons)


def touched(driver: neo4j.Driver) -> Touched:
    """What has changed since the last run, and what has waited since then and may now be closed; everybody, where there
    was no run, or the log has had too much."""
    kept = read_cursor(driver, SOURCE)
    found = _changed(driver, kept)
    waiting = _read_held(kept)
    again = kept.get("again", "")
    is_time = waiting != frozenset() and again <= now().isoformat() and not imports_at_work(driver, now())
    approved = {person_of(line) for parts in Brake(driver, SOURCE).approved_parts().values() for line in parts}
    if found.persons is None or len(approved) > MOST_PERSONS or (is_time and waiting is None):
        return Touched(found.number, None, found.stopped)
    persons = found.persons | approved | ((waiting or frozenset()) if is_time else frozenset())
    held = None if waiting is None else waiting - persons
    return Touched(found.number, persons, found.stopped, held, again)


def _read_held(kept: Mapping[str, str]) -> frozenset[str] | None:
    text = kept.get("held", "")
    return None if text == _EVERYBODY else frozenset(text.split())


def _changed(driver: neo4j.Driver, kept: Mapping[str, str]) -> Touched:
    since = int(kept.get("number", "-1"))
    rows, _, _ = driver.execute_query(
        """
        MATCH (log:ChangeLog)
        WITH log.number AS last
        RETURN last, last > $since AS news
        """,
        since=since,
        routing_=neo4j.RoutingControl.READ,
    )
    last = int(rows[0]["last"]) if rows else 0
    if since < 0:
        return Touched(last, None)
    if last <= since:
        return Touched(last, frozenset())
    rows, _, _ = driver.execute_query(
        """
        MATCH (c:Change)
        WHERE c.number > $since AND c.number <= $last AND c.kind IN $kinds
        WITH c.kind AS kind, c.uuid AS uuid,
            c.kind = 'Person' AND (c.before CONTAINS '"stopped"' OR c.after CONTAINS '"stopped"') AS stopped
        RETURN kind, collect(DISTINCT uuid) AS uuids, max(stopped) AS stopped
        """,
        since=since,
        last=last,
        kinds=[*_OF_PEOPLE, *_OF_ALL],
        routing_=neo4j.RoutingControl.READ,
    )
    by_kind = {row["kind"]: row["uuids"] for row in rows}
    stopped = any(row["stopped"] for row in rows)
    if any(each in by_kind for each in _OF_ALL) or sum(map(len, by_kind.values())) > MOST_PERSONS:
        return Touched(last, None, stopped)
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        persons = persons_behind(session, {each for uuids in by_kind.values() for each in uuids})
    return Touched(last, persons, stopped)


def persons_behind(session: neo4j.Session, uuids: Iterable[str]) -> frozenset[str]:
    """Whose things of ``OF_PERSON`` these are, or were."""
    persons = session.run(
        f"""
        UNWIND $uuids AS uuid
        MATCH (n:{"|".join(OF_PERSON)} {{uuid: uuid}})
        UNWIND CASE
            WHEN n:Person THEN [n.uuid] + [(n)-[:JOINED_INTO*1..]->(p) | p.uuid]
            WHEN n:AccountException OR n:PlannedAccount THEN [(n)-[:OF_PERSON|WAS_OF_PERSON]->(p) | p.uuid]
            WHEN n:Assignment THEN [(n)<-[:HOLDS|WAS_HOLDS]-(p:Person) | p.uuid]
                + [(n)<-[:HOLDS|WAS_HOLDS]-()<-[:HAS|WAS_HAS]-(p) | p.uuid]
            ELSE [(n)<-[:HAS|WAS_HAS]-(p) | p.uuid]
        END AS person
        RETURN collect(DISTINCT person) AS persons
        """,
        uuids=sorted(uuids),
    ).single(strict=True)["persons"]
    return frozenset(persons)


def covered(driver: neo4j.Driver, found: Touched, report: Report | None = None) -> None:
    """Everything up to that change has been looked at; those whose closings are held by ``report`` wait. In the same
    write it is noted that a STOP is to reach targets, so that a worker that ends just then forgets none."""
    new = frozenset[str]() if report is None else report.held
    held = None if found.held is None else found.held | new
    again = found.again
    if report is not None and report.waits_for:
        again = ""
    elif report is not None and report.brake is not None:
        again = (now() + _HELD_LOOKED_AT).isoformat()
    waits: dict[str, str] = {}
    if held is None or len(held) > MOST_PERSONS:
        waits = {"held": _EVERYBODY, "again": again}
    elif held:
        waits = {"held": " ".join(sorted(held)), "again": again}

    def work(tx: neo4j.ManagedTransaction) -> None:
        kept = locked_cursor(tx, SOURCE)
        due = uuid4().hex if found.stopped else kept.get(_OWED)
        owes = {} if due is None else {_OWED: due}
        write_locked_cursor(tx, SOURCE, {"number": str(found.number), **owes, **waits})

    with driver.session() as session:
        session.execute_write(work)


def owe(driver: neo4j.Driver) -> None:
    """Note that targets are to be told of what is about to be planned, whatever becomes of this worker."""
    with driver.session() as session:
        session.execute_write(_owe)


def _owe(tx: neo4j.ManagedTransaction) -> None:
    write_locked_cursor(tx, SOURCE, {**locked_cursor(tx, SOURCE), _OWED: uuid4().hex})


def confirm_restore(driver: neo4j.Driver, id_: str, by: str, reason: str = "", *, leave_open: bool = False) -> None:
    """A person has looked at what a restore brought back. What was only planned while it waited is owed to targets
    now, noted in the same transaction: nothing else may send them a run before the next day.

    Raises as ``restores.confirm``.
    """
    restores.confirm(driver, id_, by, reason, leave_open=leave_open, also=_owe)


def owed(driver: neo4j.Driver) -> Mapping[str, str] | None:
    """The cursor, if targets that hold accounts have not been told yet of what was planned; otherwise None."""
    kept = read_cursor(driver, SOURCE)
    return kept if _OWED in kept else None


def told(driver: neo4j.Driver, owed: Mapping[str, str]) -> None:
    """Targets have been told of what is ``owed``, unless more has been planned meanwhile."""
    replace_cursor(driver, SOURCE, owed, {name: text for name, text in owed.items() if name != _OWED})

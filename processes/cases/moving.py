"""Open cases are moved to the version with which new ones start: each by itself, and those that can't be stay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import neo4j

from graph.errors import Unknown
from graph.rehearsal import rehearsed
from processes.cases import definitions, kept
from processes.cases.running import Running
from processes.cases.tasks import STARTER
from processes.engine.errors import DefinitionRejected, NotMovable, StateRejected
from processes.engine.moving import moved


@dataclass(frozen=True, slots=True)
class Moved:
    """``version``: the number of the one they run on now. ``moved``: ids of cases; ``stays``: those that stay on
    theirs, by id, with the reason."""

    version: int
    moved: tuple[str, ...]
    stays: Mapping[str, str]


def move(
    driver: neo4j.Driver,
    process: str,
    cases: Sequence[str] | None,
    by: str | None,
    now: datetime,
    reason: str,
    *,
    dry_run: bool = False,
) -> Moved:
    """Move the open cases of a process, or only these, to its current version.

    ``by``: the person; None = no person. ``dry_run``: nothing stays moved. Raises Unknown (unknown_process,
    unknown_case).
    """
    if dry_run:
        return rehearsed(driver, lambda one: move(one, process, cases, by, now, reason))
    with driver.session() as session:
        number = definitions.current(session, process).number
        older = session.run(_OLDER, process=process, number=number).value()
    for each in cases or ():
        if each not in older:
            text = f"there is no open case {each!r} of {process} on another version than {number}"
            raise Unknown("unknown_case", text, each)
    done, stays = [], {}
    for id_ in older if cases is None else cases:
        try:
            with driver.session() as session:
                session.execute_write(_move, id_, by, now, reason)
        except (NotMovable, StateRejected, DefinitionRejected) as refused:
            stays[id_] = str(refused)
        else:
            done.append(id_)
    return Moved(number, tuple(done), stays)


_OLDER = """
MATCH (c:Case {process: $process, open: true})-[:RUNS]->(v)
WHERE v.number <> $number
RETURN c.id AS id ORDER BY c.started, id
"""


def _move(tx: neo4j.ManagedTransaction, id_: str, by: str | None, now: datetime, reason: str) -> None:
    running = Running.lock(tx, id_)
    new = definitions.current(tx, running.version.process)
    if not kept.case(tx, id_).is_open or new.id == running.version.id:
        return  # it has ended, or was moved, meanwhile
    given = {STARTER: running.started_by} if STARTER in new.definition.start_fields else {}
    engine = moved(running.engine.kept(), running.version.definition, new.definition, given)
    there = Running(tx, id_, new, engine, running.started_by)
    there.log("moved", now, by, reason=f"from version {running.version.number} to {new.number}: {reason}")
    there.moved_here()
    there.renew_owners()
    for each in engine.incidents:  # what could not be made may be what the new version has mended
        engine.retry(each.task, now)
    there.write(now)

"""Who sees a task: the people who have it, did it or started its case, the managers of its unit, and those who read the
whole log. Who sees one task of a case sees the case.

What a person names in a case must be readable for them: else its tasks would tell more of it. Without a system role
that is oneself, the colleagues of one's own units and of those that one manages, these units, and every position and
system: they are nobody's.
"""

from collections.abc import Iterable
from datetime import date, datetime

import neo4j

from api.access.rights import Access
from api.access.roles import EVERYBODY, LOG
from api.access.sight import found_seen
from graph.as_of import in_force, not_over
from graph.connection import Run
from graph.errors import Unknown
from graph.identity.lookup import Found, found, survivors
from graph.time import today
from processes.cases import kept
from processes.cases.inbox import managed
from processes.cases.kept import CaseRow
from processes.cases.tasks import Find, Look, by_name, looks


def sees(run: Run, access: Access, seen: Look, person: str | None) -> bool:
    """Whether ``person`` may see the task, or the caller every one."""
    if LOG & access.everywhere:
        return True
    if person is None:
        return False
    return _has_part(run, kept.case(run, seen.task.case), [seen], person)


def require_seen(run: Run, access: Access, seen: Look, person: str | None) -> None:
    """Raises Unknown (unknown_task), as for one that isn't there."""
    if not sees(run, access, seen, person):
        raise Unknown("unknown_task", f"there is no task {seen.task.id!r}", seen.task.id)


def seen_case(
    run: Run, access: Access, id_: str, now: datetime, person: str | None = None
) -> tuple[CaseRow, list[Look]]:
    """A case and its tasks, if the caller may see it, or the person for whom a machine acts. Raises Unknown
    (unknown_case)."""
    case = kept.case(run, id_)
    tasks = looks(run, kept.tasks_of(run, id_), now)
    who = access.person if person is None else person
    if LOG & access.everywhere or (who is not None and _has_part(run, case, tasks, who)):
        return case, tasks
    raise Unknown("unknown_case", f"there is no case {id_!r}", id_)


def _has_part(run: Run, case: CaseRow, tasks: Iterable[Look], person: str) -> bool:
    """Whether the person has started the case, has or did one of the tasks, or manages its unit."""
    tasks = list(tasks)
    done = [each.task.done for each in tasks if each.task.done is not None]
    known = {case.started_by, *(each.by for each in done), *(each.instead_of for each in done)}
    known |= {each.task.question.of for each in tasks if each.task.question is not None and each.task.state == "open"}
    called = survivors(run, "Person", {each for each in known if each is not None})
    if person in called.values() or any(each.route.of(person) is not None for each in tasks):
        return True
    excluded = survivors(run, "Person", {who for each in tasks for who in each.task.asked.exclude})
    units = {
        each.task.asked.unit
        for each in tasks
        if each.task.state == "open" and person not in {excluded.get(who, who) for who in each.task.asked.exclude}
    }
    return bool(units - {None}) and not units.isdisjoint(managed(run, person, today()))


def names(driver: neo4j.Driver, access: Access) -> Find:
    """Finds what the caller names in a case, among what they may read, and themselves."""

    def of(run: Run, kind: str, name: str) -> str:
        own = frozenset[str]() if access.person is None else frozenset({access.person})
        if access.person is not None and not access.roles & EVERYBODY:
            known = near(run, access.person, kind, today()) | own
            uuid = by_name(run, kind, name)
            return found(kind, name, [Found(uuid)] if uuid in known else []).uuid
        return found_seen(driver, access, kind, name, lambda: by_name(run, kind, name), own=own)

    return of


def near(run: Run, person: str, kind: str, at: date) -> frozenset[str]:
    """The units in which a person works and those that they manage, or the people who work there, now or soon; all
    positions or systems."""
    if kind in ("Position", "ItSystem"):
        return frozenset(run.run(f"MATCH (n:{kind}) WHERE n.title IS NOT NULL RETURN n.uuid AS uuid").value())
    if kind not in ("Unit", "Person"):
        return frozenset()
    rows = run.run(
        f"""
        MATCH (:Person {{uuid: $person}})-[has:HAS]->()-[in:IN]->(unit:Unit)
        WHERE {in_force("has")} AND {in_force("in")}
        RETURN unit.uuid AS uuid
        """,
        person=person,
        at=at,
    )
    units = managed(run, person, at) | {row["uuid"] for row in rows}
    if kind == "Unit":
        return units
    people = run.run(
        f"""
        UNWIND $units AS unit
        MATCH (:Unit {{uuid: unit}})<-[in:IN]-()<-[has:HAS]-(who:Person)
        WHERE {not_over("in", "$at")} AND {not_over("has", "$at")}
        RETURN DISTINCT who.uuid AS uuid
        """,
        units=sorted(units),
        at=at,
    )
    return frozenset(row["uuid"] for row in people)

"""Files that are attached to tasks, as the graph keeps them; their bytes: ``processes.cases.attachment_files``.

Until its task is completed, an attachment is its uploader's draft (``OF_TASK``), and goes with it. What the completed
form names stays with the case; later tasks see it if their form has the field too, or begins one with it.

A file waits until a scanner has answered (``State``). No answer is never taken for clean.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import neo4j

from graph.connection import Run
from graph.errors import ChangeRejected, Unknown
from graph.identity.lookup import survivors
from graph.time import stored_moment
from processes.cases.kept import Task
from processes.cases.running import Running
from processes.engine.work import Work
from processes.errors import FormRejected
from processes.forms import Form

State = Literal["waiting", "clean", "refused", "not_scanned"]
"""``not_scanned``: the installation has decided to take files without a scanner."""
MOST: Final = 50
"""Files that one person may have sent to a task: what others have sent takes nobody's room."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Attachment:
    """``task``: id of the task to which it was uploaded, and ``element`` that task's place in the diagram. ``kept``:
    the task was completed with it. ``reason``: why the scanner refuses it. ``cipher``, ``key``: of its own key."""

    id: str
    case: str
    task: str
    element: str
    field: str
    name: str
    type: str
    size: int
    by: str
    at: datetime
    state: State
    kept: bool
    reason: str
    cipher: str
    key: str


# -- reading ----------------------------------------------------------------------------------------------------------


def attachment(run: Run, id_: str) -> Attachment:
    """Raises Unknown (unknown_attachment)."""
    found = _found(run, "a.id = $id", id=id_)
    if not found:
        raise unknown(id_)
    return found[0]


def unknown(id_: str) -> Unknown:
    return Unknown("unknown_attachment", f"there is no attachment {id_!r}", id_)


def of_case(run: Run, case: str) -> list[Attachment]:
    """The attachments of a case, drafts too, in the order in which they came."""
    rows = run.run("MATCH (a:Attachment)-[:OF_CASE]->(c:Case {id: $case}) RETURN a, c.id AS case", case=case)
    return sorted((_attachment(row) for row in rows), key=lambda each: (each.at, each.id))


def is_own_draft(run: Run, each: Attachment, person: str | None) -> bool:
    """Whether the person has uploaded it, to a task that is still open."""
    return not each.kept and person is not None and survivors(run, "Person", [each.by]).get(each.by) == person


def begins_with(work: Work, form: Form, each: Attachment) -> bool:
    """Whether the form of an open task begins with an attachment of another task, as ``processes.cases.filling`` has
    it: of a task for each of a list, nobody has what was attached for another."""
    if work.is_one_of_several and each.element == work.element:
        return False
    names = {name for field in form.attachments for name in (field, form.prefill.get(field)) if name}
    return any(each.id in ids_in(work.data.get(name)) for name in names)


def ids_in(value: object) -> list[str]:
    """The ids that a field has."""
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str) and each]


def require_room(run: Run, task: str, by: str) -> None:
    """Raises ChangeRejected (too_many)."""
    query = "MATCH (a:Attachment {by: $by})-[:OF_TASK]->(:Task {id: $task}) RETURN count(a) AS count"
    if run.run(query, task=task, by=by).single(strict=True)["count"] >= MOST:
        raise ChangeRejected("too_many", f"a task can have {MOST} files from each person; remove some of yours")


# -- changing ---------------------------------------------------------------------------------------------------------


def settle(running: Running, task: Task, form: Form | None, values: Mapping[str, Any], by: str) -> None:
    """A task is about to be completed with these values: keep the files that they name. Other drafts go when it is
    closed. Raises FormRejected (unknown_attachment, not_scanned, attachment_refused)."""
    if form is None or not form.attachments:
        return
    known = {each.id: each for each in of_case(running.tx, task.case)}
    work = next((each for each in running.engine.work() if each.id == task.id), None)
    named = set()
    for field in form.attachments:
        for id_ in ids_in(values.get(field)):
            found = known.get(id_)
            if found is None or not _may_name(running, work, task, form, field, found, by):
                text = f"{field}: this file no longer exists; remove it from the form and attach it again"
                raise FormRejected(field, text, "unknown_attachment")
            if found.state == "waiting":
                text = f"{field}: the virus scanner has not checked {found.name} yet; complete the task when it has"
                raise FormRejected(field, text, "not_scanned")
            if found.state == "refused":
                text = f"{field}: the virus scanner refused {found.name}; remove it"
                raise FormRejected(field, text, "attachment_refused")
            named.add(id_)
    running.tx.run(
        """
        UNWIND $ids AS id
        MATCH (a:Attachment {id: id})
        SET a.kept = true
        WITH a
        MATCH (a)-[draft:OF_TASK]->()
        DELETE draft
        """,
        ids=sorted(named),
    ).consume()


def _may_name(
    running: Running, work: Work | None, task: Task, form: Form, field: str, found: Attachment, by: str
) -> bool:
    if found.kept:
        return found.task == task.id or (work is not None and begins_with(work, form, found))
    return (found.task, found.field) == (task.id, field) and is_own_draft(running.tx, found, by)


# -- scanning ---------------------------------------------------------------------------------------------------------


def to_scan(driver: neo4j.Driver, now: datetime, lease: timedelta) -> Attachment | None:
    """The attachment whose scan is due longest. Another worker gets it once ``lease`` is over, if it still waits."""

    def work(tx: neo4j.ManagedTransaction) -> Attachment | None:
        row = tx.run(
            """
            MATCH (a:Attachment)-[:OF_CASE]->(c:Case)
            WHERE a.next_scan <= $now
            WITH a, c ORDER BY a.next_scan LIMIT 1
            SET a.locked = $now
            WITH a, c
            WHERE a.next_scan <= $now
            SET a.next_scan = $until, a.tries = a.tries + 1
            RETURN a, c.id AS case
            """,
            now=now.astimezone(UTC),
            until=(now + lease).astimezone(UTC),
        ).single()
        return None if row is None else _attachment(row)

    with driver.session() as session:
        return session.execute_write(work)


def scanned(driver: neo4j.Driver, id_: str, state: State, reason: str = "") -> None:
    """What has become of an attachment. One that is gone meanwhile stays gone."""
    driver.execute_query(
        """
        MATCH (a:Attachment {id: $id, state: 'waiting'})
        SET a.state = $state, a.reason = $reason
        REMOVE a.next_scan, a.tries, a.locked
        """,
        id=id_,
        state=state,
        reason=reason or None,
    )


def put_off(driver: neo4j.Driver, id_: str, now: datetime) -> None:
    """The scanner has not answered: try again, later each time."""
    driver.execute_query(
        """
        MATCH (a:Attachment {id: $id, state: 'waiting'})
        SET a.next_scan = $now + duration({
            seconds: CASE WHEN a.tries > 10 THEN $longest ELSE toInteger($first * 2 ^ (a.tries - 1)) END
        })
        """,
        id=id_,
        now=now.astimezone(UTC),
        first=_FIRST_PAUSE.total_seconds(),
        longest=int(_LONGEST_PAUSE.total_seconds()),
    )


def known_ids(driver: neo4j.Driver, ids: Collection[str]) -> set[str]:
    """Those of some ids that are attachments now."""
    query = "UNWIND $ids AS id MATCH (a:Attachment {id: id}) RETURN a.id AS id"
    rows, _, _ = driver.execute_query(query, ids=list(ids))
    return {row["id"] for row in rows}


def _found(run: Run, where: str, **parameters: Any) -> list[Attachment]:
    query = f"MATCH (a:Attachment)-[:OF_CASE]->(c:Case) WHERE {where} RETURN a, c.id AS case"
    return [_attachment(row) for row in run.run(query, **parameters)]


def _attachment(row: Mapping[str, Any]) -> Attachment:
    node = row["a"]
    return Attachment(
        id=node["id"],
        case=row["case"],
        task=node["task"],
        element=node["element"],
        field=node["field"],
        name=node["name"],
        type=node["type"],
        size=node["size"],
        by=node["by"],
        at=stored_moment(node["at"]),
        state=node["state"],
        kept=node["kept"],
        reason=node.get("reason") or "",
        cipher=node["cipher"],
        key=node["key"],
    )

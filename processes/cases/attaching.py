"""What people do with attachments: attach to a task that they have, see, remove (``processes.cases.attachments``)."""

from dataclasses import dataclass
from datetime import UTC, datetime

import neo4j

from graph.connection import Run
from graph.identity.lookup import find
from processes.attachment_fields import Limits
from processes.cases import attachments, case_log, kept, tasks
from processes.cases.attachments import Attachment, State
from processes.cases.kept import Task
from processes.errors import FormRejected


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that has arrived. ``type``: name of its type; ``state``: how it begins; ``cipher``, ``key``: of its own
    key."""

    id: str
    field: str
    name: str
    type: str
    size: int
    state: State
    cipher: str
    key: str


def limits(run: Run, task: Task, field: str) -> Limits:
    """What a field of a task's form takes. Raises FormRejected."""
    version, _ = kept.engine_of(run, kept.case(run, task.case))
    form = version.forms.get(task.form)
    found = None if form is None else form.attachments.get(field)
    if found is None:
        known = ", ".join(form.attachments) if form is not None and form.attachments else "none"
        raise FormRejected(field, f"the form has no field {field!r} that takes files; it has: {known}")
    return found


def shows(run: Run, task: Task, each: Attachment) -> bool:
    """Whether a task has an attachment that is kept: as its own, or as its form begins, or was completed, with it. Its
    id in a text is no file: whoever sees the case knows it, and may write it anywhere."""
    if each.task == task.id:
        return True
    version, engine = kept.engine_of(run, kept.case(run, task.case))
    form = version.forms.get(task.form)
    if form is None or not form.attachments:
        return False
    if task.state != "open":
        log = [entry for entry in case_log.log_of(run, task.case) if entry.task == task.id]
        return any(
            each.id in attachments.ids_in(entry.values.get(field)) for entry in log for field in form.attachments
        )
    work = next((one for one in engine.work() if one.id == task.id), None)
    return work is not None and attachments.begins_with(work, form, each)


def keep(driver: neo4j.Driver, task: str, by: str, sent: Uploaded, now: datetime) -> Attachment:
    """Keep a file that has arrived as a draft of who has the task. Raises Unknown, NotCandidate, AlreadyDone,
    AlreadyClaimed, TaskClosed, FormRejected, ChangeRejected."""

    def work(tx: neo4j.ManagedTransaction) -> Attachment:
        person, seen, _ = tasks.mine(tx, task, by, now)
        tasks.require_not_claimed(tx, seen, person)
        limits(tx, seen.task, sent.field)
        attachments.require_room(tx, task, person)
        tx.run(
            """
            MATCH (t:Task {id: $task})-[:OF_CASE]->(c:Case)
            CREATE (a:Attachment {id: $id, task: $task, element: t.element, kept: false, by: $by, at: $now})
            SET a += $sent
            CREATE (a)-[:OF_TASK]->(t)
            CREATE (a)-[:OF_CASE]->(c)
            """,
            task=task,
            id=sent.id,
            by=person,
            now=now.astimezone(UTC),
            sent={
                "field": sent.field, "name": sent.name, "type": sent.type, "size": sent.size, "state": sent.state,
                "cipher": sent.cipher, "key": sent.key, "tries": 0,
                "next_scan": now.astimezone(UTC) if sent.state == "waiting" else None,
            },
        ).consume()  # fmt: skip
        return attachments.attachment(tx, sent.id)

    return tasks.write(driver, work)


def remove(driver: neo4j.Driver, id_: str, by: str) -> None:
    """Remove an attachment that one has uploaded, before its task is completed. Raises Unknown (unknown_attachment)."""

    def work(tx: neo4j.ManagedTransaction) -> None:
        kept.lock_of_task(tx, attachments.attachment(tx, id_).task)
        found = attachments.attachment(tx, id_)  # as it is, now that the case is locked
        if not attachments.is_own_draft(tx, found, find(tx, "Person", by).uuid):
            raise attachments.unknown(id_)
        tx.run("MATCH (a:Attachment {id: $id}) DETACH DELETE a", id=id_).consume()

    tasks.write(driver, work)

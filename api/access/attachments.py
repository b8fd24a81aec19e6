"""Who fetches an attachment: until its task is completed who has uploaded it, then who sees a task that has it."""

from collections.abc import Iterable
from datetime import datetime

from api.access.rights import Access
from api.access.tasks import sees
from graph.connection import Run
from processes.cases import attachments, kept
from processes.cases.attaching import shows
from processes.cases.attachments import Attachment
from processes.cases.tasks import Look, looks


def fetchable(run: Run, access: Access, id_: str, now: datetime) -> Attachment:
    """Raises Unknown (unknown_attachment), as for one that isn't there."""
    found = attachments.attachment(run, id_)
    seen = looks(run, kept.tasks_of(run, found.case), now) if found.kept else []
    if not _may_fetch(run, access, found, seen):
        raise attachments.unknown(id_)
    return found


def fetchable_of(run: Run, access: Access, case: str, tasks: Iterable[Look]) -> list[Attachment]:
    """The attachments of a case that the caller may fetch. ``tasks``: those of the case, or of these only."""
    tasks = list(tasks)
    own = {each.task.id for each in tasks}
    found = [each for each in attachments.of_case(run, case) if each.kept or each.task in own]
    return [each for each in found if _may_fetch(run, access, each, tasks)]


def _may_fetch(run: Run, access: Access, each: Attachment, tasks: Iterable[Look]) -> bool:
    if not each.kept:
        return attachments.is_own_draft(run, each, access.person)
    return any(sees(run, access, one, access.person) and shows(run, one.task, each) for one in tasks)

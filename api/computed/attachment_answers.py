"""Files that are attached to tasks, as answers."""

from collections.abc import Iterable

from api.computed.contract import Answer, Plain, answer_type
from api.computed.task_answers import moment, names_of
from graph.connection import Run
from graph.model.kind import name_of
from processes.cases.attachments import Attachment
from processes.file_types import TYPES

ATTACHMENT = answer_type(
    "Attachment",
    "A file that a person has attached to a task",
    Plain("id", "ID!", "Id of the attachment: the value of its field"),
    Plain("field", "ID!", "The field of the form"),
    Plain("name", "String!", "Name of the file"),
    Plain("type", "String!", "Media type"),
    Plain("size", "Float!", "Size in bytes"),
    Plain("by", "String!", "Name of the person who attached it"),
    Plain("at", "Moment!", "When"),
    Plain("state", "AttachmentState!", "What the virus scanner found"),
    Plain("reason", "String", "Why the virus scanner refused it"),
    Plain("isDraft", "Boolean!", "Whether the caller attached it and may still remove it, as its task is open"),
    Plain("address", "String", "Path of its content on this service; null if it can't be fetched"),
)


def attachment_forms(run: Run, found: Iterable[Attachment]) -> list[Answer]:
    """Attachments that the caller may fetch, as answers."""
    found = list(found)
    names = names_of(run, {each.by for each in found})
    return [
        {
            "id": each.id,
            "field": each.field,
            "name": each.name,
            "type": TYPES[each.type].media,
            "size": each.size,
            "by": names.get(each.by, each.by),
            "at": moment(each.at),
            "state": name_of(each.state),
            "reason": each.reason or None,
            "isDraft": not each.kept,
            "address": f"/attachments/{each.id}" if each.state in ("clean", "not_scanned") else None,
        }
        for each in found
    ]

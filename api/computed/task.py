"""``task``: one task, as the person who has it sees it."""

import neo4j
import orjson

from api.access.attachments import fetchable_of
from api.access.rights import Access
from api.access.roles import OWNERS
from api.access.tasks import require_seen
from api.computed.attachment_answers import ATTACHMENT, attachment_forms
from api.computed.contract import Answer, Argument, ComputedField, Request
from api.computed.task_answers import TASK, task_forms
from graph.time import copenhagen_now
from processes.cases import tasks
from processes.cases.filling import values_of


def _answer(request: Request) -> list[Answer]:
    access = request.caller.access or Access(request.caller.name, request.caller.roles)
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        seen = tasks.look(session, request.arguments["task"], copenhagen_now())
        require_seen(session, access, seen, access.person)
        values = orjson.dumps(values_of(session, seen.task.id, access.person)).decode()
        files = attachment_forms(session, fetchable_of(session, access, seen.task.case, [seen]))
        (answer,) = task_forms(session, [seen], access.person)
        return [{**answer, "values": values, "attachments": files}]


FIELD = ComputedField(
    "task",
    "A task, for those who have it, have done it, have started its case or manage its unit, and who read the whole log",
    (ATTACHMENT,),
    OWNERS,
    _answer,
    many=False,
    arguments={"task": Argument("ID!", "Id of the task")},
    answers=TASK.name,
    in_part=True,
)

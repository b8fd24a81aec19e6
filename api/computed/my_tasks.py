"""``myTasks``: the caller's inbox."""

import neo4j

from api.access.roles import OWNERS
from api.computed.contract import FIRST, Answer, Argument, ComputedField, Request
from api.computed.task_answers import CANDIDATE, EXCLUDED, TASK, task_forms
from graph.time import copenhagen_now
from processes.cases.inbox import PARTS, inbox


def _answer(request: Request) -> list[Answer]:
    access = request.caller.access
    if access is None or access.person is None:
        return []  # a machine has no tasks
    wanted = request.get("parts") or ("mine", "standing_in", "asked")
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        found = inbox(
            session,
            access.person,
            [each for each in PARTS if each in wanted],
            copenhagen_now(),
            request.get("process"),
            request.get("order") or "urgent",
            request.first,
            request.get("after"),
        )
        parts = {each.look.task.id: each.parts for each in found}
        return task_forms(session, [each.look for each in found], access.person, parts)


FIELD = ComputedField(
    "myTasks",
    "The caller's open tasks, page by page; asked of the organisation as it is now",
    (TASK, CANDIDATE, EXCLUDED),
    OWNERS,
    _answer,
    arguments={
        "parts": Argument("[InboxPart!]", "Which parts of the inbox; by default MINE, STANDING_IN and ASKED"),
        "process": Argument("ID", "Only of this process"),
        "order": Argument("TaskOrder", "By default URGENT"),
        "first": FIRST,
        "after": Argument("ID", "Id of the last task of the page before"),
    },
    in_part=True,
)

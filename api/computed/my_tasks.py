"""``myTasks``: the caller's inbox."""

import neo4j

from api.access.roles import EVERYBODY
from api.computed.contract import FIRST, Answer, Argument, ComputedField, Request
from api.computed.task_answers import CANDIDATE, TASK, task_forms
from graph.time import copenhagen_now
from processes.cases.inbox import PARTS, inbox


def _answer(request: Request) -> list[Answer]:
    access = request.caller.access
    if access is None or access.person is None:
        return []  # a machine has no tasks
    part = request.get("part")
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        parts = [each for each in PARTS if each == part or (part is None and each in ("mine", "standing_in"))]
        found = inbox(session, access.person, parts, copenhagen_now(), request.get("process"))
        return task_forms(session, found[: request.first])


FIELD = ComputedField(
    "myTasks",
    "The caller's open tasks, the oldest first; asked of the organisation as it is now",
    (TASK, CANDIDATE),
    EVERYBODY,
    _answer,
    arguments={
        "part": Argument("InboxPart", "Which part of the inbox; by default what the caller has: MINE and STANDING_IN"),
        "process": Argument("ID", "Only of this process"),
        "first": FIRST,
    },
    in_part=True,
)

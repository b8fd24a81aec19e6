"""``taskFaults``: open tasks for which the organisation has nobody."""

import neo4j

from api.access.roles import LOG
from api.computed.contract import FIRST, Answer, ComputedField, Pages, Plain, Request, answer_type, newest_first
from api.computed.task_answers import task_forms
from graph.time import copenhagen_now
from processes.cases.inbox import at_fault


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        found = at_fault(session, copenhagen_now(), request.first)
        return [
            {**each, "heldBy": [one["name"] for one in each["candidates"]]} for each in task_forms(session, found, None)
        ]


FIELD = ComputedField(
    "taskFaults",
    "Open tasks for which the organisation has nobody, so that their fall-back has them, or nobody; the oldest first",
    (
        answer_type(
            "TaskFault",
            "A task for which the organisation has no holder",
            Plain("id", "ID!", "Id of the task"),
            Plain("case", "ID!", "Id of its case"),
            Plain("process", "ID!", "Id of the process"),
            Plain("name", "String!", "Name of the task"),
            Plain("made", "Moment!", "Since when it waits"),
            Plain("role", "String!", "Name of the role that is missing"),
            Plain("responsibility", "String", "The responsibility that the role must have, such as kle:27.12"),
            Plain("unit", "String", "Name of the unit that it is for"),
            Plain("fault", "String!", "Why there is no holder: no_holder, unit_not_active …"),
            Plain("heldBy", "[String!]", "Names of those who have it as its fall-back; none = nobody has it"),
        ),
    ),
    LOG,
    _answer,
    arguments={"first": FIRST},
    whole="looks at the tasks of the whole organisation",
    pages=Pages(order=lambda each: (-newest_first(each["made"]), each["id"])),
)

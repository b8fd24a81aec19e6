"""``myDelegations``: what the caller has delegated, and what was delegated to the caller."""

import neo4j

from api.access.roles import OWNERS
from api.computed.case_answers import current_name
from api.computed.contract import Answer, ComputedField, Plain, Request, answer_type
from api.computed.task_answers import names_of
from graph.identity.lookup import survivors
from graph.time import today
from processes.cases.delegations import delegations


def _answer(request: Request) -> list[Answer]:
    access = request.caller.access
    if access is None or access.person is None:
        return []  # a machine delegates nothing
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        found = delegations(session, access.person, today())
        persons = {who for each in found for who in (each.by, each.to)}
        names, called = names_of(session, persons), survivors(session, "Person", persons)
        processes = {each.process: current_name(session, each.process) for each in found}
        return [
            {
                "id": each.id,
                "process": each.process,
                "name": processes[each.process],
                "by": names.get(each.by, each.by),
                "to": names.get(each.to, each.to),
                "isMine": called.get(each.by, each.by) == access.person,
                "from": each.start.isoformat(),
                "until": each.end.isoformat(),
            }
            for each in found
        ]


FIELD = ComputedField(
    "myDelegations",
    "What the caller has delegated, and what was delegated to the caller, as far as it is not over",
    (
        answer_type(
            "OwnDelegation",
            "Somebody does another person's tasks of a process for some days",
            Plain("id", "ID!", "Its id, to end it"),
            Plain("process", "ID!", "The process"),
            Plain("name", "String!", "Name of the process"),
            Plain("by", "String!", "Name of who has delegated"),
            Plain("to", "String!", "Name of who does the tasks"),
            Plain("isMine", "Boolean!", "The caller has delegated"),
            Plain("from", "Date!", "The first day"),
            Plain("until", "Date!", "The day after the last"),
        ),
    ),
    OWNERS,
    _answer,
    in_part=True,
)

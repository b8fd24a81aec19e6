"""``processCase``: one case, with its log, its place in the diagram and its tasks."""

import neo4j

from api.access.attachments import fetchable_of
from api.access.rights import Access
from api.access.roles import OWNERS
from api.access.tasks import seen_case
from api.computed.attachment_answers import attachment_forms
from api.computed.case_answers import CASE_TYPES, case_form
from api.computed.contract import Answer, Argument, ComputedField, Request
from graph.time import copenhagen_now


def _answer(request: Request) -> list[Answer]:
    access = request.caller.access or Access(request.caller.name, request.caller.roles)
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        case, tasks = seen_case(session, access, request.arguments["case"], copenhagen_now())
        files = fetchable_of(session, access, case.id, tasks)
        form = case_form(session, case, tasks, access.person, {each.id for each in files})
        return [{**form, "attachments": attachment_forms(session, files)}]


FIELD = ComputedField(
    "processCase",
    "A case, for those who see one of its tasks",
    CASE_TYPES,
    OWNERS,
    _answer,
    many=False,
    arguments={"case": Argument("ID!", "Id of the case")},
    in_part=True,
)

"""``processGaps``: the units in which the organisation has nobody for a task of a process."""

from itertools import islice

import neo4j

from api.access.roles import LOG
from api.computed.contract import AT, FIRST, Answer, Argument, ComputedField, Pages, Plain, Request, answer_type
from api.computed.task_answers import names_of, titles_of
from graph.collation import sort_key
from processes.cases import definitions
from processes.simulation import gaps


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        version = definitions.current(session, request.arguments["process"])
        form = version.forms.get(version.definition.start_form)
        found = list(islice(gaps(session, version.definition, form, request.day), request.first))
        persons = {one.person for each in found for one in each.route.candidates}
        called = names_of(session, persons | {each.unit for each in found})
        titles = titles_of(session, {each.task.place.role for each in found})
        return [
            {
                "unitUuid": each.unit,
                "unit": called.get(each.unit, each.unit),
                "element": each.task.element,
                "name": each.task.name,
                "role": titles.get(each.task.place.role, each.task.place.role),
                "responsibility": each.task.place.responsibility or None,
                "fault": each.route.fault,
                "heldBy": [called.get(one.person, one.person) for one in each.route.candidates],
            }
            for each in found
        ]


FIELD = ComputedField(
    "processGaps",
    "The units in which the organisation would have nobody for a task of a process on a day, so that the fall-back "
    "would have it, or nobody; of all units that are open on the day, by name",
    (
        answer_type(
            "ProcessGap",
            "A unit in which the organisation has nobody for a task",
            Plain("unitUuid", "ID!", "UUID of the unit"),
            Plain("unit", "String!", "Name of the unit"),
            Plain("element", "ID!", "Id of the task in the diagram"),
            Plain("name", "String!", "Name of the task"),
            Plain("role", "String!", "Name of the role that is missing"),
            Plain("responsibility", "String", "The responsibility that the role must have, such as kle:27.12"),
            Plain("fault", "String!", "Why there is no holder: no_holder, unknown_role …"),
            Plain("heldBy", "[String!]", "Names of those who would have it as its fall-back; none = nobody would"),
        ),
    ),
    LOG,
    _answer,
    arguments={"process": Argument("ID!", "Id of the process"), "at": AT, "first": FIRST},
    looks_at=("Unit", "Assignment"),
    only_now="the organisation is asked as it is known now",
    whole="looks at the units of the whole organisation",
    pages=Pages(order=lambda each: (sort_key(each["unit"]), each["unitUuid"], each["element"])),
)

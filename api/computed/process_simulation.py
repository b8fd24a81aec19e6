"""``processSimulation``: who would have each task of a process, if it were started for a unit."""

import neo4j

from api.access.rights import Access
from api.access.roles import LOG
from api.access.tasks import names
from api.computed.contract import AT, Answer, Argument, ComputedField, Part, Plain, Request, answer_type
from api.computed.task_answers import names_of, titles_of
from api.json_argument import json_object
from graph.connection import Run
from graph.model.kind import name_of
from processes.cases import definitions
from processes.cases.tasks import checked_values
from processes.simulation import Simulated, simulate


def _answer(request: Request) -> list[Answer]:
    access = request.caller.access or Access(request.caller.name, request.caller.roles)
    unit = request.find("Unit", request.arguments["unit"])
    given = json_object(request.get("values") or "{}", "values")
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        version = definitions.current(session, request.arguments["process"])
        form = version.forms.get(version.definition.start_form)
        values = checked_values(session, form, given, names(request.driver, access))
        return _forms(session, list(simulate(session, version.definition, form, [unit], request.day, values)))


def _forms(run: Run, found: list[Simulated]) -> list[Answer]:
    persons = {who for each in found for one in each.route.candidates for who in (one.person, one.instead_of) if who}
    units = {unit for each in found for unit in (each.task_unit, each.route.level_unit, each.route.closed_unit) if unit}
    called = names_of(run, persons | units)
    titles = titles_of(run, {each.task.place.role for each in found})
    return [
        {
            "element": each.task.element,
            "name": each.task.name,
            "role": titles.get(each.task.place.role, each.task.place.role),
            "responsibility": each.task.place.responsibility or None,
            "unit": called.get(each.task_unit or ""),
            "isAssumed": each.assumed,
            "levelUnit": called.get(each.route.level_unit or ""),
            "steps": each.route.steps,
            "closedUnit": called.get(each.route.closed_unit or ""),
            "fault": each.route.fault or None,
            "candidates": [
                {
                    "person": one.person,
                    "name": called.get(one.person, one.person),
                    "how": name_of(one.how),
                    "insteadOf": called.get(one.instead_of or ""),
                }
                for one in each.route.candidates
            ],
        }
        for each in found
    ]


FIELD = ComputedField(
    "processSimulation",
    "Who would have each task of a process on a day, if it were started for a unit. Nothing is started. No task is "
    "late, and of two that nobody does both, the first who has one is taken to do it",
    (
        answer_type(
            "SimulatedTask",
            "A task of a process, and who would have it",
            Plain("element", "ID!", "Its id in the diagram"),
            Plain("name", "String!", "Its name"),
            Plain("role", "String!", "Name of the role that has it"),
            Plain("responsibility", "String", "The responsibility that the role must have, such as kle:27.12"),
            Plain("unit", "String", "Name of the unit that it would be for; null = it names none"),
            Plain(
                "isAssumed", "Boolean!",
                "The case would learn the task's unit only on its way, so the unit stands for it",
            ),
            Plain("levelUnit", "String", "Name of the unit whose holder has it; null = the fall-back, or nobody"),
            Plain("steps", "Int", "How many units that is above the task's unit"),
            Plain("closedUnit", "String", "Name of its unit, if that is closed on the day"),
            Plain("fault", "String", "Why the organisation has no holder for it: no_holder, unit_not_active …"),
            Part("candidates", "SimulatedCandidate", "Who would have it, in order", many=True),
        ),
        answer_type(
            "SimulatedCandidate",
            "A person who would have a task",
            Plain("person", "ID!", "UUID of the person"),
            Plain("name", "String!", "Name of the person"),
            Plain("how", "TaskHow!", "How they would have it"),
            Plain("insteadOf", "String", "Name of the person in whose place; null = in person"),
        ),
    ),
    LOG,
    _answer,
    arguments={
        "process": Argument("ID!", "Id of the process"),
        "unit": Argument("ID!", "The unit: UUID, or a source's key"),
        "values": Argument("String", "More of what its start form takes, as JSON; fields of units have the unit"),
        "at": AT,
    },
    only_now="the organisation is asked as it is known now",
    whole="names the people of the whole organisation",
)  # fmt: skip

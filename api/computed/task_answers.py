"""Tasks as answers: who has them, and the sentence why."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any

import orjson

from api.computed.contract import Answer, Part, Plain, answer_type
from graph.connection import Run
from graph.identity.lookup import survivors
from graph.model.kind import name_of
from processes.cases import definitions, kept
from processes.cases.definitions import Version
from processes.cases.inbox import PARTS
from processes.cases.inbox import Part as InboxPart
from processes.cases.tasks import Look
from processes.routing import Candidate

TASK = answer_type(
    "Task",
    "Something that a person is to do in a case",
    Plain("id", "ID!", "Id of the task"),
    Plain("case", "ID!", "Id of its case"),
    Plain("process", "String!", "Id of the process"),
    Plain("element", "String!", "Its id in the diagram"),
    Plain("name", "String!", "Its name"),
    Plain("state", "TaskState!", "Whether somebody has it, or has done it"),
    Plain("made", "Moment!", "Since when it waits"),
    Plain("unit", "String", "Name of the unit that it is for"),
    Plain("person", "String", "Name of the person that its case is about"),
    Plain("role", "String!", "Name of the role that has it"),
    Plain("responsibility", "String", "The responsibility that the role must have, such as kle:27.12"),
    Plain("walked", "[String!]", "Names of the units in which the role was looked for, from its unit upwards"),
    Plain("escalations", "Int!", "How often it has gone one level up, as it was late"),
    Plain("parts", "[InboxPart!]", "In `myTasks`: the parts of the inbox that it is in"),
    Plain("can", "[TaskAction!]", "What the caller may do with it now"),
    Plain("levelUnit", "String", "Name of the unit whose holder has it; null = the fall-back has it, or nobody"),
    Plain("steps", "Int", "How many units that is above the task's unit"),
    Plain("closedUnit", "String", "Name of its unit, if that has closed"),
    Plain("fault", "String", "Why the organisation has no holder for it: no_holder, unit_not_active …"),
    Plain("claimedBy", "String", "The person who has taken it on"),
    Plain("question", "String", "What the person who has the task asked; null = nothing"),
    Plain("askedBy", "String", "The person who asks"),
    Plain("askedOf", "String", "The person who is asked"),
    Plain("lapsed", "String", "The person who had taken it on and no longer has it"),
    Plain("doneBy", "String", "Who has completed it"),
    Plain("doneFor", "String", "The person for whom it was done; null = in person"),
    Plain("doneAt", "Moment", "When it was completed"),
    Plain("form", "String", "JSON Schema of its form; null = it has none"),
    Plain("incident", "String", "Of a task of its process's owner: why the step can't be made; done = made again"),
    Part("excludesWhoDid", "ExcludedTask", "Those tasks of its case whose doers may not have this one", many=True),
    Plain(
        "values", "String", "In `task`: what its form begins with, as JSON: the caller's draft, or else what is known"
    ),
    Part("attachments", "Attachment", "In `task`: the files of its form; one's own, or those of the case", many=True),
    Part("candidates", "TaskCandidate", "Who has it now, in order; once it is done, nobody", many=True),
)
EXCLUDED = answer_type(
    "ExcludedTask",
    "A task whose doers may not have another of its case",
    Plain("element", "ID!", "Its id in the diagram"),
    Plain("name", "String!", "Its name"),
)
CANDIDATE = answer_type(
    "TaskCandidate",
    "A person who has a task",
    Plain("person", "ID!", "UUID of the person"),
    Plain("name", "String!", "Name of the person"),
    Plain("how", "TaskHow!", "How they have it"),
    Plain("insteadOf", "String", "Name of the person in whose place; null = in person"),
    Plain("why", "String!", "Why, in a sentence"),
)


def task_forms(
    run: Run,
    looks: Iterable[Look],
    person: str | None,
    parts: Mapping[str, Collection[InboxPart]] = MappingProxyType({}),
) -> list[Answer]:
    """Tasks as answers of the type ``Task``. ``person``: who asks; ``parts``: by task, of that person's inbox."""
    looks = list(looks)
    cases = {each.task.case: kept.case(run, each.task.case) for each in looks}
    persons = {person for each in looks for person in _persons(each)}
    persons |= {case.person for case in cases.values() if case.person}
    units = {
        unit
        for each in looks
        for unit in (each.task.asked.unit, each.route.level_unit, each.route.closed_unit, *each.route.path)
        if unit
    }
    asked = survivors(run, "Person", {each.task.question.of for each in looks if each.task.question is not None})
    names = names_of(run, persons | units) | titles_of(run, {each.task.asked.role for each in looks})
    return [
        {
            **_form(run, each, cases[each.task.case], names),
            "parts": [name_of(part) for part in PARTS if part in parts.get(each.task.id, ())],
            "can": [name_of(action) for action in _can(each, person, asked)],
        }
        for each in looks
    ]


def _can(seen: Look, person: str | None, asked: Mapping[str, str]) -> list[str]:
    """What a person may do with a task, as ``processes.cases.tasks`` lets them. ``asked``: as people are known today,
    by the uuids of those who are asked."""
    question = seen.task.question
    answers = ["answer"] if question is not None and person is not None and asked.get(question.of) == person else []
    return [*_can_do(seen, person), *(answers if seen.task.state == "open" else [])]


def _can_do(seen: Look, person: str | None) -> list[str]:
    has = None if person is None else seen.route.of(person)
    if has is None or seen.claimed not in (None, person):
        return []
    first = "claim" if seen.claimed is None else "give_back"
    return [first, *(["hand"] if has.how != "delegate" else []), "ask", "complete"]


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _form(run: Run, seen: Look, case: kept.CaseRow, names: Mapping[str, str]) -> Answer:
    task, route = seen.task, seen.route
    done = task.done
    question = task.question if task.state == "open" else None
    named = {each: names.get(each or "", each) for each in (*_persons(seen), case.person, task.asked.unit)}
    return {
        "id": task.id,
        "case": task.case,
        "process": task.asked.process,
        "element": task.element,
        "name": task.name,
        "state": name_of(task.state),
        "made": moment(task.made),
        "unit": named.get(task.asked.unit),
        "person": named.get(case.person),
        "role": names.get(task.asked.role, task.asked.role),
        "responsibility": task.asked.responsibility or None,
        "walked": [names.get(each, each) for each in route.path],
        "escalations": task.asked.escalations,
        "levelUnit": None if route.level_unit is None else names.get(route.level_unit, route.level_unit),
        "steps": route.steps,
        "closedUnit": None if route.closed_unit is None else names.get(route.closed_unit, route.closed_unit),
        "excludesWhoDid": _excludes_who_did(run, task, case),
        "fault": route.fault or None,
        "claimedBy": named.get(seen.claimed),
        "question": None if question is None else question.text,
        "askedBy": None if question is None else named.get(question.by),
        "askedOf": None if question is None else named.get(question.of),
        "lapsed": named.get(seen.lapsed),
        "doneBy": None if done is None else named.get(done.by),
        "doneFor": None if done is None else named.get(done.instead_of),
        "doneAt": None if done is None else moment(done.at),
        "form": _schema(run, task, case),
        "incident": _problem(task, case),
        "values": None,
        "attachments": [],
        "candidates": [
            {
                "person": each.person,
                "name": named[each.person],
                "how": name_of(each.how),
                "insteadOf": named.get(each.instead_of),
                "why": _why(each, seen, named, names),
            }
            for each in (route.candidates if task.state == "open" else ())
        ],
    }


def _excludes_who_did(run: Run, task: kept.Task, case: kept.CaseRow) -> list[Answer]:
    """By name; of tasks that are called alike each."""
    if not task.exclude_who_did:
        return []
    version = _version(run, case)
    nodes = {} if version is None else version.definition.nodes
    names = {each: nodes[each].name for each in task.exclude_who_did if each in nodes}
    named = sorted((names.get(each) or each, each) for each in task.exclude_who_did)
    return [{"element": element, "name": name} for name, element in named]


def _problem(task: kept.Task, case: kept.CaseRow) -> str | None:
    """Of a task for an incident, why the step can't be made."""
    if not task.incident:
        return None
    return next((each["text"] for each in case.incidents if each["task"] == task.incident), "")


def _schema(run: Run, task: kept.Task, case: kept.CaseRow) -> str | None:
    if not task.form:
        return None
    version = _version(run, case)
    form = None if version is None else version.forms.get(task.form)
    return None if form is None else orjson.dumps(dict(form.schema)).decode()


def _version(run: Run, case: kept.CaseRow) -> Version | None:
    """The version of a case as it is now: a task that was done before the case was moved may name what it lacks."""
    return definitions.readable(partial(definitions.version, run, case.version, case.digest))


def _why(each: Candidate, seen: Look, named: Mapping[Any, Any], names: Mapping[str, str]) -> str:
    role, level = seen.task.asked.role, names.get(seen.route.level_unit or "", "")
    name, other = named[each.person], named.get(each.instead_of)
    if each.how == "delegate":
        return f"{other} has it, and lets {name} do it"
    if each.how == "fallback":
        return f"No {role} was found, so the fall-back has it" + (f"; {name} stands in for {other}" if other else "")
    if each.how == "escalated":
        return f"It is late, so the next {role} above {level} has it, too"
    where = f"{role} for {level}" + (f", {seen.route.steps} above its unit" if seen.route.steps else "")
    return f"{name} stands in for {other}, who is {where}, and away" if other else f"{name} is {where}"


def _persons(seen: Look) -> set[str]:
    found = {seen.claimed, seen.lapsed}
    for each in seen.route.candidates:
        found |= {each.person, each.instead_of}
    if seen.task.question is not None:
        found |= {seen.task.question.by, seen.task.question.of}
    if seen.task.done is not None:
        found |= {seen.task.done.by, seen.task.done.instead_of}
    return {each for each in found if each is not None}


def titles_of(run: Run, roles: set[str]) -> dict[str, str]:
    """What roles are called, by their keys."""
    rows = run.run(
        "UNWIND $roles AS role MATCH (r:Role {key: role}) WHERE r.title IS NOT NULL RETURN role, r.title AS title",
        roles=sorted(roles),
    )
    return {row["role"]: row["title"] for row in rows}


def names_of(run: Run, uuids: set[str]) -> dict[str, str]:
    """What persons, units, positions and systems are called today, by their uuids."""
    rows = run.run(
        """
        UNWIND $uuids AS uuid
        MATCH (:Person|Unit|Position|ItSystem {uuid: uuid})-[:JOINED_INTO*0..]->(n)
        WHERE NOT EXISTS { (n)-[:JOINED_INTO]->() } AND coalesce(n.name, n.title) IS NOT NULL
        RETURN uuid, coalesce(n.name, n.title) AS name
        """,
        uuids=sorted(uuids),
    )
    return {row["uuid"]: row["name"] for row in rows}

"""Cases as answers: in a list, and one with its log, its place and what was answered so far."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from api.computed.contract import Answer, Part, Plain, answer_type
from api.computed.task_answers import moment, names_of, task_forms
from graph.connection import Run
from graph.identity.lookup import survivors
from graph.model.kind import name_of
from processes.cases import attachments, case_log, definitions, kept, letters
from processes.cases.case_log import LogEntry
from processes.cases.definitions import Version
from processes.cases.kept import CaseRow, Task
from processes.cases.listed import Listed, state_of
from processes.cases.tasks import STARTER, Look
from processes.engine.case import Case
from processes.engine.errors import ProcessError
from processes.forms import KINDS, Form
from processes.templates import page

_COMMON = (
    Plain("id", "ID!", "Id of the case"),
    Plain("process", "ID!", "Id of the process"),
    Plain("name", "String!", "Name of the process"),
    Plain("state", "CaseState!", "Whether it goes on, and otherwise how it ended"),
    Plain("unit", "String", "Name of the unit that it is about"),
    Plain("person", "String", "Name of the person whom it is about"),
    Plain("started", "Moment!", "When it was started"),
    Plain("startedBy", "String", "Who has started it; null = no person"),
    Plain("ended", "Moment", "When it ended; null = it goes on"),
)
LISTED = (*_COMMON, Plain("waitsFor", "[String!]", "Names of its open tasks"))
CASE = answer_type(
    "ProcessCase",
    "A case: one run of a process",
    *_COMMON,
    Plain("version", "Int!", "The version of the definition on which it runs"),
    Plain("unitUuid", "ID", "UUID of the unit"),
    Plain("personUuid", "ID", "UUID of the person"),
    Plain("due", "Moment", "When its next timer is due; null = it waits for none"),
    Plain("diagram", "String", "The process, as BPMN; null = its version can't be read"),
    Plain("unreadable", "String", "Why its state can't be read any more, so that it can only be ended; null = it can"),
    Plain("done", "[ID!]", "Ids of the elements of the diagram that are done"),
    Plain("active", "[ID!]", "Ids of the elements where it is now"),
    Plain("canWithdraw", "Boolean!", "Whether the caller has started it, and may withdraw it"),
    Plain("fields", "String", "JSON Schema of what its forms ask for, to repair an incident; null = it has none"),
    Plain("messages", "[ID!]", "Names of the messages for which it waits"),
    Part("incidents", "CaseIncident", "The steps that can't be made", many=True),
    Part("answers", "CaseAnswer", "What was filled in so far, each field once, as it was filled in last", many=True),
    Part("filledIn", "CaseFilledIn", "The same by start, task and repair: who filled in what, and when", many=True),
    Part(
        "attachments", "Attachment", "The files that are attached to it, of those that the caller may fetch", many=True
    ),
    Part("tasks", "Task", "Its tasks, in the order in which they were reached", many=True),
    Part("letters", "CaseLetter", "The letters that it has made", many=True),
    Part("log", "CaseLogEntry", "What was done with it, in order", many=True),
)
INCIDENT = answer_type(
    "CaseIncident",
    "A step of a case that can't be made",
    Plain("step", "ID!", "Id of the step within its case"),
    Plain("element", "ID!", "Its id in the diagram"),
    Plain("name", "String!", "Name of the step"),
    Plain("text", "String!", "Why it can't be made"),
    Plain("at", "Moment!", "When it was tried last"),
)
ANSWER = answer_type(
    "CaseAnswer",
    "Something that was filled in",
    Plain("field", "ID!", "The field of the form"),
    Plain("title", "String!", "Name of the field"),
    Plain("format", "String", "unit, person, date … = its format, choice = one of some values"),
    Plain("value", "String!", "Its value, as JSON"),
    Plain("shown", "String!", "Its value, with names for units and persons"),
)
FILLED_IN = answer_type(
    "CaseFilledIn",
    "What was filled in at one time, in a form, a repair or a message",
    Plain("action", "CaseAction!", "STARTED, COMPLETED, REPAIRED or DELIVERED"),
    Plain("task", "ID", "Id of the task; null = the start, or a repair"),
    Plain("name", "String!", "What the task is called, the step that was repaired, or the process"),
    Plain("unit", "String", "Name of the unit of the task"),
    Plain("at", "Moment!", "When"),
    Plain("by", "String", "Name of who has done it; null = no person"),
    Plain("insteadOf", "String", "Name of the person in whose place; null = in person"),
    Part("answers", "CaseAnswer", "The fields", many=True),
)
ENTRY = answer_type(
    "CaseLogEntry",
    "Something that was done with a case",
    Plain("action", "CaseAction!", "What was done"),
    Plain("at", "Moment!", "When"),
    Plain("by", "String", "Name of who has done it; null = time, or the process itself"),
    Plain("insteadOf", "String", "Name of the person in whose place; null = in person"),
    Plain("task", "String", "Name of the task that it was done with; null = with the case"),
    Plain("reason", "String", "The reason that was given"),
)
LETTER = answer_type(
    "CaseLetter",
    "A letter that a case has made",
    Plain("id", "ID!", "Id of the letter"),
    Plain("title", "String!", "Name of the step that has made it"),
    Plain("language", "String!", "da or en"),
    Plain("subject", "String!", "Its subject"),
    Plain("text", "String!", "Its text"),
    Plain("html", "String!", "The same as a page, to print or to save"),
    Plain("made", "Moment!", "When it was made"),
)
_NAMED = frozenset(KINDS)
"""Formats of fields that name a thing."""
_Answered = tuple[str, str, str, Any]
"""Field, title, format and value."""
CASE_TYPES = (CASE, INCIDENT, ANSWER, FILLED_IN, LETTER, ENTRY)


def summary_forms(run: Run, found: Sequence[Listed]) -> list[Answer]:
    """Cases as answers with the fields ``LISTED``."""
    names = names_of(run, {each for one in found for each in _named(one.case)})
    return [{**_common(run, each.case, names), "waitsFor": list(each.waits_for)} for each in found]


def case_form(
    run: Run, case: CaseRow, tasks: Sequence[Look], person: str | None, fetchable: Collection[str] = ()
) -> Answer:
    """A case as an answer of the type ``ProcessCase``. ``person``: who asks. ``fetchable``: ids of the files whose
    content they may have; of others the type stands for the name, which may tell what is in them."""
    version, engine, unreadable = _read(run, case)
    log = case_log.log_of(run, case.id)
    filled_in = [each for each in log if each.values]
    variables = {} if engine is None else engine.variables
    answers = _answers(version, {**variables, **{k: v for each in filled_in for k, v in each.values.items()}})
    of_task = {each.task.id: each.task for each in tasks}
    in_forms = [_filled_in(version, each, of_task.get(each.task)) for each in filled_in]
    uuids = {who for each in log for who in (each.by, each.instead_of) if who}
    uuids |= {
        each for some in (answers, *in_forms) for _, _, form, value in some if form in _NAMED for each in _texts(value)
    }
    uuids |= {each.asked.unit for each in of_task.values() if each.asked.unit}
    names = names_of(run, uuids | set(_named(case))) | {
        each.id: each.name if each.id in fetchable else each.type.upper() for each in attachments.of_case(run, case.id)
    }
    done, active = (frozenset[str](), frozenset[str]()) if engine is None else engine.reached
    if not case.is_open:  # a person may have ended it in between
        active = frozenset()

    def called(element: str) -> str:
        node = None if version is None else version.definition.nodes.get(element)
        return element if node is None else node.name or element

    return {
        **_common(run, case, names),
        "version": case.number,
        "unitUuid": case.unit,
        "personUuid": case.person,
        "due": None if case.due is None else moment(case.due),
        "diagram": None if version is None else version.definition.drawing.decode(),
        "unreadable": unreadable,
        "done": sorted(done),
        "active": sorted(active),
        "messages": sorted(engine.messages) if case.is_open and engine is not None else [],
        "canWithdraw": case.is_open and person is not None and _is_starter(run, case, person),
        "fields": orjson.dumps(_all_fields(version)).decode() if case.incidents and version is not None else None,
        "incidents": [
            {
                "step": each["task"],
                "element": each["element"],
                "name": called(each["element"]),
                "text": each["text"],
                "at": each["at"],
            }
            for each in case.incidents
        ],
        "answers": _answer_forms(answers, names),
        "filledIn": [
            {
                "action": name_of(each.action),
                "task": each.task or None,
                "name": called(each.element) if each.element else kept.process_name(run, case),
                "unit": names.get(of_task[each.task].asked.unit or "") if each.task in of_task else None,
                "at": moment(each.at),
                "by": names.get(each.by or "", each.by),
                "insteadOf": names.get(each.instead_of or "", each.instead_of),
                "answers": _answer_forms(fields, names),
            }
            for each, fields in zip(filled_in, in_forms, strict=True)
            if fields
        ],
        "tasks": task_forms(run, tasks, person),
        "letters": [
            {
                "id": each.id,
                "title": each.title,
                "language": each.language,
                "subject": each.subject,
                "text": each.text,
                "html": page(each.subject, each.text, each.language),
                "made": moment(each.made),
            }
            for each in letters.letters_of(run, case.id)
        ],
        "log": [
            {
                "action": name_of(each.action),
                "at": moment(each.at),
                "by": names.get(each.by or "", each.by),
                "insteadOf": names.get(each.instead_of or "", each.instead_of),
                "task": called(each.element) if each.element else None,
                "reason": each.reason or None,
            }
            for each in log
        ],
    }


def _read(run: Run, case: CaseRow) -> tuple[Version | None, Case | None, str | None]:
    """The version of a case and the case, as far as they can be read, and why they can't."""
    version = definitions.readable(partial(definitions.version, run, case.version, case.digest))
    try:
        return *kept.engine_of(run, case), None
    except ProcessError as wrong:
        return version, None, str(wrong)


def _is_starter(run: Run, case: CaseRow, person: str) -> bool:
    started_by = case.started_by
    return started_by is not None and survivors(run, "Person", [started_by]).get(started_by) == person


def current_name(run: Run, process: str) -> str:
    """What a process is called now; its id, if the version can't be read."""
    found = definitions.readable(partial(definitions.current, run, process))
    return process if found is None else found.definition.name


def _common(run: Run, case: CaseRow, names: Mapping[str, str]) -> Answer:
    return {
        "id": case.id,
        "process": case.process,
        "name": kept.process_name(run, case),
        "state": name_of(state_of(case)),
        "unit": names.get(case.unit or "", case.unit),
        "person": names.get(case.person or "", case.person),
        "started": moment(case.started),
        "startedBy": names.get(case.started_by or "", case.started_by),
        "ended": None if case.ended is None else moment(case.ended),
    }


def _named(case: CaseRow) -> Iterable[str]:
    return (each for each in (case.unit, case.person, case.started_by) if each)


def _answers(version: Version | None, values: Mapping[str, Any]) -> list[_Answered]:
    """What the forms of a case have so far, each field once, in their order."""
    if version is None:
        return []
    start = version.forms.get(version.definition.start_form)
    forms = ([start] if start is not None else []) + list(version.forms.values())
    once = dict.fromkeys(field for form in forms for field in form.fields)
    return _fields(forms, {field: values.get(field) for field in once})


def _filled_in(version: Version | None, entry: LogEntry, task: Task | None) -> list[_Answered]:
    """What a person filled in. Titles come from its form, or else from any form that has the field."""
    if version is None:
        return _fields((), {field: value for field, value in entry.values.items() if field != STARTER})
    name = version.definition.start_form if task is None else task.form
    own = version.forms.get(name) if entry.action not in ("repaired", "delivered") else None
    forms = ([own] if own is not None else []) + list(version.forms.values())
    return _fields(forms, {field: value for field, value in entry.values.items() if field != STARTER})


def _fields(forms: Sequence[Form], values: Mapping[str, Any]) -> list[_Answered]:
    found = []
    for field, value in values.items():
        if value not in (None, "", []):
            schema: Mapping[str, Any] = next(
                (form.schema["properties"][field] for form in forms if field in form.fields), {}
            )
            kind = str(schema.get("format") or ("choice" if "enum" in schema else ""))
            found.append((field, str(schema.get("title") or field), kind, value))
    return found


def _answer_forms(answers: Iterable[_Answered], names: Mapping[str, str]) -> list[Answer]:
    return [
        {
            "field": field,
            "title": title,
            "format": kind or None,
            "value": orjson.dumps(value).decode(),
            "shown": ", ".join(names.get(each, each) for each in _texts(value)),
        }
        for field, title, kind, value in answers
    ]


def _all_fields(version: Version) -> Answer:
    """All fields of the forms of a case, as one form that needs none of them."""
    found: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    for form in version.forms.values():
        found = {**form.schema["properties"], **found}
        shared = {**form.schema.get("$defs", {}), **shared}
    return {"type": "object", "$defs": shared, "properties": {name: found[name] for name in found if name != STARTER}}


def _texts(value: object) -> list[str]:
    if isinstance(value, list):
        return [each for one in value for each in _texts(one)]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [value if isinstance(value, str) else orjson.dumps(value).decode()]

"""``processDefinition``: the files of a process, as they are deployed now."""

import neo4j
import orjson

from api.computed.contract import Answer, Argument, ComputedField, Part, Plain, Request, answer_type
from processes.cases import definitions
from processes.templates import files_of


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        version = definitions.current(session, request.arguments["process"])
    files = {name: content.decode() for name, content in version.definition.documents.items()}
    files |= {f"{name}.json": _shown(form.schema) for name, form in version.forms.items()}
    files |= files_of(version.templates)
    return [
        {
            "id": version.process,
            "name": version.definition.name,
            "version": version.number,
            "files": [{"name": name, "content": content} for name, content in sorted(files.items())],
        }
    ]


def _shown(schema: object) -> str:
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode()


FIELD = ComputedField(
    "processDefinition",
    "The files of a process as it is deployed now: what deployProcess takes",
    (
        answer_type(
            "ProcessDefinition",
            "A definition of a process",
            Plain("id", "ID!", "Id of the process"),
            Plain("name", "String!", "Name of the process"),
            Plain("version", "Int!", "Number of the version, counted from 1"),
            Part("files", "ProcessFile", "Its diagrams, decision tables, forms and templates", many=True),
        ),
        answer_type(
            "ProcessFile",
            "A file of a definition",
            Plain("name", "String!", "Its name: hire.bpmn, pay.dmn, request.json, told.da.mail"),
            Plain("content", "String!", "The text of the file"),
        ),
    ),
    frozenset({"organisation", "operations", "auditor"}),
    _answer,
    many=False,
    arguments={"process": Argument("ID!", "Id of the process")},
    whole="reads what the whole organisation runs",
)

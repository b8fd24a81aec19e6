"""``processes``: what can be started, and what of that by the caller."""

from functools import partial

import neo4j
import orjson

from api.access.processes import may_start
from api.access.rights import Access
from api.access.roles import OWNERS
from api.computed.contract import Answer, Argument, ComputedField, Plain, Request, answer_type
from graph.connection import Run
from graph.time import today
from processes.cases import definitions
from processes.cases.definitions import Version
from processes.cases.starting import startable

_NUMBERS = """
MATCH (v:ProcessVersion)-[:VERSION_OF]->(p:Process)
RETURN p.id AS id, max(v.number) AS number ORDER BY id
"""


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        numbers = dict(session.run(_NUMBERS).values())
        found = {each: definitions.readable(partial(definitions.current, session, each)) for each in numbers}
        versions = [each for each in found.values() if each is not None]
        if request.get("startable"):
            return [_shown(each) for each in _startable(session, versions, request.caller.access)]
    return [_unread(id_, numbers[id_]) if each is None else _shown(each) for id_, each in found.items()]


def _startable(run: Run, versions: list[Version], access: Access | None) -> list[Version]:
    """Those of which the caller may start a case; a machine starts it for a person, who is asked for then."""
    if access is None:
        return []
    found = [each for each in versions if may_start(each.definition.unattended, access)]
    if access.person is None:
        return found
    mine = startable(run, found, access.person, today())
    return [each for each in found if each.process in mine]


def _shown(version: Version) -> Answer:
    form = version.forms.get(version.definition.start_form)
    return {
        "id": version.process,
        "name": version.definition.name,
        "version": version.number,
        "form": None if form is None else orjson.dumps(dict(form.schema)).decode(),
    }


def _unread(process: str, number: int) -> Answer:
    """A process of which the version can't be read: it is there, and has no name but its id."""
    return {"id": process, "name": process, "version": number, "form": None}


FIELD = ComputedField(
    "processes",
    "The processes that are deployed",
    (
        answer_type(
            "Process",
            "A process, as it is deployed now",
            Plain("id", "ID!", "Id of the process"),
            Plain("name", "String!", "Name of the process"),
            Plain("version", "Int!", "The version with which new cases start"),
            Plain("form", "String", "JSON Schema of the form with which it is started; null = it has none"),
        ),
    ),
    OWNERS,
    _answer,
    arguments={"startable": Argument("Boolean", "Only those of which the caller may start a case")},
    in_part=True,
)

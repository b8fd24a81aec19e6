"""``processes``: what can be started, and what of that by the caller."""

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


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        ids = session.run("MATCH (p:Process) RETURN p.id AS id ORDER BY id").value()
        versions = [definitions.current(session, each) for each in ids]
        if request.get("startable"):
            versions = _startable(session, versions, request.caller.access)
    return [_shown(each) for each in versions]


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


FIELD = ComputedField(
    "processes",
    "The processes that are deployed",
    (
        answer_type(
            "Process",
            "A process, as it is deployed now",
            Plain("id", "ID!", "Its id"),
            Plain("name", "String!", "What it is called"),
            Plain("version", "Int!", "The version with which new cases start"),
            Plain("form", "String", "JSON Schema of the form with which it is started; null = it has none"),
        ),
    ),
    OWNERS,
    _answer,
    arguments={"startable": Argument("Boolean", "Only those of which the caller may start a case")},
    in_part=True,
)

"""``processes``: what can be started."""

import neo4j
import orjson

from api.access.roles import OWNERS
from api.computed.contract import Answer, ComputedField, Plain, Request, answer_type
from processes.cases import definitions


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        found: list[Answer] = []
        for id_ in session.run("MATCH (p:Process) RETURN p.id AS id ORDER BY id").value():
            version = definitions.current(session, id_)
            form = version.forms.get(version.definition.start_form)
            found.append({
                "id": id_,
                "name": version.definition.name,
                "version": version.number,
                "form": None if form is None else orjson.dumps(dict(form.schema)).decode(),
            })  # fmt: skip
    return found


FIELD = ComputedField(
    "processes",
    "The processes of which a case can be started",
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
    in_part=True,
)

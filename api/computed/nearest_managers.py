"""``nearestManagers``: the nearest managers of all employees, in one query."""

from collections.abc import Sequence

import neo4j

from api.access.roles import READERS
from api.computed.contract import AT, Answer, Argument, ComputedField, Request
from api.computed.managers_of_all import form
from api.computed.nearest import shown
from api.model.types import TIES
from graph.as_of import as_known, in_force
from graph.questions.nearest import nearest_managers_of_all

_BELOW = f"""
MATCH (:Unit {{uuid: $top}})<-[parts:PART_OF*0..]-(:Unit)<-[in:IN]-(tie)
WHERE all(part IN parts WHERE {in_force("part")}) AND {in_force("in")}
RETURN tie.uuid AS uuid
"""


def _answer(request: Request) -> Sequence[Answer]:
    everybody = nearest_managers_of_all(request.driver, request.day, request.last_known)
    below = request.get("below")
    wanted = set(everybody)
    if below is not None:
        with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            query = _BELOW if request.last_known is None else as_known(_BELOW)
            top = request.find("Unit", below)
            rows = session.run(query, top=top, at=request.day, known=request.last_known)
            wanted &= {row["uuid"] for row in rows}
    ties = request.seen((kind, uuid) for uuid in wanted for kind in TIES)
    return shown(request, [form(uuid, each) for uuid, each in everybody.items() if uuid in wanted and uuid in ties])


FIELD = ComputedField(
    "nearestManagers",
    "The nearest managers of all employees, in one query",
    (),
    READERS,
    _answer,
    arguments={"at": AT, "below": Argument("ID", "Only those in or below this unit: its UUID or a source's key")},
    looks_at=TIES,
    one_each=True,
    answers="ManagerOfEmployment",
    in_part=True,
)

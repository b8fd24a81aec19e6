"""``thing``: a thing of any kind by its UUID. Mutations are read back by it (``api.mutations.reading_back``)."""

import neo4j

from api.access.roles import EVERYBODY
from api.computed.contract import AT, Answer, Argument, ComputedField, Plain, Request, Thing, answer_type
from api.reads.cursors import uuid_of
from graph.as_of import as_known
from graph.model import KINDS

_KIND = "\nUNION\n".join(f"MATCH (n:{kind} {{uuid: $uuid}}) RETURN '{kind}' AS kind" for kind in KINDS)
# What was not known then is not there, and what was known had a change.
_KNOWN_KIND = as_known(_KIND.replace(" RETURN ", " WHERE EXISTS { (n)<-[:CONCERNS]-() } RETURN "))


def _answer(request: Request) -> list[Answer]:
    uuid = uuid_of(request.arguments["uuid"])
    query = _KIND if request.last_known is None else _KNOWN_KIND
    rows, _, _ = request.driver.execute_query(
        query, uuid=uuid, known=request.last_known, routing_=neo4j.RoutingControl.READ
    )
    found = [{"kind": row["kind"], "thing": uuid} for row in rows]
    return [each for each in found if request.sees(each["kind"], uuid)]


FIELD = ComputedField(
    "thing",
    "A thing of any kind by its UUID; null if no thing has it",
    (
        answer_type(
            "KnownThing",
            "A thing, and its kind",
            Plain("kind", "Kind!", "Kind of the thing"),
            Thing("thing", tuple(KINDS), "The thing on the day, even if it does not exist then", interface="Thing"),
        ),
    ),
    EVERYBODY,
    _answer,
    many=False,
    arguments={"uuid": Argument("ID!", "Its UUID"), "at": AT},
    in_part=True,
)

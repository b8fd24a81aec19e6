"""``thing``: a thing of any kind by its UUID. Mutations are read back by it (``api.reads.reading_back``)."""

import neo4j

from api.access.roles import EVERYBODY
from api.computed.contract import AT, Answer, Argument, ComputedField, Plain, Request, Thing, answer_type
from api.model.cursors import uuid_of
from graph.as_of import as_known
from graph.identity.lookup import surviving_match
from graph.model import KINDS


def _survivor(condition: str) -> str:
    """The kind and the uuid of the thing that ``$uuid`` leads to, if it meets the condition."""
    return "\nUNION\n".join(
        f"""
        {surviving_match(kind, "$uuid")}
        WITH n
        WHERE {condition}
        RETURN '{kind}' AS kind, n.uuid AS uuid"""
        for kind in KINDS
    )


_SURVIVOR = _survivor("true")
# What was not known then is not there, and what was known had a change.
_KNOWN_SURVIVOR = as_known(_survivor("EXISTS { (n)<-[:CONCERNS]-() }"))


def _answer(request: Request) -> list[Answer]:
    rows, _, _ = request.driver.execute_query(
        _SURVIVOR if request.last_known is None else _KNOWN_SURVIVOR,
        uuid=uuid_of(request.arguments["uuid"]),
        known=request.last_known,
        routing_=neo4j.RoutingControl.READ,
    )
    found = [{"kind": row["kind"], "thing": row["uuid"]} for row in rows]
    return [each for each in found if request.sees(each["kind"], each["thing"])]


FIELD = ComputedField(
    "thing",
    "A thing of any kind by its UUID; null if no thing has it. The UUID of a person who was joined into another one "
    "leads to that one",
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
    may_be_none=True,
    arguments={"uuid": Argument("ID!", "UUID of the thing"), "at": AT},
    in_part=True,
)

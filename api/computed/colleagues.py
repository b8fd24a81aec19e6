"""``colleagues``: whom and what anybody may name in a task, without a system role, too."""

import neo4j

from api.access.roles import OWNERS
from api.access.tasks import near
from api.computed.contract import FIRST, Answer, Argument, ComputedField, Pages, Plain, Request, answer_type
from api.computed.task_answers import names_of
from graph.collation import sort_key
from graph.time import today


def _answer(request: Request) -> list[Answer]:
    access = request.caller.access
    if access is None or access.person is None:
        return []
    kind, text = request.arguments["kind"], (request.get("text") or "").casefold()
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        names = names_of(session, set(near(session, access.person, kind, today())))
    found: list[Answer] = [{"uuid": uuid, "name": name} for uuid, name in names.items() if text in name.casefold()]
    return sorted(found, key=lambda each: (sort_key(each["name"]), each["uuid"]))[: request.first]


FIELD = ComputedField(
    "colleagues",
    "The people (Person) of the units in which the caller works, or which the caller manages, these units (Unit), "
    "or all positions (Position) or IT systems (ItSystem)",
    (
        answer_type(
            "Colleague",
            "Somebody, a unit, a position or a system, that the caller may name in a task",
            Plain("uuid", "ID!", "UUID of it"),
            Plain("name", "String!", "Name of it"),
        ),
    ),
    OWNERS,
    _answer,
    arguments={
        "kind": Argument("Kind!", "Person, Unit, Position or ItSystem; nothing is found of other kinds"),
        "text": Argument("String", "A part of the name"),
        "first": FIRST,
    },
    in_part=True,
    pages=Pages(order=lambda each: (sort_key(each["name"]), each["uuid"])),
)

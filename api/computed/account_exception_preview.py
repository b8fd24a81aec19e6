"""``accountExceptionPreview``: what an exception would do to a person's accounts, before it is saved."""

import neo4j
from graphql import GraphQLError

from api.access.rights import whole
from api.access.roles import LOG
from api.computed.contract import Answer, Argument, ComputedField, Plain, Request, Thing, answer_type
from graph.identity.lookup import find
from graph.time import Period, today
from rules.accounts.previewing import preview_exception


def _answer(request: Request) -> list[Answer]:
    effect = request.arguments["effect"]
    life = Period(request.get("from") or today(), request.arguments["to"])
    if life.is_empty():
        text = f"to: {life.end}; it must be later than {life.start}"
        raise GraphQLError(text, extensions={"code": "wrong_value", "field": "to"})
    person = request.find("Person", request.arguments["person"])
    if person not in request.seen_wholly([person]):
        raise whole("accountExceptionPreview: the person also works where you may not read, so it", LOG)
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        system = request.get("system")
        uuid = None if system is None else find(session, "ItSystem", system).uuid
        found = preview_exception(session, person, effect, uuid, life)
    return [
        {
            "system": each.system,
            "planned": each.account,
            "opens": None if each.opens is None else each.opens.isoformat(),
            "closes": None if each.closes is None else each.closes.isoformat(),
        }
        for each in found
    ]


FIELD = ComputedField(
    "accountExceptionPreview",
    "Which of a person's accounts an exception would open or close, today or later; empty: it changes nothing. Nothing "
    "is saved",
    (
        answer_type(
            "AccountExceptionEffect",
            "What an exception would do to one account",
            Thing("system", ("ItSystem",), "The system"),
            Thing("planned", ("PlannedAccount",), "The planned account; null: there would be a new one"),
            Plain("opens", "Date", "The first day on which it would be open, and is not without the exception"),
            Plain("closes", "Date", "The first day on which it would not be open, and is without the exception"),
        ),
    ),
    LOG,
    _answer,
    arguments={
        "person": Argument("ID!", "UUID of the person, or a source's key"),
        "effect": Argument("ExceptionEffect!", "What the exception does"),
        "system": Argument("ID", "Key of the system; omitted = all"),
        "from": Argument("Date", "The first day of the exception; by default today"),
        "to": Argument("Date!", "The day after its last"),
    },
    in_part=True,
)

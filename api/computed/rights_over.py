"""``rightsOver``: what a person may do in systems over a period."""

from datetime import date

import neo4j
from graphql import GraphQLError

from api.access.roles import LOG
from api.computed.contract import AS_KNOWN_ON, Answer, Argument, ComputedField, Part, Plain, Request, answer_type
from api.computed.rights import form, in_part, whose
from graph.questions.rights.asking import rights_over
from graph.time import EmptyPeriod, period


def _answer(request: Request) -> list[Answer]:
    start: date = request.get("from")
    try:
        days = period(start, request.get("to"))
    except EmptyPeriod as empty:
        raise GraphQLError(str(empty), extensions={"code": "empty_period"}) from empty
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        found = rights_over(session, whose(request, session, start), days, request.last_known)
    return [
        {
            "from": each.period.start.isoformat(),
            "to": None if each.period.end is None else each.period.end.isoformat(),
            "rights": form(in_part(request, each.rights)),
        }
        for each in found
    ]


FIELD = ComputedField(
    "rightsOver",
    "What a person may do in systems over a period: each stretch of days on which it is the same",
    (
        answer_type(
            "RightsInPeriod",
            "Rights that are the same on each day of a period",
            Plain("from", "Date!", "The first day"),
            Plain("to", "Date", "The day after the last; null: until further notice"),
            Part("rights", "Rights", "What is held, and what is left out"),
        ),
    ),
    LOG,
    _answer,
    arguments={
        "person": Argument("ID", "UUID of the person, or a source's key; give one of person, employment, account"),
        "employment": Argument("ID", "UUID or key of an employment or affiliation: what is held through it"),
        "account": Argument("ID", "UUID or key of an account: what its owner may do with it"),
        "system": Argument("ID", "Key or UUID of a system: only what is held in it"),
        "from": Argument("Date!", "The first day"),
        "to": Argument("Date", "The day after the last; without it: until further notice"),
        "asKnownOn": AS_KNOWN_ON,
    },
    in_part=True,
)

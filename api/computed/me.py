"""``me``: the caller's token, and what it may do."""

from api.access.rights import READ, WRITE, Access
from api.access.roles import ANYONE
from api.computed.contract import Answer, ComputedField, Plain, Request, answer_type
from api.enums import name_of


def _answer(request: Request) -> list[Answer]:
    access = request.caller.access or Access(request.caller.name, request.caller.roles)
    rows, _, _ = request.driver.execute_query(
        "MATCH (t:Token {name: $name}) RETURN toString(t.expires) AS expires", name=access.name
    )
    return [
        {
            "name": access.name,
            "roles": [name_of(each) for each in sorted(access.roles)],
            "mayRead": sorted(filter(access.may_read, READ)),
            "mayChange": sorted(filter(access.may_write, WRITE)),
            "mayReadPrivate": "private" in request.caller.rights,
            "mayReadCpr": "cpr" in request.caller.rights,
            "everywhere": True,
            "expires": rows[0]["expires"] if rows else None,
        }
    ]


FIELD = ComputedField(
    "me",
    "The token of the request, and what it may do",
    (
        answer_type(
            "Me",
            "The token of a request",
            Plain("name", "String!", "Its name, as it is in the change log"),
            Plain("roles", "[TokenRole!]", "Its system roles"),
            Plain("mayRead", "[String!]", "Names of the types that it may read"),
            Plain("mayChange", "[String!]", "Names of the mutations that it may use"),
            Plain("mayReadPrivate", "Boolean!", "It may read private fields, such as a home address"),
            Plain("mayReadCpr", "Boolean!", "It may read CPR numbers; each reading is logged"),
            Plain("everywhere", "Boolean!", "Its rights apply in the whole organisation"),
            Plain("expires", "Moment", "When it expires"),
        ),
    ),
    ANYONE,
    _answer,
    many=False,
    in_part=True,
)

"""``tokens``: the programs that may use the API."""

from datetime import UTC, datetime

from api.access.tokens import Token, tokens
from api.computed.contract import FIRST, Answer, ComputedField, Pages, Plain, Request, Thing, answer_type
from api.enums import enumerated
from graph.model.kind import name_of

READ_BY = frozenset({"rights", "operations", "auditor"})


def _answer(request: Request) -> list[Answer]:
    now = datetime.now(UTC)
    return [_form(each, now) for each in tokens(request.driver)][: request.first]


def _form(token: Token, now: datetime) -> Answer:
    state = "revoked" if token.revoked else "expired" if token.expires <= now else "valid"
    return {
        "name": token.name,
        "roles": [name_of(each) for each in token.roles],
        "created": token.created.isoformat(),
        "expires": token.expires.isoformat(),
        "state": name_of(state),
        "units": list(token.within),
        "fields": list(token.fields),
        "processes": list(token.processes),
        "person": token.person,
    }


TokenState = enumerated(
    "TokenState",
    "Whether a token can be used",
    {"valid": "It can be used", "expired": "It has ended", "revoked": "It was revoked"},
)
FIELD = ComputedField(
    "tokens",
    "The tokens of programs, by name, without their secrets; `reconnect token` makes and revokes them",
    (
        answer_type(
            "AccessToken",
            "A token with which a program uses the API",
            Plain("name", "String!", "Its name, as it is in the change log"),
            Plain("roles", "[TokenRole!]", "Its system roles"),
            Plain("created", "Moment!", "When it was made"),
            Plain("expires", "Moment!", "When it ends"),
            Plain("state", "TokenState!", "Whether it can be used"),
            Thing("units", ("Unit",), "The units in and below which its roles hold; none = everywhere", many=True),
            Plain("fields", "[String!]!", "The field groups that its roles are limited to; none = all"),
            Plain("processes", "[ID!]!", "The processes whose webhooks alone it may call; none = it isn't limited so"),
            Thing("person", ("Person",), "The person who uses it, and under whose name it acts; null = a program"),
        ),
    ),
    READ_BY,
    _answer,
    arguments={"first": FIRST},
    enums=(TokenState,),
    whole="tokens reach the whole organisation",
    pages=Pages(order=lambda each: (each["name"], each["created"])),
)

"""``mySessions``: where the caller is logged in."""

from collections.abc import Sequence

from api.access.caller_names import PERSON
from api.access.roles import ANYONE
from api.access.session_list import OpenSession, open_sessions
from api.computed.contract import Answer, ComputedField, Plain, Request, answer_type
from api.enums import enumerated
from graph.model.kind import name_of


def _answer(request: Request) -> list[Answer]:
    name = request.caller.name
    if not name.startswith(PERSON):
        return []  # a machine has no sessions
    return session_form(open_sessions(request.driver, name.removeprefix(PERSON)))


def session_form(found: Sequence[OpenSession]) -> list[Answer]:
    """Sessions as answers."""
    return [
        {
            "id": each.id,
            "personUuid": each.person,
            "person": each.person,
            "way": name_of(each.way),
            "started": each.started.isoformat(),
            "lastUsed": each.used.isoformat(),
            "ends": each.ends.isoformat(),
            "twoFactors": each.two_factors,
        }
        for each in found
    ]


SessionStart = enumerated(
    "SessionStart",
    "How a person logged in",
    {
        "own": "With a local account of REConnect",
        "saml": "By the municipality's identity provider, such as ADFS",
        "break_glass": "With a break-glass account",
    },
)
FIELDS = (
    Plain("id", "ID!", "Its id, to end it"),
    Plain("personUuid", "String", "UUID of the person; null for a break-glass account"),
    Plain("way", "SessionStart!", "How it began"),
    Plain("started", "Moment!", "When the person logged in"),
    Plain("lastUsed", "Moment!", "When it was last used, to the minute"),
    Plain("ends", "Moment!", "When it ends at the latest; it ends earlier if it is not used"),
    Plain("twoFactors", "Boolean!", "The person has given a second factor, as far as this service knows"),
)
FIELD = ComputedField(
    "mySessions",
    "The browsers in which the caller is logged in, the latest first; `endSession` ends one",
    (answer_type("OwnSession", "A browser in which the caller is logged in", *FIELDS),),
    ANYONE,
    _answer,
    enums=(SessionStart,),
    in_part=True,
)

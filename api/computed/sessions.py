"""``sessions``: who is logged in."""

from itertools import islice

from api.access.session_list import open_sessions
from api.computed.contract import (
    FIRST,
    Answer,
    Argument,
    ComputedField,
    Pages,
    Request,
    Thing,
    answer_type,
    newest_first,
)
from api.computed.my_sessions import FIELDS, session_form

LISTED_BY = frozenset({"rights", "operations", "auditor"})
"""The system roles that may see other people's sessions."""


def _answer(request: Request) -> list[Answer]:
    name = request.get("person")
    person = None if name is None else request.known("Person", name)
    found = open_sessions(request.driver, person)
    if request.caller.scope is not None:
        seen = request.seen(("Person", each.person) for each in found if each.person is not None)
        found = [each for each in found if each.person is not None and each.person in seen]
    return list(islice(session_form(found), request.first))


FIELD = ComputedField(
    "sessions",
    "The browsers in which people are logged in, the latest first",
    (
        answer_type(
            "LoginSession",
            "A browser in which a person is logged in",
            *FIELDS,
            Thing("person", ("Person",), "The person; null for a break-glass account"),
        ),
    ),
    LISTED_BY,
    _answer,
    arguments={
        "person": Argument("ID", "UUID or key of a person; by default all"),
        "first": FIRST,
    },
    in_part=True,
    pages=Pages(order=lambda each: (newest_first(each["started"]), each["id"])),
)

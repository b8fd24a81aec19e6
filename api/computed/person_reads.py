"""``personReads``: who has seen whose personal data."""

from datetime import UTC, date, datetime

from api.access.caller_names import person_of
from api.access.read_log import Asked, how_many, reads
from api.computed.contract import (
    FIRST,
    LARGEST,
    Answer,
    Argument,
    ComputedField,
    Pages,
    Plain,
    Request,
    Thing,
    answer_type,
)
from graph.time import midnight, today

_DAYS = 30


def _asked(request: Request) -> Asked:
    """Raises Unknown (unknown_person)."""
    start, end, person = request.get("from"), request.get("to"), request.get("person")
    until = datetime.now(UTC) if end is None else midnight(end)
    if start is None:
        start = date.fromordinal(max(date.min.toordinal(), (end or today()).toordinal() - _DAYS))
    return Asked(
        midnight(start),
        until,
        person=None if person is None else request.known("Person", person),
        by=request.get("by"),
        readable=request.readable(),
    )


def _answer(request: Request) -> list[Answer]:
    after = None
    if request.after is not None:
        at, id_ = request.after
        after = datetime.fromisoformat(str(at)), str(id_)
    found = reads(request.driver, _asked(request), most=request.first, after=after)
    return [
        {
            "id": each.id,
            "at": each.at.isoformat(),
            "by": each.by,
            "byPerson": person_of(each.by),
            "operation": each.operation,
            "reason": each.reason,
            "groups": list(each.groups),
            "persons": list(each.persons),
        }
        for each in found
    ]


def _count(request: Request) -> int | None:
    count = how_many(request.driver, _asked(request), most=LARGEST + 1)
    return None if count > LARGEST else count


FIELD = ComputedField(
    "personReads",
    "Who has seen whose personal data: reads of people who were logged in, the latest first",
    (
        answer_type(
            "PersonRead",
            "A query by which a person saw data of others",
            Plain("at", "Moment!", "When it was read"),
            Plain("by", "String!", "Who: person: and the UUID, or break-glass: and the account"),
            Thing("byPerson", ("Person",), "The person who saw it; null = the break-glass account"),
            Plain("operation", "String!", "Name of the operation, otherwise its root fields"),
            Plain("reason", "String", "Why, as the person said: `extensions.reason` of the request"),
            Plain("groups", "[String!]!", "Groups of the fields: identity, private, cpr, employment, accounts …"),
            Plain("persons", "[ID!]!", "UUIDs of the people whose data it was"),
        ),
    ),
    frozenset({"auditor"}),
    _answer,
    arguments={
        "person": Argument("ID", "UUID or key of the person whose data it was"),
        "by": Argument("String", "Who read it, as by has it"),
        "from": Argument("Date", f"The first day; by default {_DAYS} days ago"),
        "to": Argument("Date", "The day after the last; by default now"),
        "first": FIRST,
    },
    in_part=True,
    pages=Pages(order=lambda each: (each["at"], each["id"]), count=_count),
)

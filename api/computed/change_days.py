"""``changeDays``: the days on which something changes in a unit or below it."""

from graphql import GraphQLError

from api.access.roles import EVERYBODY
from api.computed.contract import (
    AS_KNOWN_ON,
    FIRST,
    Answer,
    Argument,
    ComputedField,
    Pages,
    Part,
    Plain,
    Request,
    answer_type,
)
from graph.model import KINDS
from graph.questions.change_feed import change_days

LONGEST = 3660
"""Days that may be asked about at once."""


def _answer(request: Request) -> list[Answer]:
    """Raises GraphQLError (empty_period, over_limit), Unknown (unknown_unit)."""
    start, end = request.arguments["from"], request.arguments["to"]
    if end <= start:
        raise GraphQLError(
            "empty period: 'to' must be later than 'from' (exclusive)", extensions={"code": "empty_period"}
        )
    if (end - start).days > LONGEST:
        raise GraphQLError(f"ask about {LONGEST} days at most", extensions={"code": "over_limit"})
    unit = request.find("Unit", request.arguments["unit"])
    counted, known = request.readable(), request.last_known
    days = change_days(request.driver, unit, start, end, request.first, counted, known, _hidden(request))
    return [
        {"day": each.day.isoformat(), "counts": [{"kind": kind, "things": n} for kind, n in each.counts.items()]}
        for each in days
    ]


def _hidden(request: Request) -> dict[str, list[str]]:
    """Of each kind, the properties with a right of their own that the caller doesn't have in the whole organisation."""
    may = {"open", *request.caller.rights}
    return {kind.name: [each.name for each in kind.properties if each.access not in may] for kind in KINDS.values()}


FIELD = ComputedField(
    "changeDays",
    "The days on which something begins or ends in a unit or below it, the earliest first: of units, employments, "
    "affiliations and assignments. A page can offer them as the days to look at",
    (
        answer_type(
            "ChangeDay",
            "A day on which something begins or ends",
            Plain("day", "Date!", "The first day of the new state"),
            Part("counts", "ChangeDayCount", "How many things of each kind", many=True),
        ),
        answer_type(
            "ChangeDayCount",
            "The number of things of a kind that something begins or ends for",
            Plain("kind", "Kind!", "Kind of the things"),
            Plain("things", "Int!", "How many things"),
        ),
    ),
    EVERYBODY,
    _answer,
    arguments={
        "unit": Argument("ID!", "UUID of the unit, or a source's key"),
        "from": Argument("Date!", "The first day to look at"),
        "to": Argument("Date!", "The day after the last to look at"),
        "first": FIRST,
        "asKnownOn": AS_KNOWN_ON,
    },
    looks_at=("Employment", "Unit"),
    in_part=True,
    pages=Pages(order=lambda each: (each["day"],)),
)

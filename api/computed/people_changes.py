"""``peopleChanges``: who starts, leaves, comes, goes and is away in the next days."""

from datetime import date, timedelta

from graphql import GraphQLError

from api.access.roles import READERS
from api.computed.contract import FIRST, Answer, Argument, ComputedField, Key, Pages, Plain, Request, Thing, answer_type
from api.enums import enumerated
from api.model.types import TIES
from graph.model.kind import name_of
from graph.questions.people_changes import CHANGES, people_changes
from graph.time import today

_USUAL = 14
_MOST = 366


def _answer(request: Request) -> list[Answer]:
    """Raises GraphQLError (wrong_value), Unknown (unknown_unit)."""
    days = _USUAL if request.get("days") is None else request.get("days")
    if not 1 <= days <= _MOST:
        raise GraphQLError(f"days: {days}; allowed: 1 to {_MOST}", extensions={"code": "wrong_value"})
    asked, start = request.get("units"), today()
    tops = _readable(request) if asked is None else request.find_each("Unit", asked)
    found = people_changes(request.driver, tops, start, start + timedelta(days=days + 1))
    seen = request.seen((each.kind, each.tie) for each in found)
    shown = [each for each in found if each.tie in seen][: request.first]
    return [
        {
            "day": None if each.day == date.min else each.day.isoformat(),
            "what": name_of(each.what),
            "person": each.person,
            "tie": each.tie,
            "unit": each.unit,
        }
        for each in shown
    ]


def _order(each: Answer) -> Key:
    return each["day"] or "", _ORDER[each["what"]], each["person"], each["tie"]


_ORDER = {name_of(what): place for place, what in enumerate(CHANGES)}


def _readable(request: Request) -> list[str] | None:
    """The units in which the caller may read people; None = everywhere. Who comes into them arrives."""
    access = request.caller.access
    if access is None or access.everywhere & READERS:
        return None
    return sorted(access.units(access.roles & READERS))


PeopleChangeType = enumerated(
    "PeopleChangeType",
    "What happens to a person's employment or affiliation",
    {
        "starts": "It begins",
        "leaves": "It ends: the day is the first without it",
        "arrives": "It comes from another unit",
        "departs": "It goes to another unit",
        "away": "The person goes on leave or is absent; or is so already, since the day",
        "returns": "The person is back",
    },
)
FIELD = ComputedField(
    "peopleChanges",
    "Who starts, leaves, comes, goes and is away in the next days, by day; with those who are away today",
    (
        answer_type(
            "PeopleChange",
            "What happens to a person's employment or affiliation on a day",
            Plain("day", "Date", "The first day on which it is so; null = always so far"),
            Plain("what", "PeopleChangeType!", "What happens"),
            Thing("person", ("Person",), "The person"),
            Thing("tie", TIES, "The employment or affiliation", interface="Tie"),
            Thing("unit", ("Unit",), "The unit; of one who leaves or goes, the unit until then"),
        ),
    ),
    READERS,
    _answer,
    arguments={
        "units": Argument("[ID!]", "Only in or below these units: UUIDs or a source's keys; by default everywhere"),
        "days": Argument("Int", f"How many days ahead, 1 to {_MOST}; by default {_USUAL}"),
        "first": FIRST,
    },
    enums=(PeopleChangeType,),
    looks_at=("Employment", "Affiliation", "Unit"),
    in_part=True,
    pages=Pages(order=_order),
)

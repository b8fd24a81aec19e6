"""``vacancies``: what somebody answers for in a unit, where nobody is found."""

from collections.abc import Iterable, Set

from graphql import GraphQLError

from api.access.roles import EVERYBODY
from api.computed.contract import FIRST, Answer, Argument, ComputedField, Key, Pages, Plain, Request, Thing, answer_type
from graph.model.organisation import RESPONSIBLE_FOR
from graph.questions.vacancies import vacancies
from graph.time import today

_USUAL = 60
_MOST = 366


def _answer(request: Request) -> list[Answer]:
    """Raises GraphQLError (wrong_value, over_limit)."""
    days = _USUAL if request.get("days") is None else request.get("days")
    if not 1 <= days <= _MOST:
        raise GraphQLError(f"days: {days}; allowed: 1 to {_MOST}", extensions={"code": "wrong_value"})

    def seen(units: Iterable[str]) -> Set[str]:
        asked = frozenset(units)
        known = request.seen(("Unit", each) for each in asked)
        return frozenset(each for each in asked if each in known)

    found = vacancies(request.driver, today(), days, None if request.caller.scope is None else seen)
    lasts = request.seen(("Assignment", each.last) for each in found if each.last is not None)
    return [
        {
            "role": each.role,
            "unit": each.unit,
            "responsibility": each.responsibility,
            "since": each.since.isoformat(),
            "until": None if each.until is None else each.until.isoformat(),
            "last": each.last if each.last is not None and each.last in lasts else None,
        }
        for each in found[: request.first]
    ]


def _order(each: Answer) -> Key:
    return each["since"], each["role"], each["unit"], each["responsibility"] or ""


FIELD = ComputedField(
    "vacancies",
    "What somebody answers for in a unit where the nearest rule finds nobody, today or within some days; and units "
    "with people, and no manager at or above them",
    (
        answer_type(
            "Vacancy",
            "A role in a unit, for which nobody is found",
            Thing("role", ("Role",), "The role"),
            Thing("unit", ("Unit",), "The unit"),
            Thing(
                "responsibility",
                RESPONSIBLE_FOR,
                "What it is about; null = the role as a whole",
                interface="Responsibility",
            ),
            Plain("since", "Date!", "The first day from today on without a holder"),
            Plain("until", "Date", "The first day with one again; null = not within these days"),
            Thing("last", ("Assignment",), "An assignment that was or is for it"),
        ),
    ),
    EVERYBODY,
    _answer,
    arguments={
        "days": Argument("Int", f"How many days ahead, 1 to {_MOST}; by default {_USUAL}"),
        "first": FIRST,
    },
    looks_at=("Assignment", "Unit"),
    in_part=True,
    pages=Pages(order=_order),
)

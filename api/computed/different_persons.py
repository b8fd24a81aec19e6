"""``differentPersons``: persons whom a user has marked as different."""

from dataclasses import asdict
from itertools import islice

from api.access.caller_names import person_of
from api.access.roles import DOUBTS
from api.computed.contract import FIRST, Answer, ComputedField, Pages, Plain, Request, Thing, answer_type, newest_first
from graph.corrections.distinct_persons import distinct_persons


def _answer(request: Request) -> list[Answer]:
    found = list(distinct_persons(request.driver))
    seen = request.seen(("Person", person) for each in found for person in each.persons)
    shown = (each for each in found if all(person in seen for person in each.persons))
    return [
        {**asdict(each), "persons": list(each.persons), "byPerson": person_of(each.user)}
        for each in islice(shown, request.first)
    ]


FIELD = ComputedField(
    "differentPersons",
    "Persons whom a user has marked as different, the newest decision first",
    (
        answer_type(
            "DifferentPersons",
            "Two persons who are not the same, though they look alike",
            Thing("persons", ("Person",), "The two persons", many=True),
            Plain("user", "String!", "The user who decided it"),
            Thing("byPerson", ("Person",), "The person who decided it; null = a token"),
            Plain("reason", "String!", "The reason that the user gave"),
            Plain("at", "Moment!", "When it was decided"),
        ),
    ),
    DOUBTS,
    _answer,
    arguments={"first": FIRST},
    in_part=True,
    pages=Pages(order=lambda each: (newest_first(each["at"]), *each["persons"])),
)

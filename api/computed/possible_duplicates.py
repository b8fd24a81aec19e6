"""``possibleDuplicates``: persons who may be the same."""

from itertools import islice

from api.access.roles import DOUBTS
from api.computed.contract import FIRST, Answer, ComputedField, Pages, Plain, Request, Thing, answer_type
from graph.corrections.possible_duplicates import possible_duplicates


def _answer(request: Request) -> list[Answer]:
    readable = request.readable()
    things = None if readable is None else readable.things
    found = islice(possible_duplicates(request.driver, request.resources.keyring, things), request.first)
    return [{"persons": list(each.persons), "why": each.why} for each in found]


FIELD = ComputedField(
    "possibleDuplicates",
    "Persons who may be the same: they share name and birthday, but have two CPR numbers",
    (
        answer_type(
            "PossibleDuplicate",
            "Persons who may be the same",
            Thing("persons", ("Person",), "The persons", many=True),
            Plain("why", "String!", "What they have in common"),
        ),
    ),
    DOUBTS,
    _answer,
    arguments={"first": FIRST},
    looks_at=("Person",),
    in_part=True,
    pages=Pages(order=lambda each: tuple(each["persons"])),
)

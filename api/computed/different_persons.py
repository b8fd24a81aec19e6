"""``differentPersons``: persons who were decided to be two."""

from dataclasses import asdict
from itertools import islice

from api.access.roles import DOUBTS
from api.computed.contract import FIRST, Answer, ComputedField, Plain, Request, Thing, answer_type
from graph.corrections.distinct_persons import told_apart


def _answer(request: Request) -> list[Answer]:
    apart = islice(told_apart(request.driver), request.first)
    return [{**asdict(each), "persons": list(each.persons)} for each in apart]


FIELD = ComputedField(
    "differentPersons",
    "Persons who were decided to be two, the newest decision first",
    (
        answer_type(
            "DifferentPersons",
            "Two persons who only look like one",
            Thing("persons", ("Person",), "The two persons", many=True),
            Plain("user", "String!", "Who decided it"),
            Plain("reason", "String!", "Why, in the words of whoever decided it"),
            Plain("at", "Moment", "When it was decided"),
        ),
    ),
    DOUBTS,
    _answer,
    arguments={"first": FIRST},
)

"""``nearest``: the nearest holders of a role. Its answer's form is also that of the nearest managers."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from typing import Any

import neo4j

from api.access.roles import READERS
from api.computed.contract import AT, Answer, Argument, ComputedField, Part, Plain, Request, Thing, answer_type
from api.enums import enumerated
from graph.questions.nearest import Nearest, nearest, nearest_managers_of_all

EVERYBODY = "everybody"
"""The rule that finds the nearest managers of all employees at once."""


OUTSIDE = "outside"


@dataclass(slots=True)
class Everybody:
    """The nearest managers of all employees on a day, kept as long as nothing changes."""

    _kept: tuple[tuple[date, int, int | None], Answer] | None = None

    def on(self, driver: neo4j.Driver, day: date, known: int | None = None) -> Answer:
        """``known``: ``Request.last_known``.

        ``answers``: the different answers; ``of``: the place of each employment's and affiliation's among them.
        """
        rows, _, _ = driver.execute_query("MATCH (log:ChangeLog) RETURN log.number AS number")
        state = (day, rows[0]["number"], known)
        kept = self._kept
        if kept is not None and kept[0] == state:
            return kept[1]
        places: dict[int, int] = {}
        answers: list[Answer] = []
        of: dict[str, int] = {}
        everybody = nearest_managers_of_all(driver, day, known)
        for uuid, each in everybody.items():
            # Most share their unit's answer, which is then the same object.
            if id(each) not in places:
                places[id(each)] = len(answers)
                answers.append(form(None, each))
            of[uuid] = places[id(each)]
        answer = {"answers": answers, "of": of}
        self._kept = (state, answer)
        return answer


def form(employment: str | None, found: Nearest) -> Mapping[str, Any]:
    return {
        "employment": employment,
        "holders": [{"person": each.person, "assignment": each.assignment, "via": each.via} for each in found.holders],
        "levelUnit": found.level_unit,
        "steps": found.steps,
        "path": list(found.path),
        "reason": found.reason,
    }


def in_part(answer: Answer, seen: Container[str]) -> Answer:
    """The answer to a caller who may read what is ``seen`` (UUIDs): the walk ends where the part of the organisation
    ends that may be read, and whether there is a holder further up is not told."""
    path = list(takewhile(seen.__contains__, answer["path"]))
    holders = [each for each in answer["holders"] if all(uuid in seen for uuid in each.values() if uuid is not None)]
    if len(path) == len(answer["path"]) and bool(holders) == bool(answer["holders"]):
        return {**answer, "holders": holders}
    return {**answer, "holders": [], "levelUnit": None, "steps": None, "path": path, "reason": OUTSIDE}


def shown(request: Request, answers: Sequence[Answer]) -> Sequence[Answer]:
    """Answers in this form, as far as the caller may read them."""
    if request.caller.scope is None:
        return answers
    named = {("Unit", unit) for each in answers for unit in each["path"]}
    for holder in (holder for each in answers for holder in each["holders"]):
        kinds = (("Person", "person"), ("Assignment", "assignment"), ("Substitution", "via"))
        named |= {(kind, holder[field]) for kind, field in kinds if holder[field] is not None}
    seen = request.seen(named)
    return [in_part(each, seen) for each in answers]


def _answer(request: Request) -> Sequence[Answer]:
    asked = request.arguments
    responsibility = asked.get("responsibility")
    unit = request.placed("Unit", asked["unit"])
    found, _ = nearest(request.driver, asked["role"], unit, request.day, responsibility, request.last_known)
    return shown(request, [form(None, found)])


HOW = (
    Part("holders", "NearestHolder", "The holders, in order", many=True),
    Thing("levelUnit", ("Unit",), "The unit where they were found"),
    Plain("steps", "Int", "Number of units above the start; 0 = the start itself"),
    Thing("path", ("Unit",), "The units that were visited, the start first", many=True),
    Plain("reason", "NoHolderReason", "Why there are no holders; null if there are any"),
)
NoHolderReason = enumerated(
    "NoHolderReason",
    "Why no nearest holder was found",
    {
        "no_holder": "The role has no holder in the unit or above it",
        "unit_not_active": "The unit does not exist on the day",
        OUTSIDE: "There is no holder in the part of the organisation that you may read. Other parts are not shown",
    },
    named=str,  # nearest.yaml names them
)
FIELD = ComputedField(
    "nearest",
    "The nearest holders of a role, counted from a unit",
    (
        answer_type("Nearest", "How the nearest holders were found", *HOW),
        answer_type(
            "NearestHolder",
            "A holder of the role, or a substitute",
            Thing("person", ("Person",), "The person"),
            Thing("assignment", ("Assignment",), "The assignment to the role"),
            Thing(
                "via",
                ("Substitution",),
                "The substitution through which the person was found; null = the holder in person",
            ),
        ),
    ),
    READERS,
    _answer,
    many=False,
    arguments={
        "role": Argument("ID!", "Key of the role"),
        "responsibility": Argument("String", "kind:key, such as kle:27.12 or system:cura"),
        "unit": Argument("ID!", "UUID of the unit, or a source's key"),
        "at": AT,
    },
    enums=(NoHolderReason,),
    in_part=True,
)

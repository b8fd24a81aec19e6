"""``sharedKle``: nodes of KLE that more than one unit is responsible for."""

from api.access.roles import READERS
from api.computed.contract import AT, Answer, ComputedField, Request, Thing, answer_type
from graph.questions.kle_endings import shared


def _answer(request: Request) -> list[Answer]:
    found = shared(request.driver, request.day, request.last_known)
    seen = request.seen(("Unit", unit) for _, units in found for unit in units)
    kept = [(node, [unit for unit in units if unit in seen]) for node, units in found]
    return [{"node": node, "units": units} for node, units in kept if len(units) > 1]


FIELD = ComputedField(
    "sharedKle",
    "KLE numbers for which more than one unit is responsible; there should not be any",
    (
        answer_type(
            "SharedKle",
            "A node of KLE that more than one unit is responsible for",
            Thing("node", ("KleNode",), "The node"),
            Thing("units", ("Unit",), "The units", many=True),
        ),
    ),
    READERS,
    _answer,
    arguments={"at": AT},
    looks_at=("KleNode",),
    in_part=True,
)

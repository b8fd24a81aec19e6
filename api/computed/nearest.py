"""``nearest``: the nearest holders of a role. Its answer's form is also that of the nearest managers."""

from collections.abc import Sequence

from api.access.roles import READERS
from api.computed.contract import AT, Answer, Argument, ComputedField, Part, Plain, Request, Thing, answer_type
from api.computed.managers_of_all import OUTSIDE, form, in_part
from api.enums import enumerated
from graph.questions.nearest import nearest


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

"""``kleChanges``: the changes that releases of KLE have made."""

from dataclasses import asdict
from itertools import islice

from api.access.roles import LOG
from api.computed.contract import FIRST, Answer, Argument, ComputedField, Plain, Request, Thing, answer_type
from api.enums import enumerated
from api.model.cursors import uuid_of
from graph.model import KINDS
from graph.model.kind import name_of
from graph.questions.kle_changes import kle_changes


def _answer(request: Request) -> list[Answer]:
    run = None if request.get("run") is None else request.known("run", uuid_of(request.arguments["run"]))
    changed = kle_changes(request.driver, run, request.get("after") or 0)
    return [
        {**asdict(each), "what": name_of(each.what), "successors": list(each.successors)}
        for each in islice(changed, request.first)
    ]


KleChangeType = enumerated(
    "KleChangeType",
    "What a release of KLE has changed in an entry",
    {
        "added": "It is new",
        "renamed": "It has another title",
        "uuid_corrected": "It has another UUID",
        "end_announced": "Its end is announced, or the announced end was changed",
        "ended": "It ended (udgået)",
        "moved": "It was moved (flyttet)",
        "missing": "It is missing from the release",
        "back_in_force": "It had ended and is in force again",
    },
)
FIELD = ComputedField(
    "kleChanges",
    "The changes that releases of KLE have made, with old and new values, the oldest first",
    (
        answer_type(
            "KleChange",
            "A change that a release of KLE has made to an entry",
            Plain("change", "Int!", "Number in the change log"),
            Plain("run", "ID", "Id of the import"),
            Thing("thing", tuple(KINDS), "The entry", interface="Thing"),
            Plain("number", "String!", "Number in KLE"),
            Plain(
                "what",
                "KleChangeType!",
                "What was changed",
            ),
            Plain(
                "old", "String", "The title, the UUID, or the first day on which it is not in force, before the change"
            ),
            Plain("new", "String", "The title, the UUID or the day after the change"),
            Thing("successors", tuple(KINDS), "Entries that it was moved to", many=True, interface="Thing"),
        ),
    ),
    LOG,
    _answer,
    arguments={
        "run": Argument("ID", "Only of the import with this id; its report shows it"),
        "after": Argument("Int", "Only after this number of the change log"),
        "first": FIRST,
    },
    enums=(KleChangeType,),
    in_part=True,
)

"""``kleChanges``: what releases of KLE have changed."""

from dataclasses import asdict
from itertools import islice

from api.access.roles import LOG
from api.computed.contract import FIRST, Answer, Argument, ComputedField, Plain, Request, Thing, answer_type
from api.reads.cursors import uuid_of
from graph.model import KINDS
from graph.questions.kle_changes import kle_changes


def _answer(request: Request) -> list[Answer]:
    run = None if request.get("run") is None else request.known("run", uuid_of(request.arguments["run"]))
    changed = kle_changes(request.driver, run, request.get("after") or 0)
    return [{**asdict(each), "successors": list(each.successors)} for each in islice(changed, request.first)]


FIELD = ComputedField(
    "kleChanges",
    "What releases of KLE have changed: added, renamed, ended, moved …, with old and new, oldest first",
    (
        answer_type(
            "KleChange",
            "What a release of KLE has changed of one of its entries",
            Plain("change", "Int!", "Number in the change log"),
            Plain("run", "String", "The import"),
            Thing("thing", tuple(KINDS), "The entry", interface="Thing"),
            Plain("number", "String!", "Its number"),
            Plain(
                "what",
                "String!",
                "added, renamed, uuid_corrected, end_announced, ended, moved, missing (from a release), back_in_force",
            ),
            Plain("old", "String", "The title, UUID, or day from which it was no longer in force, before"),
            Plain("new", "String", "The title, UUID or day since then"),
            Thing("successors", tuple(KINDS), "Where it was moved", many=True, interface="Thing"),
        ),
    ),
    LOG,
    _answer,
    arguments={
        "run": Argument("String", "Only of this import; an import's message says its id"),
        "after": Argument("Int", "Only after this number of the change log"),
        "first": FIRST,
    },
)

"""``unmatched``: records that wait for a decision, and things that lack their person."""

from dataclasses import asdict
from itertools import islice

from api.access.roles import RUNS
from api.computed.contract import FIRST, Answer, Argument, ComputedField, Plain, Request, Thing, answer_type
from api.reads.known_names import one_of
from graph.model import KINDS
from graph.questions.unmatched import unmatched


def _answer(request: Request) -> list[Answer]:
    kind, source = one_of("kind", request.get("kind"), KINDS), request.get("source")
    if source is not None:
        request.known("source", source)
    waiting = islice(unmatched(request.driver, kind, source), request.first)
    return [{**asdict(each), "candidates": list(each.candidates), "decide": each.decide or None} for each in waiting]


FIELD = ComputedField(
    "unmatched",
    "Records that wait for a decision or for what they are about; accounts and employments without a person",
    (
        answer_type(
            "Unmatched",
            "A record that waits, or a thing that lacks its person",
            Plain("source", "String!", "The source"),
            Plain("kind", "String!", "Kind of the thing, such as Account"),
            Plain("key", "String!", "What the source calls it"),
            Plain("why", "String!", "What it waits for"),
            Thing("thing", tuple(KINDS), "What lacks its person; null = the record waits", interface="Thing"),
            Plain("candidates", "[String!]", "UUIDs of what it may be of"),
            Plain("decide", "String", "The id for decideMatch; null = that decides nothing here"),
        ),
    ),
    RUNS,
    _answer,
    arguments={
        "kind": Argument("String", "Only of this kind, such as Account"),
        "source": Argument("String", "Only of this source"),
        "first": FIRST,
    },
    looks_at=("Account", "Employment"),
)

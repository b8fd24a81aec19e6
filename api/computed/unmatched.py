"""``unmatched``: records that wait for a decision, and things that lack their person."""

from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice

from api.access.roles import RUNS
from api.computed.contract import FIRST, Answer, Argument, ComputedField, Key, Pages, Plain, Request, Thing, answer_type
from graph.model import KINDS
from graph.questions.unmatched import Unmatched, unmatched


def _answer(request: Request) -> list[Answer]:
    kind, source = request.get("kind"), request.get("source")
    if source is not None:
        request.known("source", source)
    waiting = islice(_in_part(request, unmatched(request.driver, kind, source)), request.first)
    return [{**asdict(each), "candidates": list(each.candidates), "decide": each.decide or None} for each in waiting]


def _in_part(request: Request, found: Iterable[Unmatched]) -> Iterable[Unmatched]:
    """What the caller may read: a record that waits lies where all things lie that it may be of, and with none of these
    nowhere."""
    if request.caller.scope is None:
        return found
    every = list(found)
    seen = request.seen((each.kind, uuid) for each in every for uuid in _about(each))
    return [each for each in every if (about := _about(each)) and all(uuid in seen for uuid in about)]


def _about(each: Unmatched) -> tuple[str, ...]:
    return each.candidates if each.thing is None else (each.thing,)


def _order(each: Answer) -> Key:
    return each["source"], each["kind"], each["key"], each["thing"] or "", each["decide"] or ""


FIELD = ComputedField(
    "unmatched",
    "Records that wait for a decision or for the thing that they describe; accounts and employments without a person",
    (
        answer_type(
            "Unmatched",
            "A record that waits, or a thing that lacks its person",
            Plain("source", "String!", "The source of the record"),
            Plain("kind", "Kind!", "Kind of the thing"),
            Plain("key", "String!", "Its key in the source"),
            Plain("why", "String!", "What is missing"),
            Thing("thing", tuple(KINDS), "The thing that lacks its person; null = the record waits", interface="Thing"),
            Plain("candidates", "[ID!]", "UUIDs of the things that it may be"),
            Plain("decide", "ID", "The id for decideMatch; null = decideMatch does not apply"),
        ),
    ),
    RUNS,
    _answer,
    arguments={
        "kind": Argument("Kind", "Only of this kind"),
        "source": Argument("String", "Only of this source"),
        "first": FIRST,
    },
    looks_at=("Account", "Employment"),
    in_part=True,
    pages=Pages(order=_order),
)

"""``rightHolders``: who holds a right, in a unit and below."""

from collections.abc import Iterator
from itertools import islice

import neo4j

from api.access.roles import LOG
from api.computed.contract import AT, FIRST, Answer, Argument, ComputedField, Key, Pages, Request
from api.computed.rights import held_form, in_part
from graph.questions.rights.asking import evaluation_of_all, find_right
from graph.questions.rights.held import HeldRight, Rights
from graph.questions.rights.holders import holders


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        right = find_right(session, request.arguments["right"])
        unit = None if request.get("unit") is None else request.find("Unit", request.get("unit"))
        work = evaluation_of_all(session, request.day, request.last_known)
    found: Iterator[HeldRight] = holders(work, right, unit)
    if request.caller.scope is not None:
        found = iter(in_part(request, Rights(tuple(found))).held)
    return [held_form(each) for each in islice(found, request.first)]


_ORDER = ("person", "subject", "right", "grant", "request", "assignment", "unit", "since")


def _order(each: Answer) -> Key:
    return tuple(each[name] or "" for name in _ORDER)


FIELD = ComputedField(
    "rightHolders",
    "Who holds a right on a day, with what limits and why; by person",
    (),
    LOG,
    _answer,
    arguments={
        "right": Argument("ID!", "Key or UUID of a job-function role or a system role, however it is included"),
        "unit": Argument("ID", "UUID or key of a unit: only who works in it or below, or holds the right for it"),
        "at": AT,
        "first": FIRST,
    },
    looks_at=("Employment", "Affiliation", "Assignment"),
    answers="HeldRight",
    in_part=True,
    pages=Pages(order=_order),
)

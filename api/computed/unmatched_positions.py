"""``unmatchedPositions``: payroll's codes that the position list does not know."""

from dataclasses import asdict
from itertools import islice

from api.access.roles import DOUBTS
from api.computed.contract import AT, FIRST, Answer, ComputedField, Key, Pages, Plain, Request, answer_type
from graph.questions.unlisted_positions import unmatched_positions


def _answer(request: Request) -> list[Answer]:
    found = unmatched_positions(request.driver, request.day, request.readable())
    return [asdict(each) for each in islice(found, request.first)]


def _order(each: Answer) -> Key:
    return -each["employments"], each["source"], each["institution"], each["code"], each["title"]


FIELD = ComputedField(
    "unmatchedPositions",
    "Payroll's codes that the position list does not know, the most frequent first",
    (
        answer_type(
            "UnmatchedPosition",
            "A code or title in payroll that the position list does not know",
            Plain("source", "String!", "The payroll system"),
            Plain("institution", "String!", "SD's institution, Opus's client"),
            Plain("code", "String!", "The code in payroll"),
            Plain("title", "String!", "The title in payroll"),
            Plain("employments", "Int!", "How many employments have it on the day"),
        ),
    ),
    DOUBTS,
    _answer,
    arguments={"at": AT, "first": FIRST},
    looks_at=("Employment",),
    only_now="it compares payroll with the position list as both say it now",
    in_part=True,
    pages=Pages(order=_order),
)

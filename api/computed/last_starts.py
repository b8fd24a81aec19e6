"""``lastStarts``: how many cases of a process would have started by themselves lately, had it been switched on."""

from api.computed.contract import Answer, Argument, ComputedField, Plain, Request, answer_type
from graph.time import copenhagen_now
from processes.cases.last_starts import DAYS, MOST, last_starts


def _answer(request: Request) -> list[Answer]:
    found = last_starts(request.driver, request.arguments["process"], copenhagen_now())
    return [
        {
            "since": found.since.isoformat(),
            "starts": found.starts,
            "looked": found.looked,
            "isAll": found.is_all,
            "byTime": found.by_time,
            "next": None if found.next is None else found.next.isoformat(),
        }
    ]


FIELD = ComputedField(
    "lastStarts",
    f"How many cases of a process the changes of the last {DAYS} days would have started, had it been switched on: an "
    "estimate, with things as they are known today, and without the cases that would have started",
    (
        answer_type(
            "LastStarts",
            "What would have started",
            Plain("since", "Date!", "The first day that was looked at"),
            Plain("starts", "Int!", "How many cases would have started"),
            Plain("looked", "Int!", f"How many changes were looked at: the newest, {MOST} at most"),
            Plain("isAll", "Boolean!", "Whether there were no more changes in these days"),
            Plain("byTime", "Int!", "How many cases would have started by time, beside those, in these days"),
            Plain("next", "Moment", "When the first would start by time if it were switched on now; null = none"),
        ),
    ),
    frozenset({"organisation", "operations", "auditor"}),
    _answer,
    many=False,
    arguments={"process": Argument("ID!", "Id of the process")},
    whole="looks at changes of the whole organisation",
)

"""``sources``: how each source is doing. The program knows (``Resources.states``)."""

from collections.abc import Sequence

from api.access.roles import RUNS
from api.computed.contract import Answer, ComputedField, Part, Plain, Request, answer_type
from api.enums import enumerated
from graph.model.kind import name_of


def _answer(request: Request) -> Sequence[Answer]:
    return [
        {
            **each,
            "state": name_of(each["state"]),
            "changed": [{**one, "operation": name_of(one["operation"])} for one in each.get("changed", ())],
        }
        for each in request.resources.states()
    ]


SourceState = enumerated(
    "SourceState",
    "The state of a source",
    {
        "done": "Its last run has ended well",
        "running": "It is running",
        "queued": "It waits for a worker",
        "waiting": "It waits for approval, or for another try",
        "failed": "Its last run failed",
        "never": "It has never run",
    },
)


FIELD = ComputedField(
    "sources",
    "Each source: when it ran and will run, what it changed, bad records",
    (
        answer_type(
            "SourceHealth",
            "How a source is doing",
            Plain("name", "String!", "Name of the source, as in the settings"),
            Plain("state", "SourceState!", "How its imports go"),
            Plain("text", "String", "The outcome of the last run"),
            Plain("lastRun", "Moment", "When its last run began"),
            Plain("lastSuccess", "Moment", "When its last successful run ended"),
            Plain("nextRun", "Moment", "Its next scheduled run; null = it has no schedule"),
            Plain("lagSeconds", "Int", "Seconds since its last successful run"),
            Plain("silentAfterSeconds", "Int", "Seconds that it may be silent"),
            Plain("silent", "Boolean!", "It has been silent for longer than that"),
            Plain("records", "Int!", "Records that it has sent"),
            Plain("badRecords", "Int!", "Records that were rejected"),
            Plain("notices", "Int!", "Records in which something is doubtful"),
            Plain("changedAt", "Moment", "When a run of it last changed anything"),
            Part("changed", "ChangeCount", "What that run changed", many=True),
        ),
        answer_type(
            "ChangeCount",
            "The number of things of a kind that a run has created, changed, moved, ended or withdrawn",
            Plain("kind", "Kind!", "Kind of the things"),
            Plain("operation", "Operation!", "What it did to them"),
            Plain("count", "Int!", "Number of things"),
        ),
    ),
    RUNS,
    _answer,
    enums=(SourceState,),
    whole="says how imports go, which bring the whole organisation",
)

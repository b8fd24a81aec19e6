"""``sources``: how each source is doing. The program knows (``Resources.states``)."""

from collections.abc import Sequence

from api.access.roles import RUNS
from api.computed.contract import Answer, ComputedField, Part, Plain, Request, answer_type


def _answer(request: Request) -> Sequence[Answer]:
    return request.resources.states()


FIELD = ComputedField(
    "sources",
    "Each source: when it ran and will run, what it changed, bad records",
    (
        answer_type(
            "SourceHealth",
            "How a source is doing",
            Plain("name", "String!", "The source"),
            Plain("state", "String!", "done, running, queued, waiting (for approval, another try), failed or never"),
            Plain("text", "String", "What came of the last run"),
            Plain("lastRun", "Moment", "When it last began"),
            Plain("lastSuccess", "Moment", "When it last ended well"),
            Plain("nextRun", "Moment", "When it will run, by its schedule; null = it has none"),
            Plain("lagSeconds", "Int", "Seconds since it last ended well"),
            Plain("silentAfterSeconds", "Int", "How many seconds it may be silent"),
            Plain("silent", "Boolean!", "It has been silent longer than it should"),
            Plain("records", "Int!", "Records that it has sent"),
            Plain("badRecords", "Int!", "Records that were rejected"),
            Plain("notices", "Int!", "Records of which something is doubtful"),
            Plain("changedAt", "Moment", "When it last changed anything"),
            Part("changed", "ChangeCount", "What it changed then", many=True),
        ),
        answer_type(
            "ChangeCount",
            "How many things of a kind a run has created, changed, moved, ended or withdrawn",
            Plain("kind", "String!", "Kind of the things"),
            Plain("operation", "String!", "What was done to them"),
            Plain("count", "Int!", "How many"),
        ),
    ),
    RUNS,
    _answer,
)

"""``runJob``: how the last run of a source or target went, or goes: also a dry one, or one that found nothing, of which
``runs`` has no entry. The program knows (``Operated.runs``)."""

from api.access.roles import RUNS
from api.computed.contract import Answer, Argument, ComputedField, Plain, Request, answer_type
from api.runs import RunKind
from graph.model.kind import name_of


def _answer(request: Request) -> list[Answer]:
    runs = request.resources.operated.runs
    found = None if runs is None else runs.last(RunKind(request.arguments["type"]), request.arguments["name"])
    if found is None:
        return []
    return [
        {
            "state": name_of(found.state),
            "text": found.text or None,
            "started": found.started,
            "ended": found.ended,
        }
    ]


FIELD = ComputedField(
    "runJob",
    "The run of a source or target that waits for a worker, is made, or was the last, dry runs included; null: none",
    (
        answer_type(
            "RunJob",
            "The last run of a source or target",
            Plain("state", "SourceState!", "How it goes"),
            Plain("text", "String", "What became of it; while it waits, why it was asked for"),
            Plain("started", "Moment!", "When it began, or was asked for"),
            Plain("ended", "Moment", "When it ended; null = it waits or runs"),
        ),
    ),
    RUNS,
    _answer,
    many=False,
    may_be_none=True,
    arguments={
        "type": Argument("RunKind!", "Of a source or of a target"),
        "name": Argument("String!", "The source or target, as sources and targets have it"),
    },
    enums=(RunKind,),
    whole="says how imports and exports go, which are about the whole organisation",
)

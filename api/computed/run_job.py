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
    "The current run of a source or target (queued or running), or else the last one; dry runs count; null if none",
    (
        answer_type(
            "RunJob",
            "The last run of a source or target",
            Plain("state", "SourceState!", "How it goes"),
            Plain("text", "String", "The outcome; while the run waits, the reason for it"),
            Plain("started", "Moment!", "When it began; while it waits, when it was requested"),
            Plain("ended", "Moment", "When it ended; null while it waits or runs"),
        ),
    ),
    RUNS,
    _answer,
    many=False,
    may_be_none=True,
    arguments={
        "type": Argument("RunKind!", "Source or target"),
        "name": Argument("String!", "Name of the source or target, as listed by sources and targets"),
    },
    enums=(RunKind,),
    whole="says how imports and exports go, which are about the whole organisation",
)

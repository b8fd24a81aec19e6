"""``waitingRestore``: a restore of a back-up that waits until a person has looked."""

from api.access.roles import RUNS
from api.computed.contract import Answer, ComputedField, Plain, Request, Thing, answer_type
from api.enums import enumerated
from graph.runs.restores import still_open, waiting


def _answer(request: Request) -> list[Answer]:
    found = waiting(request.driver)
    if found is None:
        return []
    return [
        {
            "id": found.id,
            "found": found.found.isoformat(),
            "why": found.why.upper(),
            "text": found.text,
            "stillOpen": [uuid for uuid, _ in still_open(request.driver, found.stopped)],
        }
    ]


FoundBy = enumerated(
    "RestoreFoundBy",
    "How a restore of a back-up was found",
    {
        "behind": "Changes that the graph had are missing",
        "unknown": "Redis, which remembers how far the graph was, does not know it",
        "silent": "No worker has worked on the graph for more than a day",
        "declared": "A person declared it (reconnect restored --declare)",
    },
)

FIELD = ComputedField(
    "waitingRestore",
    "A restore of a back-up that nobody has confirmed yet (confirmRestore); null: none waits. Until then exports only "
    "disable: nothing is opened at targets",
    (
        answer_type(
            "WaitingRestore",
            "A restore of a back-up that nobody has confirmed yet",
            Plain("id", "ID!", "Its id, for confirmRestore"),
            Plain("found", "Moment!", "When it was found"),
            Plain("why", "RestoreFoundBy!", "How it was found"),
            Plain("text", "String!", "What has happened, and what to do"),
            Thing(
                "stillOpen",
                ("Person",),
                "People who were stopped before the restore, and are not any more, as far as is known; stopPerson "
                "stops them again",
                many=True,
            ),
        ),
    ),
    RUNS,
    _answer,
    many=False,
    enums=(FoundBy,),
    whole="says whether the whole organisation was restored",
)

"""``automaticStarts``: the processes whose cases may start by themselves, and whether they do."""

from collections.abc import Mapping
from functools import partial

import neo4j

from api.access.caller_names import person_of
from api.computed.contract import Answer, ComputedField, Plain, Request, answer_type
from processes.cases import definitions
from processes.cases.by_itself import Switched, switched_on
from processes.cases.definitions import Version


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        on = switched_on(session)
        current = [each.process for each in definitions.versions(session) if each.is_current]
        found = {each: definitions.readable(partial(definitions.current, session, each)) for each in current}
        people = {person for each in on.values() if (person := person_of(each.by)) is not None}
        names = dict(session.run(_NAMES, people=sorted(people)).values())
    return [
        _shown(process, version, on.get(process), names)
        for process, version in sorted(found.items())
        if process in on or (version is not None and version.definition.triggers)
    ]


_NAMES = "MATCH (p:Person) WHERE p.uuid IN $people RETURN p.uuid, p.name"


def _shown(process: str, version: Version | None, switched: Switched | None, names: Mapping[str, str]) -> Answer:
    triggers = () if version is None else version.definition.triggers
    return {
        "id": process,
        "name": process if version is None else version.definition.name,
        "isOn": switched is not None,
        "byChange": any(each.operations for each in triggers),
        "byTime": any(each.every is not None for each in triggers),
        "by": None if switched is None else names.get(person_of(switched.by) or "", switched.by),
        "since": None if switched is None else switched.at.isoformat(),
        "next": None if switched is None or switched.next is None else switched.next.isoformat(),
        "problem": None if switched is None else switched.problem or None,
    }


FIELD = ComputedField(
    "automaticStarts",
    "The processes that state by what their cases start, and whether this is switched on",
    (
        answer_type(
            "AutomaticStarts",
            "A process whose cases may start by themselves",
            Plain("id", "ID!", "Id of the process"),
            Plain("name", "String!", "Name of the process"),
            Plain("isOn", "Boolean!", "Whether its cases start by themselves"),
            Plain("byChange", "Boolean!", "It states changes of the organisation by which they start"),
            Plain("byTime", "Boolean!", "It states how much time lies between two starts"),
            Plain("by", "String", "Who has switched it on: a person's name, or the user as in the change log"),
            Plain("since", "Moment", "Since when it is on"),
            Plain("next", "Moment", "When the next starts by time"),
            Plain("problem", "String", "Why the last one that could not start did not"),
        ),
    ),
    frozenset({"organisation", "operations", "auditor"}),
    _answer,
    whole="reads what starts in the whole organisation",
)

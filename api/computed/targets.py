"""``targets``: how each target is doing, as ``sources`` has it of sources."""

import neo4j

from api.access.roles import RUNS
from api.computed.contract import Answer, ComputedField, Part, Plain, Request, answer_type
from graph.model.kind import name_of

_STATES = """
UNWIND $targets AS target
RETURN target,
    head(COLLECT {
        MATCH (r:Run {type: 'export', name: target, dry: false})
        WITH r ORDER BY r.started DESC LIMIT 1
        RETURN r {.id, .state, .error, started: toString(r.started)}
    }) AS last,
    head(COLLECT {
        MATCH (r:Run {type: 'export', name: target, dry: false, state: 'done'})
        RETURN toString(max(r.ended))
    }) AS delivered,
    COUNT { MATCH (b:Brake {source: 'export:' + target, state: 'waiting'}) RETURN b } AS stopped,
    COLLECT {
        MATCH (e:LedgerEntry {target: target})
        WITH e.object AS object, e.state AS state, count(*) AS count
        ORDER BY object, state
        RETURN {object: object, state: state, count: count}
    } AS objects
"""


def _answer(request: Request) -> list[Answer]:
    rows, _, _ = request.driver.execute_query(
        _STATES, targets=sorted(request.resources.targets), routing_=neo4j.RoutingControl.READ
    )
    return [_form(row) for row in rows]


def _form(row: neo4j.Record) -> Answer:
    last = row["last"] or {}
    return {
        "name": row["target"],
        "run": last.get("id"),
        "state": None if not last else name_of(last["state"]),
        "error": last.get("error"),
        "lastRun": last.get("started"),
        "lastSuccess": row["delivered"],
        "stopped": row["stopped"],
        "objects": [{**each, "state": name_of(each["state"])} for each in row["objects"] if each["state"]],
    }


FIELD = ComputedField(
    "targets",
    "Each target: its last run, when it was last supplied, what waits for approval, its objects by state; by name",
    (
        answer_type(
            "TargetHealth",
            "How a target is doing",
            Plain("name", "String!", "Name of the target, as in the settings"),
            Plain("run", "ID", "Id of its last run that was not a dry run; null = it has never run"),
            Plain("state", "RunState", "How that run went"),
            Plain("error", "String", "Why it failed"),
            Plain("lastRun", "Moment", "When its last run began"),
            Plain("lastSuccess", "Moment", "When its last successful run ended"),
            Plain("stopped", "Int!", "Sets of changes that were stopped and wait for approval"),
            Part("objects", "TargetObjects", "How many objects it has, by kind and state", many=True),
        ),
        answer_type(
            "TargetObjects",
            "How many objects of a kind are in a state at a target",
            Plain("object", "String!", "Kind of object at the target"),
            Plain("state", "LedgerState!", "Their state"),
            Plain("count", "Int!", "Number of objects"),
        ),
    ),
    RUNS,
    _answer,
    looks_at=("LedgerEntry",),
    whole="says how exports go, which supply the whole organisation",
)

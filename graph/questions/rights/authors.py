"""The authors of a grant, of a request, or of a setting that leaves a type open: those who have changed it by hand
since its last approval, a limit of it, whose it is, or what it gives. Who has asked for something is no author of it.

What it gives counts from the day on which it was made: who grants a role has seen what it includes then.
What a plan has changed is written under the name of its newest author; the others have written it as well. What a case
of a process has changed, its deployers and whoever had a part in the case have written; once the case is deleted, these
stand with the change (``processes.cases.retention``).
"""

import re
from typing import Any

import neo4j
import orjson

from graph.identity.user_names import PERSON
from graph.plans.plan import mark

_APPROVAL = frozenset({"approved_by", "approved_on", "approved_content"})
_CHANGES = """
MATCH (g:Grant|RightsRequest|ConstraintSetting {uuid: $uuid})<-[:CONCERNS]-(made:Change)
WITH g, min(made.number) AS made
CALL (g) {
    RETURN g AS thing
    UNION
    MATCH (g)-[:SETS]-(thing:JobFunctionRole|Grant|ConstraintSetting)
    RETURN thing
    UNION
    MATCH (g)-[:SETS*0..1]->()-[:GIVES]->()-[:INCLUDES*0..20]->(thing)
    RETURN DISTINCT thing
    UNION
    MATCH (g)-[:SETS*0..1]->()-[:GIVES]->()-[:INCLUDES*0..20]->()<-[:SETS]-(thing:ConstraintSetting)
    RETURN DISTINCT thing
}
MATCH (thing)<-[:CONCERNS]-(c:Change)
WHERE c.day IS NULL AND c.number >= made
RETURN thing = g AS is_itself, g:RightsRequest AS is_asked_for, c.user AS user, c.reason AS reason,
    c.authors AS authors, c.before AS before, c.after AS after,
    COLLECT { MATCH (p:Plan)-[:DID]->(:PlanEffect {uuid: thing.uuid}) RETURN [p.name, p.authors] } AS plans
ORDER BY c.number DESC
"""
"""Without what only began or ended with a day (``c.day``)."""
PROCESS = "process:"
"""Before the name of a process, as the user of a change."""
_CASE = re.compile(r"\(case ([^()]+)\)$")
_OF_CASE = """
MATCH (v:ProcessVersion)-[:VERSION_OF]->(:Process {id: $process})
RETURN v.by AS name
UNION
MATCH (e:CaseEntry)-[:OF_CASE]->(:Case {id: $case})
WHERE e.by IS NOT NULL
RETURN $person + e.by AS name
UNION
MATCH (e:CaseEntry)-[:OF_CASE]->(:Case {id: $case})
WHERE e.user IS NOT NULL
RETURN e.user AS name
"""


def authors(session: neo4j.Session | neo4j.ManagedTransaction, thing: str) -> frozenset[str]:
    """Names of users. Of what a source has stated and no one has changed by hand there are none."""
    found: set[str] = set()
    for row in session.run(_CHANGES, uuid=thing):
        if row["is_itself"] and row["is_asked_for"]:
            continue
        if row["is_itself"] and is_approval(orjson.loads(row["before"]), orjson.loads(row["after"])):
            break
        if row["user"] is not None:
            found.add(row["user"])
            for name, of_plan in row["plans"]:
                if (row["reason"] or "").endswith(mark(name)):
                    found.update(of_plan)
            if row["user"].startswith(PROCESS):
                found.update(row["authors"] or ())
                found |= _of_case(session, row["user"].removeprefix(PROCESS), row["reason"] or "")
    return frozenset(found)


def _of_case(session: neo4j.Session | neo4j.ManagedTransaction, process: str, reason: str) -> frozenset[str]:
    case = _CASE.search(reason)
    rows = session.run(_OF_CASE, process=process, case=case[1] if case else "", person=PERSON)
    return frozenset(row["name"] for row in rows)


def is_approval(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether an entry of the log, by its two sides, seals what the grant gives, and changes nothing else. A day of
    approval that somebody sets seals nothing."""
    return _seals(before) != _seals(after) and _content(before) == _content(after)


def _seals(side: dict[str, Any]) -> list[str | None]:
    return [each.get("approved_content") for each in side.get("states", ())]


def _content(side: dict[str, Any]) -> Any:
    """What an entry says beside the approval. Days that then differ in nothing are one period."""
    told: list[tuple[Any, Any, dict[str, Any]]] = []
    for each in side.get("states", ()):
        since, values = each["from"], {name: each[name] for name in each.keys() - _APPROVAL - {"from", "to"}}
        if told and told[-1][1:] == (since, values):
            since = told.pop()[0]
        told.append((since, each["to"], values))
    return told, [each for each in side.get("links", ()) if each["name"] not in _APPROVAL]

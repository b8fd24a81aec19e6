"""The authors of a grant: those who have changed it, or a limit of it, by hand since it was last approved.

What a plan has changed is written under the name of its newest author; the others have written it as well.
"""

from typing import Any

import neo4j
import orjson

from graph.plans.plan import mark

_APPROVAL = frozenset({"approved_by", "approved_on", "approved_content"})
_CHANGES = """
MATCH (g:Grant {uuid: $uuid})
CALL (g) {
    RETURN g AS thing
    UNION
    MATCH (g)<-[:SETS]-(thing:ConstraintSetting)
    RETURN thing
}
MATCH (thing)<-[:CONCERNS]-(c:Change)
RETURN c.user AS user, c.reason AS reason, c.before AS before, c.after AS after,
    COLLECT { MATCH (p:Plan)-[:DID]->(:PlanEffect {uuid: thing.uuid}) RETURN [p.name, p.authors] } AS plans
ORDER BY c.number DESC
"""


def authors(session: neo4j.Session, grant: str) -> frozenset[str]:
    """Names of users. Of a source's grant that no one has changed by hand there are none."""
    found: set[str] = set()
    for row in session.run(_CHANGES, uuid=grant):
        if _content(row["before"]) == _content(row["after"]):
            break
        if row["user"] is not None:
            found.add(row["user"])
            for name, of_plan in row["plans"]:
                if (row["reason"] or "").endswith(mark(name)):
                    found.update(of_plan)
    return frozenset(found)


def _content(told: str) -> Any:
    """What an entry of the log says beside the approval."""
    side = orjson.loads(told)
    states = [{name: value for name, value in each.items() if name not in _APPROVAL} for each in side["states"]]
    return states, [each for each in side["links"] if each["name"] not in _APPROVAL]

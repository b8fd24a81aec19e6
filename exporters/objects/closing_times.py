"""Since when an account was to be closed: the moment from which the time of a closing counts."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import cast

import neo4j

from graph.time import COPENHAGEN

_ASKED = """
UNWIND $keys AS key
OPTIONAL MATCH (a:PlannedAccount {uuid: key})-[:OF_PERSON]->(owner:Person)
WITH key, a, coalesce(owner, head(COLLECT { MATCH (p:Person {uuid: key}) RETURN p })) AS person
OPTIONAL MATCH (person)-[:HAS]->(tie)
WITH key, a, person, collect(DISTINCT tie) AS ties
WITH key, person, coalesce(person.stopped, false) AS stopped,
    CASE WHEN a IS NULL THEN [each IN ties | each.uuid] ELSE [a.uuid] END AS own,
    CASE WHEN a IS NULL THEN reduce(last = null, each IN ties |
        CASE WHEN last IS NULL OR each.to > last THEN each.to ELSE last END) ELSE a.to END AS last
CALL (person, stopped, own) {
    MATCH (c:Change)
    WHERE (stopped AND c.uuid = person.uuid AND c.after CONTAINS '"stopped"') OR (NOT stopped AND c.uuid IN own)
    RETURN max(c.at) AS changed
}
RETURN key, changed, CASE WHEN NOT stopped AND last IS NOT NULL THEN datetime({date: last, timezone: $zone}) END AS day
"""


def asked_at(driver: neo4j.Driver, keys: Iterable[str]) -> dict[str, datetime]:
    """By key of the account, or of the person. Of a STOP the moment at which it was stated; of an end that was known
    before, the start of the first day without it in Copenhagen; otherwise the moment at which it became known. Those of
    which nothing is known are left out."""
    rows, _, _ = driver.execute_query(
        _ASKED, keys=sorted(set(keys)), zone=COPENHAGEN.key, routing_=neo4j.RoutingControl.READ
    )
    found = {}
    for row in rows:
        moments = [cast("datetime", row[name].to_native()) for name in ("changed", "day") if row[name] is not None]
        if moments:
            found[row["key"]] = max(moments)
    return found


def longest(driver: neo4j.Driver, closed: Mapping[str, datetime]) -> int | None:
    """Seconds from when it was to be closed to the target's answer, of the closing that took longest; None if nothing
    was closed. ``closed``: the moments of the answers, by key."""
    known = asked_at(driver, closed) if closed else {}
    return max((round((closed[key] - at).total_seconds()) for key, at in known.items()), default=None)

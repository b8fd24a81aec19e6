"""Whom the account rules must look at again: what the change log has had since the last run."""

from dataclasses import dataclass

import neo4j

from graph.runs.cursors import read_cursor, write_cursor
from rules.accounts.run import SOURCE

_OF_PEOPLE = ("Person", "Employment", "Affiliation", "AccountException", "Assignment")
_OF_ALL = ("AccountRule", "NamePolicy", "Unit", "Position", "Role")
"""What rules and all people depend on: a change of one of these is looked at for everybody."""
MOST_PERSONS = 2_000
"""More persons than that are evaluated faster all together."""


@dataclass(frozen=True, slots=True)
class Touched:
    """``number``: the last change that is covered. ``persons`` None: everybody. ``stopped``: a person who is or was
    stopped has changed."""

    number: int
    persons: frozenset[str] | None
    stopped: bool = False

    @property
    def any(self) -> bool:
        return self.persons is None or bool(self.persons)


def touched(driver: neo4j.Driver) -> Touched:
    """What has changed since the last run; everybody, where there was none, or the log has had too much."""
    kept = read_cursor(driver, SOURCE)
    since = int(kept.get("number", "-1"))
    rows, _, _ = driver.execute_query(
        """
        MATCH (log:ChangeLog)
        WITH log.number AS last
        RETURN last, last > $since AS news
        """,
        since=since,
        routing_=neo4j.RoutingControl.READ,
    )
    last = int(rows[0]["last"]) if rows else 0
    if since < 0:
        return Touched(last, None)
    if last <= since:
        return Touched(last, frozenset())
    rows, _, _ = driver.execute_query(
        """
        MATCH (c:Change)
        WHERE c.number > $since AND c.number <= $last AND c.kind IN $kinds
        WITH c.kind AS kind, c.uuid AS uuid,
            c.kind = 'Person' AND (c.before CONTAINS '"stopped"' OR c.after CONTAINS '"stopped"') AS stopped
        RETURN kind, collect(DISTINCT uuid) AS uuids, max(stopped) AS stopped
        """,
        since=since,
        last=last,
        kinds=[*_OF_PEOPLE, *_OF_ALL],
        routing_=neo4j.RoutingControl.READ,
    )
    by_kind = {row["kind"]: row["uuids"] for row in rows}
    stopped = any(row["stopped"] for row in rows)
    if any(each in by_kind for each in _OF_ALL) or sum(map(len, by_kind.values())) > MOST_PERSONS:
        return Touched(last, None, stopped)
    rows, _, _ = driver.execute_query(
        """
        UNWIND $uuids AS uuid
        MATCH (n:Person|Employment|Affiliation|AccountException|Assignment {uuid: uuid})
        UNWIND CASE
            WHEN n:Person THEN [n.uuid] + [(n)-[:JOINED_INTO*1..]->(p) | p.uuid]
            WHEN n:AccountException THEN [(n)-[:OF_PERSON|WAS_OF_PERSON]->(p) | p.uuid]
            WHEN n:Assignment THEN [(n)<-[:HOLDS|WAS_HOLDS]-(p:Person) | p.uuid]
                + [(n)<-[:HOLDS|WAS_HOLDS]-()<-[:HAS|WAS_HAS]-(p) | p.uuid]
            ELSE [(n)<-[:HAS|WAS_HAS]-(p) | p.uuid]
        END AS person
        RETURN collect(DISTINCT person) AS persons
        """,
        uuids=sorted({each for uuids in by_kind.values() for each in uuids}),
        routing_=neo4j.RoutingControl.READ,
    )
    return Touched(last, frozenset(rows[0]["persons"]), stopped)


def covered(driver: neo4j.Driver, found: Touched) -> None:
    """Everything up to that change has been looked at."""
    write_cursor(driver, SOURCE, {"number": str(found.number)})

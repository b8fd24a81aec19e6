"""Ended cases are deleted after a time, with all that people filled in, whoever they are about, or nobody.

So a declined candidate's name and pay don't stay for ever: nobody could be erased from such a case. Those that go on
stay, however old. Whoever had a part in a case stays an author of what it wrote, in the change log. What a person's
erasure takes away (``graph.corrections.person_erasure``) doesn't wait for this.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import neo4j

from graph.identity.user_names import PERSON
from graph.questions.rights.authors import PROCESS

AT_ONCE = 200
"""Cases that are deleted in one transaction."""
_DELETE = """
MATCH (p:Process {id: $process})
SET p.locked = $process
WITH p
CALL (p) {
    MATCH (c:Case)
    WHERE c.ended < $before AND c.process = p.id AND NOT c.open
    RETURN c ORDER BY c.ended LIMIT $most
}
CALL (c) {
    MATCH (entry:CaseEntry)-[:OF_CASE]->(c)
    RETURN collect(DISTINCT CASE WHEN entry.by IS NULL THEN entry.user ELSE $person + entry.by END) AS authors
}
CALL (c, authors) {
    MATCH (s:ServiceTask)-[:OF_CASE]->(c)
    UNWIND coalesce(s.wrote, []) AS uuid
    MATCH (change:Change {uuid: uuid})
    WHERE change.user = $process_of + c.process AND change.reason ENDS WITH '(case ' + c.id + ')'
    SET change.authors = authors
}
CALL (c) {
    OPTIONAL MATCH (part:Task|ServiceTask|CaseEntry|Attachment|Letter)-[:OF_CASE]->(c)
    OPTIONAL MATCH (draft:TaskDraft)-[:OF_TASK]->(part)
    DETACH DELETE draft, part
}
DETACH DELETE c
RETURN count(*) AS deleted
"""
"""While one worker deletes a process's cases, the next one waits, and then finds them gone."""


def delete_ended(driver: neo4j.Driver, before: datetime, of: Mapping[str, datetime]) -> dict[str, int]:
    """Delete the cases that ended before a moment, each batch by itself; how many, by process.

    ``of``: another moment for some processes. Several workers may do it at once.
    """
    processes, _, _ = driver.execute_query("MATCH (p:Process) RETURN p.id AS id ORDER BY id")
    found = {}
    for process in (row["id"] for row in processes):
        moment = of.get(process, before).astimezone(UTC)
        deleted = 0
        while (some := _delete(driver, process, moment)) > 0:
            deleted += some
        if deleted:
            found[process] = deleted
    return found


def _delete(driver: neo4j.Driver, process: str, before: datetime) -> int:
    rows, _, _ = driver.execute_query(
        _DELETE, process=process, before=before, most=AT_ONCE, person=PERSON, process_of=PROCESS
    )
    return int(rows[0]["deleted"])

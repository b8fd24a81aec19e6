"""Where a person has a role: as holder, as substitute, or by a delegation of somebody who has it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from graph.as_of import in_force
from graph.connection import Run


def places(run: Run, person: str, at: date) -> list[Mapping[str, Any]]:
    """Where the person, or whoever has delegated a process to them, has a role on a day.

    Each: ``level``, the unit; ``roles``, all names of the role; ``process``, the one that is delegated, None = any.
    It is not asked whether whoever is stood in for is away.
    """
    return [row.data() for row in run.run(_PLACES, person=person, at=at)]


_PLACES = f"""
CALL () {{
    MATCH (who:Person {{uuid: $person}})
    RETURN who, null AS process
    UNION
    MATCH (was:Person)-[:JOINED_INTO*0..]->(:Person {{uuid: $person}})
    MATCH (d:Delegation {{to: was.uuid}})
    WHERE d.from <= $at AND d.until > $at
    MATCH (:Person {{uuid: d.by}})-[:JOINED_INTO*0..]->(who)
    RETURN who, d.process AS process
}}
CALL (who) {{
    MATCH (who)-[ties:HAS|HOLDS*1..2]->(a:Assignment)
    WHERE all(tie IN ties WHERE {in_force("tie")})
    RETURN a
    UNION
    MATCH (who)-[stands:STANDS_IN]->(:Substitution)-[instead:SUBSTITUTES]->(a:Assignment)
    WHERE {in_force("stands")} AND {in_force("instead")}
    RETURN a
}}
MATCH (a)-[of:OF]->(role:Role), (a)-[for:FOR]->(level:Unit)
WHERE {in_force("of")} AND {in_force("for")}
WITH DISTINCT role, level, process
RETURN level.uuid AS level, process,
    [each IN [role.key, role.uuid] WHERE each IS NOT NULL] + COLLECT {{
        MATCH (r:SourceRecord)-[:TELLS]->(role)
        RETURN r.key
    }} AS roles
"""

"""Which job-function roles KOMBIT has: what a login may send (kombit_access.md §3: rule 7).

A role is known by its authority and its URI, not by the URI alone: another authority's may have the same one
(kombit_access.md pitfall 25).
"""

from datetime import date

import neo4j

from graph.as_of import Day
from graph.change_log import turned_day

_EVER = """
RETURN EXISTS {
    MATCH (:JobFunctionRole)-[:STATE]->({at_kombit: true})
} AS ever
"""


def roles_at_kombit(session: neo4j.Session, own_cvr: str, at: date) -> frozenset[tuple[str, str]] | None:
    """CVR and URI of each role that FK-adm had when it was last read before the end of a day. None: never read."""
    if not session.run(_EVER).single(strict=True)["ever"]:
        return None
    day = Day.of(at, turned_day(session))
    rows = session.run(
        f"""
        MATCH (role:JobFunctionRole)
        WITH {day.values("role")} AS role
        WHERE role.at_kombit AND role.uri IS NOT NULL
        RETURN coalesce(role.delegated_from_cvr, $own_cvr) AS cvr, role.uri AS uri
        """,
        at=at,
        own_cvr=own_cvr,
    )
    return frozenset((row["cvr"], row["uri"]) for row in rows)

"""Which job-function roles KOMBIT has: what a login may send (kombit_access.md §3: rule 7).

A role is known by its authority and its URI, not by the URI alone: another authority's may have the same one
(kombit_access.md pitfall 25).
"""

from dataclasses import dataclass
from datetime import date

import neo4j

from graph.as_of import Day

_VALUES = Day(False).values("role")
_ROLES = f"""
RETURN EXISTS {{
    MATCH (:JobFunctionRole)-[:STATE]->({{at_kombit: true}})
}} AS ever, COLLECT {{
    MATCH (role:JobFunctionRole)
    WITH {_VALUES} AS role
    WHERE role.at_kombit AND role.uri IS NOT NULL
    RETURN [role.delegated_from_cvr, role.uri]
}} AS roles
"""


@dataclass(frozen=True, slots=True)
class AtKombit:
    """``roles``: delegating authority's CVR number (None: our own) and URI; None: FK-adm was never read."""

    roles: frozenset[tuple[str | None, str]] | None

    def known(self, own_cvr: str) -> frozenset[tuple[str, str]] | None:
        """The same, with our own CVR number."""
        if self.roles is None:
            return None
        return frozenset((own_cvr if cvr is None else cvr, uri) for cvr, uri in self.roles)


def roles_at_kombit(session: neo4j.Session, at: date) -> AtKombit:
    """The roles that FK-adm had when it was last read before the end of a day."""
    row = session.run(_ROLES, at=at).single(strict=True)
    return AtKombit(frozenset((cvr, uri) for cvr, uri in row["roles"]) if row["ever"] else None)

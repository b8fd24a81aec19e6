"""Which job-function roles KOMBIT has, and what they contain there: what a login may send (kombit_access.md §3: rules 7
and 21).

A role is known by its authority and its URI, not by the URI alone: another authority's may have the same one
(kombit_access.md pitfall 25).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import neo4j

from graph.as_of import Day
from graph.questions.rights.kombit_content import ContentAtKombit, content_of

_DAY = Day(False)
_VALUES = _DAY.values("role")
_ROLES = f"""
RETURN EXISTS {{
    MATCH (:JobFunctionRole)-[:STATE]->({{at_kombit: true}})
}} AS ever, COLLECT {{
    MATCH (role:JobFunctionRole)
    WITH {_VALUES} AS role
    WHERE role.at_kombit AND role.uri IS NOT NULL
    RETURN [role.delegated_from_cvr, role.uri, role.content_at_kombit]
}} AS roles, COLLECT {{
    MATCH (right:SystemRole)
    WHERE {_DAY.active("right")}
    RETURN right.uri
}} AS rights
"""


@dataclass(frozen=True, slots=True)
class AtKombit:
    """``roles``: delegating authority's CVR number (None: our own) and URI; None: FK-adm was never read. ``contents``:
    by URI, of our own roles as far as it was read."""

    roles: frozenset[tuple[str | None, str]] | None
    contents: Mapping[str, ContentAtKombit] = field(default_factory=dict)

    def known(self, own_cvr: str) -> frozenset[tuple[str, str]] | None:
        """The same, with our own CVR number."""
        if self.roles is None:
            return None
        return frozenset((own_cvr if cvr is None else cvr, uri) for cvr, uri in self.roles)


def roles_at_kombit(session: neo4j.Session, at: date) -> AtKombit:
    """The roles that FK-adm had when it was last read before the end of a day."""
    row = session.run(_ROLES, at=at).single(strict=True)
    if not row["ever"]:
        return AtKombit(None)
    lines: dict[str, list[str]] = {}
    for cvr, uri, content in row["roles"]:
        if cvr is None and content:
            lines.setdefault(uri, []).extend(content)  # two with one URI: whatever either contains
    # What the vendor has ended gives nothing, although a role may still name it.
    rights = frozenset(row["rights"])
    contents = {uri: content_of(each).within(rights) for uri, each in lines.items()}
    return AtKombit(frozenset((cvr, uri) for cvr, uri, _ in row["roles"]), contents)

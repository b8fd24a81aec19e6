"""``Lookup`` over Neo4j."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import neo4j

from graph.as_of import exists, in_force
from graph.time import today
from importers.fk_adm.lookup import KnownRole, Setting

_KEYS = """
MATCH (n:{kind})
WHERE n.uri IS NOT NULL AND {exists}
OPTIONAL MATCH (n)-[at:AT]->(system:ItSystem)
WHERE {in_force}
WITH n, system
WHERE system IS NULL OR coalesce(system.environment, 'production') = $environment
RETURN DISTINCT n.uri AS uri, n.key AS key
"""
_ROLES = """
MATCH (role:JobFunctionRole)<-[:TELLS]-(record:SourceRecord)
WHERE record.source <> $source AND role.uri IS NOT NULL AND {exists}
WITH DISTINCT role
RETURN role.uuid AS uuid, role.uri AS uri, role.title AS title, role.description AS description,
    role.delegated_from_cvr AS delegated_from, role.delegated_to_cvr AS delegated_to,
    COLLECT {{
        MATCH (role)-[includes:INCLUDES]->(included:SystemRole)
        WHERE {includes_in_force}
        RETURN DISTINCT included.uri
    }} AS includes,
    COLLECT {{
        MATCH (role)<-[sets:SETS]-(setting:ConstraintSetting)-[limits:LIMITS]->(type:ConstraintType)
        WHERE {sets_in_force} AND {limits_in_force} AND {setting_exists}
        OPTIONAL MATCH (setting)-[within:WITHIN_ROLE]->(included:SystemRole)
        WHERE {within_in_force}
        RETURN {{
            system_role: included.uri, type: type.uri, fixed: setting.fixed, derived: setting.derived,
            parameter: setting.parameter, unlimited: setting.unlimited
        }}
    }} AS settings
ORDER BY uri
"""


class GraphLookup:
    """``source``: this source. ``environment``: the one that it reads."""

    def __init__(self, driver: neo4j.Driver, source: str, environment: str) -> None:
        self._driver = driver
        self._source = source
        self._environment = environment

    def keys(self, kind: str) -> Mapping[str, str]:
        query = _KEYS.format(kind=kind, exists=exists("n"), in_force=in_force("at"))
        rows = self._rows(query, environment=self._environment)
        times = Counter(row["uri"] for row in rows)
        return {row["uri"]: row["key"] for row in rows if times[row["uri"]] == 1 and row["key"] is not None}

    def roles(self, cvr: str) -> Sequence[KnownRole]:
        query = _ROLES.format(
            exists=exists("role"),
            includes_in_force=in_force("includes"),
            sets_in_force=in_force("sets"),
            limits_in_force=in_force("limits"),
            within_in_force=in_force("within"),
            setting_exists=exists("setting"),
        )
        return [_role(row, cvr) for row in self._rows(query, source=self._source)]

    def _rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            return [dict(row) for row in session.run(query, {"at": today(), "today": today(), **parameters})]


def _role(row: Mapping[str, Any], cvr: str) -> KnownRole:
    """A setting without a system role of its own holds for every one that the role includes, and gives way to it."""
    settings: dict[tuple[str, str], Setting] = {}
    for each in sorted(row["settings"], key=lambda one: (one["system_role"] is not None, one["type"] or "")):
        made = Setting(
            tuple(each["fixed"] or ()),
            each["parameter"] or "",
            each["derived"] is not None,
            bool(each["unlimited"]),
        )
        for system_role in [each["system_role"]] if each["system_role"] else row["includes"]:
            settings[system_role, each["type"]] = made
    return KnownRole(
        cvr=row["delegated_from"] or cvr,
        uri=row["uri"],
        title=row["title"] or "",
        uuid=row["uuid"],
        description=row["description"] or "",
        delegated_to=row["delegated_to"] or "",
        includes=frozenset(row["includes"]),
        settings=settings,
    )

"""Where a person has a role: as holder, as substitute, or by a delegation; and in which unit a task is."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from graph.as_of import in_force
from graph.connection import Run
from graph.errors import GraphError, Unknown
from graph.identity.lookup import find, fitting, found


def places(run: Run, person: str, at: date) -> list[Mapping[str, Any]]:
    """Where the person, or whoever has delegated a process to them, has a role on a day.

    Each: ``level``, the unit; ``roles``, all names of the role; ``process``, the one that is delegated, None = any.
    It is not asked whether whoever is stood in for is away.
    """
    return [row.data() for row in run.run(_PLACES, person=person, at=at)]


class Naming:
    """What the values of cases name on a day, each looked up once: while nothing changes in the organisation."""

    def __init__(self, run: Run, at: date, units: Iterable[str] = ()) -> None:
        """``units``: uuids of units that there are."""
        self.run, self.at = run, at
        self._uuids: dict[tuple[str, str], str] = {}
        self._units: dict[str, str | None] = {each: each for each in units}
        self._persons: dict[str, str | None] = {}

    def learn(self, kind: str, names: Iterable[str]) -> None:
        """Look up several by one statement."""
        for name, rows in fitting(self.run, kind, {each for each in names if (kind, each) not in self._uuids}).items():
            try:
                self._uuids[kind, name] = found(kind, name, rows).uuid
            except GraphError:  # told where it is asked for
                continue

    def uuid(self, kind: str, name: str) -> str:
        """Whatever there is by this name. Raises Unknown, Ambiguous."""
        known = self._uuids.get((kind, name))
        if known is None:
            known = self._uuids[kind, name] = find(self.run, kind, name).uuid
        return known

    def named(self, run: Run, kind: str, name: str) -> str:
        """As ``uuid``, for whoever asks with a transaction of their own, which is this one's."""
        return self.uuid(kind, name)

    def unit(self, name: object) -> str | None:
        """UUID of the unit that a case's value names: the unit itself, or that of an employment or affiliation on the
        day (if it is over, the last one). None if it names nothing, or it is not certain what."""
        if not isinstance(name, str) or not name:
            return None
        if name not in self._units:
            self._units[name] = self._unit(name)
        return self._units[name]

    def _unit(self, name: str) -> str | None:
        for kind in ("Unit", "Employment", "Affiliation"):
            try:
                uuid = self.uuid(kind, name)
            except Unknown:
                continue
            except GraphError:  # two of this kind are called so
                return None
            return uuid if kind == "Unit" else next(iter(self.run.run(_LIES_IN, uuid=uuid, at=self.at).value()), None)
        return None

    def person(self, name: object) -> str | None:
        """UUID of the person whom a case's value names; None if it names nobody, or it is not certain whom."""
        if not isinstance(name, str) or not name:
            return None
        if name not in self._persons:
            try:
                self._persons[name] = self.uuid("Person", name)
            except GraphError:
                self._persons[name] = None
        return self._persons[name]


_LIES_IN = f"""
MATCH (:Employment|Affiliation {{uuid: $uuid}})-[lies:IN]->(u:Unit)
WHERE lies.from <= $at
RETURN u.uuid
ORDER BY {in_force("lies")} DESC, lies.from DESC, u.uuid
LIMIT 1
"""
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

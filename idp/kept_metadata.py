"""The last good copy of others' metadata, in the graph: a restart while their server is down changes nothing.

A place stands for one entity: once metadata of an entity was read from it, that of another does not take its place.
"""

from dataclasses import dataclass, field
from datetime import datetime

import neo4j


@dataclass(frozen=True, slots=True)
class Copy:
    """``document``: as its bytes came."""

    entity_id: str
    document: bytes


@dataclass(frozen=True, slots=True)
class KeptMetadata:
    """``name``: of whose metadata it is, in the settings. ``place``: the address or file that it is read from."""

    driver: neo4j.Driver = field(repr=False)
    name: str
    place: str

    def copy(self) -> Copy | None:
        """What was last read from this place; None if nothing was that could be used."""
        rows, _, _ = self.driver.execute_query(
            """
            MATCH (m:ProviderMetadata {name: $name, place: $place})
            WHERE m.document IS NOT NULL
            RETURN m.entity_id AS entity_id, m.document AS document
            """,
            name=self.name,
            place=self.place,
        )
        return Copy(rows[0]["entity_id"], rows[0]["document"]) if rows else None

    def keep(self, copy: Copy, now: datetime) -> None:
        """Keep what was read and can be used."""
        self._note(now, None, {"entity_id": copy.entity_id, "document": copy.document})

    def failed(self, problem: str, now: datetime) -> None:
        """Note why nothing new could be used; the copy stays."""
        self._note(now, problem, {})

    def _note(self, now: datetime, problem: str | None, good: dict[str, str | bytes]) -> None:
        self.driver.execute_query(
            """
            MERGE (m:ProviderMetadata {name: $name})
            WITH m, coalesce(m.place = $place, false) AS is_same_place
            FOREACH (_ IN CASE WHEN is_same_place THEN [] ELSE [1] END | SET m = {name: $name, place: $place})
            SET m.problem = $problem, m.tried = $now, m += $good
            SET m.read = CASE WHEN $problem IS NULL THEN $now ELSE m.read END
            """,
            name=self.name,
            place=self.place,
            problem=problem,
            now=now,
            good=good,
        )

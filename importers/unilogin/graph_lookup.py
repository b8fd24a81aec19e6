"""``Lookup`` and ``Memory`` over Neo4j."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

import neo4j

from graph.as_of import exists, in_force
from graph.identity.known_keys import RecordId
from graph.identity.lookup import persons_by_cpr
from graph.questions.nearest import managers
from graph.runs.brakes import stopped_so_far
from graph.runs.cursors import read_cursor, write_cursor
from graph.time import unless_ahead

_MEMORY = "unilogin#calls"
OWN = "unilogin"


class GraphLookup:
    """``today``: today by the clock; the copies in the graph may be of another day."""

    def __init__(self, driver: neo4j.Driver, today: date) -> None:
        self._driver = driver
        self._today = today

    def units(self) -> Mapping[str, Sequence[str]]:
        return self._listed(
            f"""
            MATCH (u:Unit)
            WHERE u.institution_number IS NOT NULL AND {exists("u", "$day")}
            RETURN u.institution_number AS key, u.uuid AS uuid
            ORDER BY uuid
            """
        )

    def employed(self, unit: str) -> Mapping[str, Sequence[str]]:
        return self._listed(
            f"""
            MATCH (:Unit {{uuid: $unit}})
                (()<-[part:PART_OF WHERE {in_force("part", "$day")}]-()){{0,30}}
                (place:Unit)<-[at:IN]-(employment:Employment)<-[has:HAS]-(person:Person)
            WHERE {exists("employment", "$day")}
              AND {in_force("at", "$day")}
              AND {in_force("has", "$day")}
            RETURN DISTINCT person.uuid AS key, employment.uuid AS uuid
            ORDER BY uuid
            """,
            unit=unit,
        )

    def managers(self, unit: str) -> frozenset[str]:
        return managers(self._driver, unit, self._today)

    def holders(self, hashes: Collection[str]) -> Mapping[str, str]:
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            return persons_by_cpr(session, sorted(hashes))

    def own_persons(self, keys: Collection[str] | None) -> Mapping[str, str]:
        if keys is None:
            rows = self._rows(
                """
                MATCH (r:SourceRecord {source: $source, kind: 'Person'})-[:TELLS]->(person)
                WHERE NOT r.key STARTS WITH 'in:'
                RETURN r.key AS key, person.uuid AS uuid
                """,
                source=OWN,
            )
        else:
            rows = self._rows(
                "UNWIND $ids AS id MATCH (r:SourceRecord {id: id})-[:TELLS]->(n) RETURN r.key AS key, n.uuid AS uuid",
                ids=[RecordId(OWN, "Person", each).text() for each in sorted(keys)],
            )
        return {row["key"]: row["uuid"] for row in rows}

    def decided(self) -> Mapping[str, str]:
        start = RecordId(OWN, "Person", "").text()
        rows = self._rows(
            "MATCH (d:MatchDecision) WHERE d.id STARTS WITH $start RETURN d.id AS id, coalesce(d.uuid, '') AS uuid",
            start=start,
        )
        return {row["id"].removeprefix(start): row["uuid"] for row in rows}

    def alike(self, names: Collection[str], hashes: Collection[str]) -> Mapping[str, Sequence[str]]:
        return self._listed(
            f"""
            MATCH (person:Person)
            WHERE toLower(person.name) IN $names AND {exists("person", "$day")}
            RETURN toLower(person.name) AS key, person.uuid AS uuid
            UNION
            MATCH (person:Person)
            WHERE person.cpr_hash IN $hashes
            RETURN person.cpr_hash AS key, person.uuid AS uuid
            """,
            names=sorted(names),
            hashes=sorted(hashes),
        )

    def _listed(self, query: str, **parameters: object) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for row in self._rows(query, **parameters):
            found.setdefault(row["key"], []).append(row["uuid"])
        return {key: sorted(uuids) for key, uuids in found.items()}

    def _rows(self, query: str, **parameters: object) -> Sequence[neo4j.Record]:
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            return list(session.run(query, {"day": self._today, **parameters}))


class GraphMemory:
    """A cursor of its own. ``<institution>``: "<day> <calls>"; ``held:<institution>``: waiting since;
    ``read:<institution>``: when its last doubtful export with nothing to write was read."""

    def __init__(self, driver: neo4j.Driver) -> None:
        self._driver = driver

    def calls(self, institution: str, day: date) -> int:
        on, _, count = read_cursor(self._driver, _MEMORY).get(institution, "").partition(" ")
        return int(count) if on == day.isoformat() else 0

    def note_call(self, institution: str, day: date) -> None:
        self._put({institution: f"{day.isoformat()} {self.calls(institution, day) + 1}"})

    def read_at(self, institution: str) -> datetime | None:
        kept = read_cursor(self._driver, _MEMORY).get(f"read:{institution}")
        return None if kept is None else datetime.fromisoformat(kept)

    def note_read(self, institution: str, moment: datetime) -> None:
        self._put({f"read:{institution}": moment.isoformat()})

    def held_since(self, institution: str) -> date | None:
        kept = read_cursor(self._driver, _MEMORY).get(f"held:{institution}")
        return None if kept is None else date.fromisoformat(kept)

    def stopped_so_far(self) -> int:
        return stopped_so_far(self._driver, OWN)

    def hold(self, institution: str, day: date) -> None:
        if unless_ahead(self.held_since(institution), day) is None:
            self._put({f"held:{institution}": day.isoformat()})

    def release(self, institution: str) -> None:
        kept = dict(read_cursor(self._driver, _MEMORY))
        if kept.pop(f"held:{institution}", None) is not None:
            write_cursor(self._driver, _MEMORY, kept)

    def _put(self, more: Mapping[str, str]) -> None:
        write_cursor(self._driver, _MEMORY, {**read_cursor(self._driver, _MEMORY), **more})

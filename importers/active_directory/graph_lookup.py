"""``Lookup`` over Neo4j."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import neo4j

from graph.as_of import exists
from graph.identity.known_keys import BY_EMPLOYMENT, PERSONS_BY_CPR, RecordId, employment_rows
from graph.runs.brakes import stopped_so_far
from graph.runs.cursors import read_cursor, write_cursor
from graph.time import today, unless_ahead


class GraphLookup:
    """``source``: the source of the accounts and groups."""

    def __init__(self, driver: neo4j.Driver, source: str) -> None:
        self._driver = driver
        self._source = source
        # A cursor of its own: the source's is only stored with an applied reading.
        self._held = f"{source}#held"

    def holders(self, hashes: Collection[str]) -> Mapping[str, str]:
        return {found: uuid for found, uuid, _ in self._blocks(PERSONS_BY_CPR, hashes=sorted(hashes))}

    def employed(self, numbers: Collection[str]) -> Mapping[str, tuple[str, str]]:
        found = self._blocks(BY_EMPLOYMENT, rows=employment_rows(numbers))
        return {
            key: (persons[0], employments[0])
            for key, employments, persons in found
            if len(persons) == 1 and len(employments) == 1
        }

    def persons(self, uuids: Collection[str]) -> frozenset[str]:
        return self._column("UNWIND $uuids AS uuid MATCH (n:Person {uuid: uuid}) RETURN n.uuid AS it", uuids=[*uuids])

    def by_email(self, addresses: Collection[str]) -> Mapping[str, Collection[str]]:
        rows = self._rows(
            f"""
            MATCH (person:Person)
            WHERE toLower(person.work_email) IN $addresses AND {exists("person")}
            RETURN toLower(person.work_email) AS address, person.uuid AS uuid
            UNION
            MATCH (person:Person)-[:HAS]->(employment:Employment)
            WHERE toLower(employment.email) IN $addresses AND {exists("employment")}
            RETURN toLower(employment.email) AS address, person.uuid AS uuid
            """,
            addresses=sorted(addresses),
        )
        return _grouped(rows, "address", "uuid")

    def by_login(self, system: str, logins: Collection[str]) -> Mapping[str, Collection[str]]:
        rows = self._rows(
            f"""
            MATCH (:ItSystem {{key: $system}})<-[:AT]-(account:Account)
            WHERE account.login IN $logins AND {exists("account")}
            MATCH (account)<-[owns:OWNS]-(person:Person)
            WHERE owns.to IS NULL
            RETURN account.login AS login, person.uuid AS uuid
            """,
            system=system,
            logins=sorted(logins),
        )
        return _grouped(rows, "login", "uuid")

    def primary_by_hand(self) -> frozenset[str]:
        return self._column(
            """
            MATCH (:SourceRecord {source: 'manual', kind: 'Account'})-[:TELLS]->(account:Account {primary: true})
            MATCH (account)<-[:TELLS]-(r:SourceRecord {source: $source, kind: 'Account'})
            RETURN r.key AS it
            """
        )

    def siblings(self, persons: Collection[str], accounts: Collection[str]) -> frozenset[str]:
        return self._column(
            f"""
            CALL () {{
                UNWIND $persons AS uuid
                MATCH (person:Person {{uuid: uuid}})
                RETURN person
                UNION
                UNWIND $ids AS id
                MATCH (:SourceRecord {{id: id}})-[:TELLS]->(:Account)<-[owns:OWNS]-(person:Person)
                WHERE owns.to IS NULL
                RETURN person
            }}
            MATCH (person)-[owns:OWNS]->(account:Account)
            WHERE owns.to IS NULL AND {exists("account")}
            MATCH (account)<-[:TELLS]-(r:SourceRecord {{source: $source, kind: 'Account'}})
            RETURN DISTINCT r.key AS it
            """,
            persons=sorted(persons),
            ids=self._ids("Account", accounts),
        )

    def members(self, groups: Collection[str]) -> Mapping[str, frozenset[str]]:
        rows = self._rows(
            """
            UNWIND $ids AS id
            MATCH (of:SourceRecord {id: id})-[:TELLS]->(:DirectoryGroup)<-[in:MEMBER_OF]-(member)
            WHERE in.to IS NULL
            MATCH (member)<-[:TELLS]-(r:SourceRecord {source: $source})
            WHERE r.kind IN ['Account', 'DirectoryGroup']
            RETURN of.key AS key, r.key AS member
            """,
            ids=self._ids("DirectoryGroup", groups),
        )
        return {key: frozenset(each) for key, each in _grouped(rows, "key", "member").items()}

    def told_of(self, accounts: Collection[str]) -> frozenset[str]:
        return self._column(
            """
            UNWIND $starts AS start
            MATCH (r:SourceRecord)
            WHERE r.id STARTS WITH start
            RETURN DISTINCT r.key AS it
            """,
            starts=[start for each in accounts for start in self._ids("Person", [f"{each}:", f"photo:{each}:"])],
        )

    def employments(self) -> str:
        rows = self._rows("MATCH (employment:Employment) RETURN count(employment) AS employments")
        return str(rows[0]["employments"])

    def held_since(self) -> date | None:
        since = read_cursor(self._driver, self._held).get("since")
        return None if since is None else date.fromisoformat(since)

    def is_holding(self) -> bool:
        return stopped_so_far(self._driver, self._source) > 0

    def hold(self, day: date) -> None:
        if unless_ahead(self.held_since(), day) is None:
            write_cursor(self._driver, self._held, {"since": day.isoformat()})

    def release(self) -> None:
        if self.held_since() is not None:
            write_cursor(self._driver, self._held, {})

    def _ids(self, kind: str, keys: Collection[str]) -> list[str]:
        return [RecordId(self._source, kind, each).text() for each in sorted(keys)]

    def _column(self, query: str, **parameters: object) -> frozenset[str]:
        return frozenset(row["it"] for row in self._rows(query, **parameters))

    def _blocks(self, query: str, **parameters: object) -> Iterator[list[Any]]:
        for block in self._rows(query, **parameters):
            yield from block["rows"]

    def _rows(self, query: str, **parameters: object) -> Sequence[neo4j.Record]:
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            return list(session.run(query, {"source": self._source, "today": today(), **parameters}))


def _grouped(rows: Sequence[neo4j.Record], key: str, value: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row[key], set()).add(row[value])
    return found

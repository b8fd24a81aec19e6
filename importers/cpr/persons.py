"""Who may be looked up, as the graph knows them (cpr.md §6, §8.1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import neo4j

from graph.cpr.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Tied:
    """A person with an employment or affiliation that holds or is to come, and the person's current number."""

    uuid: str
    number: str = field(repr=False)


class Persons(Protocol):
    """What the source asks about the graph's persons."""

    def tied(self, day: date) -> Iterator[Tied]:
        """All of them, by uuid. Nobody else may be looked up."""

    def holders(self, numbers: Sequence[str]) -> dict[str, str]:
        """Number → uuid of whom it belongs to, or belonged to before it changed; unknown ones are left out."""


class GraphPersons:
    """``Persons`` over Neo4j. Numbers are opened here and go no further than into calls."""

    def __init__(self, driver: neo4j.Driver, keyring: Keyring) -> None:
        self._driver = driver
        self._keyring = keyring

    def tied(self, day: date) -> Iterator[Tied]:
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            for row in session.run(
                """
                MATCH (p:Person)
                WHERE p.cpr_hash IS NOT NULL AND EXISTS {
                    MATCH (p)-[has:HAS]->(tie)
                    WHERE (has.to IS NULL OR has.to > $day)
                      AND tie.from IS NOT NULL AND (tie.to IS NULL OR tie.to > $day)
                }
                RETURN p.uuid AS uuid, p.cpr_cipher AS cipher, p.cpr_key AS key
                ORDER BY uuid
                """,
                day=day,
            ):
                yield Tied(row["uuid"], self._keyring.decrypt(row["cipher"], row["key"]))

    def holders(self, numbers: Sequence[str]) -> dict[str, str]:
        by_hash = {self._keyring.hash(each): each for each in numbers}
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            rows = session.run(
                """
                UNWIND $hashes AS hash
                OPTIONAL MATCH (now:Person {cpr_hash: hash})
                OPTIONAL MATCH (:FormerCpr {hash: hash})-[:WAS]->(before:Person)
                WITH hash, coalesce(now.uuid, before.uuid) AS uuid
                WHERE uuid IS NOT NULL
                RETURN hash, uuid
                """,
                hashes=list(by_hash),
            )
            return {by_hash[row["hash"]]: row["uuid"] for row in rows}

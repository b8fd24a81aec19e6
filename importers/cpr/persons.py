"""The persons in the graph who may be looked up (cpr.md §6, §8.1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import neo4j

from graph.as_of import exists_or_will, not_over
from graph.cpr.keyring import Keyring
from graph.identity.lookup import persons_by_cpr


@dataclass(frozen=True, slots=True)
class Tied:
    """A person with a current or future employment or affiliation, and the person's current number."""

    uuid: str
    number: str = field(repr=False)


class Persons(Protocol):
    """The source's queries about persons in the graph."""

    def tied(self, day: date) -> Iterator[Tied]:
        """All of them, by uuid. No other person may be looked up."""

    def holders(self, numbers: Sequence[str]) -> dict[str, str]:
        """Number → uuid of the person who has it, or had it before it changed; unknown ones are omitted."""


class GraphPersons:
    """``Persons`` over Neo4j. Numbers are decrypted here and used in calls only."""

    def __init__(self, driver: neo4j.Driver, keyring: Keyring) -> None:
        self._driver = driver
        self._keyring = keyring

    def tied(self, day: date) -> Iterator[Tied]:
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            for row in session.run(
                f"""
                MATCH (p:Person)
                WHERE p.cpr_hash IS NOT NULL AND EXISTS {{
                    MATCH (p)-[has:HAS]->(tie)
                    WHERE {not_over("has", "$day")} AND {exists_or_will("tie", "$day")}
                }}
                RETURN p.uuid AS uuid, p.cpr_cipher AS cipher, p.cpr_key AS key
                ORDER BY uuid
                """,
                day=day,
            ):
                yield Tied(row["uuid"], self._keyring.decrypt(row["cipher"], row["key"]))

    def holders(self, numbers: Sequence[str]) -> dict[str, str]:
        by_hash = {self._keyring.hash(each): each for each in numbers}
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            return {by_hash[each]: uuid for each, uuid in persons_by_cpr(session, list(by_hash)).items()}

"""Persons who may be one: the same name and birthday under two numbers, as when payroll first had a replacement number.

Nothing is joined by itself: a person decides (``graph.joining``), and pairs that were decided to be two are left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import neo4j

from graph.cpr import Keyring

REPLACEMENT_DAYS = 60
"""Added to the day of birth in a replacement number (erstatningspersonnummer; cpr.md §6)."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """uuids of persons, sorted, and why they may be one."""

    persons: tuple[str, ...]
    why: str


def suspicions(driver: neo4j.Driver, keyring: Keyring) -> Iterator[Suspicion]:
    """By name. Only persons who exist today; the numbers are opened here and go no further."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        for row in session.run(
            """
            MATCH (p:Person)
            WHERE p.active AND p.cpr_hash IS NOT NULL AND p.name IS NOT NULL
            WITH toLower(p.name) AS name, p ORDER BY p.uuid
            WITH name, collect(p) AS persons
            WHERE size(persons) > 1
            UNWIND persons AS p
            WITH name, p, COLLECT { MATCH (p)-[:IS_NOT]-(other) RETURN other.uuid } AS others
            WITH name, collect([p.uuid, p.cpr_cipher, p.cpr_key, others]) AS persons ORDER BY name
            RETURN persons
            """
        ):
            yield from _of_one_name(row["persons"], keyring)


def _of_one_name(persons: list[tuple[str, str, str, list[str]]], keyring: Keyring) -> Iterator[Suspicion]:
    by_birthday: dict[str, list[str]] = {}
    apart: set[frozenset[str]] = set()
    for uuid, cipher, key, others in persons:
        by_birthday.setdefault(_birthday(keyring.decrypt(cipher, key)), []).append(uuid)
        apart |= {frozenset((uuid, other)) for other in others}
    for uuids in by_birthday.values():
        pairs = [frozenset((one, other)) for one in uuids for other in uuids if one < other]
        if pairs and not all(each in apart for each in pairs):
            yield Suspicion(tuple(uuids), "the same name and birthday, and different numbers")


def _birthday(cpr: str) -> str:
    day = int(cpr[:2])
    return f"{day - REPLACEMENT_DAYS if day > REPLACEMENT_DAYS else day:02d}{cpr[2:6]}"

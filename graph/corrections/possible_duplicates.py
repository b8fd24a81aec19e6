"""Persons who may be the same.

Either a source says so, as CPR does when a number has changed to another person's (cpr.md §7), or they share name and
birthday under two numbers, as when payroll first had a replacement number. Nothing is joined automatically: a user
decides (``graph.corrections.joining``), and pairs that are marked as different are left out
(``graph.corrections.distinct_persons``).
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import neo4j

from graph.as_of import exists
from graph.change_log import now
from graph.cpr.keyring import Keyring, birthday
from graph.time import today
from graph.unicode_forms import in_form

# As people write them who lack the keys.
_SPELLED = str.maketrans({"æ": "ae", "ä": "ae", "ø": "oe", "ö": "oe", "å": "aa", "ü": "ue", "ß": "ss"})
_AT_A_TIME = 1000  # persons whose numbers are opened together; bounds memory


@dataclass(frozen=True, slots=True)
class PossibleDuplicate:
    """uuids of persons, sorted, and why they may be the same."""

    persons: tuple[str, ...]
    why: str


def possible_duplicates(
    driver: neo4j.Driver, keyring: Keyring, things: Sequence[str] | None = None
) -> Iterator[PossibleDuplicate]:
    """First those of sources, then those by name. Only persons who exist today; decrypted numbers stay in here.

    ``things``: only among the persons with these UUIDs; None = among all.
    """
    found: set[tuple[str, ...]] = set()
    for each in _of_sources(driver, things):
        if each.persons not in found:  # after a join, a pair may be there in either order
            found.add(each.persons)
            yield each
    yield from (each for each in _by_name(driver, keyring, things) if each.persons not in found)


def note_same(driver: neo4j.Driver, source: str, pairs: Sequence[tuple[str, ...]]) -> None:
    """A source claims that the two persons of each pair are the same. They are listed until a user decides."""
    rows = [{"one": min(each), "other": max(each)} for each in pairs]
    if rows:
        driver.execute_query(
            """
            UNWIND $rows AS row
            MATCH (one:Person {uuid: row.one}), (other:Person {uuid: row.other})
            MERGE (one)-[may:MAY_BE]->(other)
            ON CREATE SET may.source = $source, may.at = $at
            """,
            rows=rows,
            source=source,
            at=now(),
        )


def _of_sources(driver: neo4j.Driver, things: Sequence[str] | None) -> Iterator[PossibleDuplicate]:
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        for row in session.run(
            f"""
            MATCH (a:Person)-[may:MAY_BE]->(b:Person)
            MATCH (a)-[:JOINED_INTO*0..]->(one)
            WHERE NOT EXISTS {{ (one)-[:JOINED_INTO]->() }}
            MATCH (b)-[:JOINED_INTO*0..]->(other)
            WHERE NOT EXISTS {{ (other)-[:JOINED_INTO]->() }}
            WITH one, other, min(may.source) AS source
            WHERE ($things IS NULL OR (one.uuid IN $things AND other.uuid IN $things))
                AND one <> other AND {exists("one")} AND {exists("other")} AND NOT EXISTS {{
                MATCH (one)<-[:JOINED_INTO*0..]-()-[:IS_NOT]-()-[:JOINED_INTO*0..]->(other)
            }}
            RETURN one.uuid AS one, other.uuid AS other, source
            ORDER BY one, other
            """,
            today=today(),
            things=things,
        ):
            yield PossibleDuplicate(
                tuple(sorted((row["one"], row["other"]))), f"one person's numbers, by {row['source']}"
            )


def _by_name(driver: neo4j.Driver, keyring: Keyring, things: Sequence[str] | None) -> Iterator[PossibleDuplicate]:
    by_name: dict[str, list[str]] = {}
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        for row in session.run(
            f"""
            MATCH (p:Person)
            WHERE p.cpr_hash IS NOT NULL AND p.name IS NOT NULL AND {exists("p")}
                AND ($things IS NULL OR p.uuid IN $things)
            RETURN p.uuid AS uuid, p.name AS name
            """,
            today=today(),
            things=things,
        ):
            by_name.setdefault(spelled(row["name"]), []).append(row["uuid"])
    groups = [sorted(by_name[name]) for name in sorted(by_name) if len(by_name[name]) > 1]
    batch: list[list[str]] = []
    for group in groups:
        batch.append(group)
        if sum(map(len, batch)) >= _AT_A_TIME:
            yield from _among(driver, keyring, batch)
            batch = []
    yield from _among(driver, keyring, batch)


def spelled(name: str) -> str:
    """A name for comparing: without case, accents, hyphens and spaces too many; æ ae, ø oe, å aa."""
    plain = in_form("NFC", name).casefold().translate(_SPELLED)
    letters = (each if each.isalnum() else " " for each in in_form("NFKD", plain) if not _is_mark(each))
    return " ".join("".join(letters).split())


def _is_mark(letter: str) -> bool:
    return unicodedata.combining(letter) != 0


def _among(driver: neo4j.Driver, keyring: Keyring, groups: Sequence[Sequence[str]]) -> Iterator[PossibleDuplicate]:
    rows, _, _ = driver.execute_query(
        """
        UNWIND $uuids AS uuid
        MATCH (p:Person {uuid: uuid})
        WHERE p.cpr_hash IS NOT NULL
        RETURN uuid, p.cpr_cipher AS cipher, p.cpr_key AS key, COLLECT {
            MATCH (p)<-[:JOINED_INTO*0..]-()-[:IS_NOT]-()-[:JOINED_INTO*0..]->(other)
            RETURN other.uuid
        } AS others
        """,
        uuids=[uuid for group in groups for uuid in group],
        routing_=neo4j.RoutingControl.READ,
    )
    born = {row["uuid"]: birthday(keyring.decrypt(row["cipher"], row["key"])) for row in rows}
    apart = {frozenset((row["uuid"], other)) for row in rows for other in row["others"]}
    for group in groups:
        by_birthday: dict[str, list[str]] = {}
        for uuid in group:
            if uuid in born:
                by_birthday.setdefault(born[uuid], []).append(uuid)
        for uuids in by_birthday.values():
            pairs = [frozenset((one, other)) for one in uuids for other in uuids if one < other]
            if any(each not in apart for each in pairs):
                yield PossibleDuplicate(tuple(uuids), "the same name and birthday, and different numbers")

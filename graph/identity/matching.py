"""Matching by configured keys, and records that wait for a decision (architecture.md §4 "Merge").

A statement whose thing is known neither by its record, nor by CPR number, nor by natural key, is compared by match
keys with things of other sources. If one fits, it is that thing. If several fit, there is no guess: the statement waits
as an ``Ambiguity`` for a decision, and everything else goes on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import neo4j

from graph.change_log import now
from graph.errors import Unknown
from graph.identity.known_keys import RecordId
from graph.model import KINDS
from graph.statements.statement import Statement

MatchKeys = Mapping[str, tuple[tuple[str, ...], ...]]  # kind → combinations of properties, tried in order

# An employment number is unique in its institution (sd.md §3.1); a unit's code may be used twice (sd.md pitfall 23),
# so units are only matched by codes if the settings say so.
DEFAULT_MATCH_KEYS: MatchKeys = {"Employment": (("institution", "number"),)}


@dataclass(frozen=True, slots=True)
class Undecided:
    """A record that fits several things."""

    record: RecordId
    candidates: tuple[str, ...]


@dataclass(slots=True)
class Matches:
    """What the match keys have found: record → uuid, and records that fit several things."""

    found: dict[RecordId, str] = field(default_factory=dict)
    undecided: list[Undecided] = field(default_factory=list)


def match(driver: neo4j.Driver, source: str, statements: Sequence[Statement], keys: MatchKeys) -> Matches:
    """Find the things that new statements of a source are about, with one query a kind and key."""
    matches = Matches()
    for kind, combinations in keys.items():
        left = [each for each in statements if each.kind == kind]
        for names in combinations:
            left = _by(driver, source, kind, names, left, matches)
    return matches


def _by(
    driver: neo4j.Driver, source: str, kind: str, names: tuple[str, ...], left: list[Statement], matches: Matches
) -> list[Statement]:
    known = {each.name for each in KINDS[kind].properties}
    if not set(names) <= known:
        raise ValueError(f"match key {names}: {kind} has no property {sorted(set(names) - known)}")
    rows = [
        {"key": each.key, "values": [each.values[name][-1].value for name in names]}
        for each in left
        if all(each.values.get(name) for name in names)
    ]
    if not rows:
        return left
    first, *others = names
    also = "".join(f" AND n.{name} = row.values[{place}]" for place, name in enumerate(others, start=1))
    query = f"""
    UNWIND $rows AS row
    MATCH (n:{kind} {{{first}: row.values[0]}})
    WHERE NOT EXISTS {{ (n)<-[:TELLS]-(:SourceRecord {{source: $source}}) }}{also}
    RETURN row.key AS key, collect(n.uuid) AS uuids
    """
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        fits = {row["key"]: row["uuids"] for row in session.run(query, rows=rows, source=source)}
    for key, uuids in fits.items():
        record = RecordId(source, kind, key)
        if len(uuids) == 1:
            matches.found[record] = uuids[0]
        else:
            matches.undecided.append(Undecided(record, tuple(sorted(uuids))))
    return [each for each in left if each.key not in fits]


def keep_undecided(driver: neo4j.Driver, undecided: Iterable[Undecided]) -> None:
    """List the undecided records; those on the list already cost no write."""
    rows = [
        {
            "id": each.record.text(),
            "source": each.record.source,
            "kind": each.record.kind,
            "key": each.record.key,
            "candidates": list(each.candidates),
        }
        for each in undecided
    ]
    known, _, _ = driver.execute_query(
        """
        UNWIND $rows AS row
        MATCH (a:Ambiguity {id: row.id})
        WHERE a.candidates = row.candidates
        RETURN a.id AS id
        """,
        rows=rows,
    )
    on_list = {row["id"] for row in known}
    fresh = [row for row in rows if row["id"] not in on_list]
    if fresh:
        driver.execute_query(
            """
            UNWIND $rows AS row
            MERGE (a:Ambiguity {id: row.id})
            ON CREATE SET a.learnt = $at
            SET a += row
            """,
            rows=fresh,
            at=now(),
        )


def decide(driver: neo4j.Driver, ambiguity: str, uuid: str | None, user: str, reason: str) -> None:
    """A person's decision: the record is of the thing ``uuid`` (None: of a new one). The next import follows it.

    Raises Unknown where no such record waits, or ``uuid`` is not among its candidates.
    """
    rows, _, _ = driver.execute_query(
        """
        MATCH (a:Ambiguity {id: $id})
        WHERE $uuid IS NULL OR $uuid IN a.candidates
        MERGE (d:MatchDecision {id: a.id})
        SET d.uuid = $uuid, d.user = $user, d.reason = $reason, d.at = $at, d.candidates = a.candidates
        DELETE a
        RETURN d.id AS id
        """,
        id=ambiguity,
        uuid=uuid,
        user=user,
        reason=reason,
        at=now(),
    )
    if not rows:
        text = (
            f"no record {ambiguity!r} waits for a decision with the candidate {uuid}; ambiguities {{ id }} lists them"
        )
        raise Unknown("unknown_ambiguity", text, ambiguity)


def decisions(driver: neo4j.Driver, records: Iterable[RecordId]) -> dict[RecordId, str | None]:
    """What people have decided of these records; None = a new thing."""
    by_id = {each.text(): each for each in records}
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        rows = session.run(
            """
            UNWIND $ids AS id
            MATCH (d:MatchDecision {id: id})
            OPTIONAL MATCH (:Person {uuid: d.uuid})-[:JOINED_INTO*1..]->(into)
            WHERE NOT EXISTS { (into)-[:JOINED_INTO]->() }
            RETURN id, coalesce(into.uuid, d.uuid) AS uuid
            """,
            ids=list(by_id),
        )
        return {by_id[row["id"]]: row["uuid"] for row in rows}

"""Erases values that must no longer be found, including earlier knowledge of them (cpr.md §7: a protected address)."""

from collections.abc import Mapping
from typing import Any

import neo4j
import orjson

from graph.as_of import SUPERSEDED
from graph.model import KINDS


def erase(tx: neo4j.ManagedTransaction, names: Mapping[str, frozenset[str]]) -> None:
    """Remove the values of these properties from everything that was known of things, by uuid: from superseded periods,
    and from the whole change log.

    Periods and entries stay, with their numbers and all their other content. A person joined into another is the same
    person; if a person was split off since, the other's values from before may be this person's.
    """
    if not names:
        return
    changed = []
    for row in tx.run(
        f"""
        UNWIND $uuids AS uuid
        {_KNOWN_AS}
        MATCH (c:Change {{uuid: known}})
        WHERE since <= c.number AND (until IS NULL OR c.number <= until)
        RETURN c.number AS number, uuid, c.before AS before, c.after AS after
        """,
        uuids=list(names),
    ):
        texts = {side: row[side] and _without(row[side], names[row["uuid"]]) for side in ("before", "after")}
        if any(texts[side] != row[side] for side in texts):
            changed.append({"number": row["number"], **texts})
    if changed:
        tx.run(
            "UNWIND $rows AS row MATCH (c:Change {number: row.number}) SET c.before = row.before, c.after = row.after",
            rows=changed,
        ).consume()
    tx.run(
        f"""
        UNWIND $rows AS row
        WITH row.uuid AS uuid, row.nothing AS nothing
        {_KNOWN_AS}
        MATCH (n:{"|".join(KINDS)} {{uuid: known}})-[was:{SUPERSEDED}STATE]->(x)
        WHERE was.known_to > since AND (until IS NULL OR coalesce(was.known_from, 0) < until)
        SET x += nothing
        """,
        rows=[{"uuid": uuid, "nothing": dict.fromkeys(erased)} for uuid, erased in names.items()],
    ).consume()


_KNOWN_AS = f"""
CALL (uuid) {{
    RETURN uuid AS known, 0 AS since, null AS until
    UNION
    MATCH (:Person {{uuid: uuid}})<-[:JOINED_INTO*1..]-(former)
    RETURN former.uuid AS known, 0 AS since, null AS until
    UNION
    MATCH (:Person {{uuid: uuid}})-[was:{SUPERSEDED}JOINED_INTO]->(survivor)
    RETURN survivor.uuid AS known, coalesce(was.known_from, 0) AS since, was.known_to AS until
}}
"""
"""The things whose log and superseded periods may concern the thing with the ``uuid`` in scope, and the numbers."""


def _without(text: str, names: frozenset[str]) -> str:
    """An entry's side: of a change (``states``) or of the day turn (``values``)."""
    told: dict[str, Any] | None = orjson.loads(text)
    if told is None:
        return text
    holders = [*told.get("states", ()), *([told["values"]] if "values" in told else [])]
    if not any(name in each for each in holders for name in names):
        return text
    for each in holders:
        for name in names:
            each.pop(name, None)
    return orjson.dumps(told).decode()
